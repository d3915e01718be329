import '@mantine/spotlight/styles.layer.css';
import { createSpotlight, Spotlight, useSpotlight, type SpotlightActionData, type SpotlightActionGroupData, type SpotlightFilterFunction } from '@mantine/spotlight';
import { IconRoute, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { useOpenIncidents, useServices } from '../api/hooks.js';
import { rate } from '../format/number.js';
import { StateIcon } from '../parts/state-badge.js';
import { PAGES, SUBPAGES } from './pages.js';
import { traceIdIn } from './trace-id.js';
import type { Typed } from './use-typed-ahead.js';

const [store, palette] = createSpotlight();
const LIMIT = 40;
const MOST_SERVICES = 5_000;
/** Marks actions that the query itself made. */
const MADE = 'made for the query';

interface PaletteProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly typed: Typed;
  readonly onTyped: (typed: Typed) => void;
}

/** Groups stay in their order; what was made for this query (a trace, a search) is kept whatever it is called. */
const matching: SpotlightFilterFunction = (query, groups) => {
  const wanted = query.trim().toLowerCase();
  return groups
    .map((group) => ('actions' in group ? { ...group, actions: group.actions.filter(({ label, keywords }) => keywords === MADE || (label ?? '').toLowerCase().includes(wanted)) } : group))
    .filter((group) => !('actions' in group) || group.actions.length > 0);
};

/** Jumps to incidents, services and pages by name, and to a trace by its id. */
export function Palette({ opened, onClose, typed: { text: query, entered }, onTyped }: PaletteProps): ReactElement {
  const navigate = useNavigate();
  const incidents = useOpenIncidents().data?.incidents ?? [];
  // All of them, while it is open: what is typed finds and chooses one at once.
  const { data, isLoading } = useServices({ limit: MOST_SERVICES }, { enabled: opened });
  const services = data?.services ?? [];
  useEffect(() => {
    if (opened) palette.open();
  }, [opened]);
  const traceId = traceIdIn(query);
  const text = query.trim();

  const groups: SpotlightActionGroupData[] = [
    { group: 'Open incidents', actions: incidents.map((incident): SpotlightActionData => ({ id: incident.id, label: incident.title, leftSection: <StateIcon state={incident.severity} />, onClick: () => void navigate({ to: '/incidents/$id', params: { id: incident.id } }) })) },
    // Nothing below them is chosen before they are known.
    { group: 'Services', actions: isLoading ? [{ id: 'services', label: 'Loading services …', keywords: MADE, closeSpotlightOnTrigger: false, onClick: () => onTyped({ text: query, entered: true }) }] : services.map((row): SpotlightActionData => ({ id: `service ${row.service}`, label: row.service, description: row.by ? rate(row.requestsPerSecond) : 'no requests known', leftSection: <StateIcon state={row.state} />, onClick: () => void navigate({ to: '/services/$service', params: { service: row.service } }) })) },
    { group: 'Pages', actions: [...PAGES, ...SUBPAGES].map(({ to, name, icon: Glyph }): SpotlightActionData => ({ id: to, label: name, leftSection: <Glyph aria-hidden size={16} />, onClick: () => void navigate({ to }) })) },
  ];
  if (text !== '') {
    const search: SpotlightActionData[] = [
      { id: 'logs', label: `Search logs for “${text}”`, leftSection: <IconSearch aria-hidden size={16} />, keywords: MADE, onClick: () => void navigate({ to: '/logs', search: { q: text } }) },
      { id: 'traces', label: `Search traces for “${text}”`, leftSection: <IconSearch aria-hidden size={16} />, keywords: MADE, onClick: () => void navigate({ to: '/traces', search: { q: text } }) },
    ];
    groups.push({ group: 'Search', actions: search });
  }
  if (traceId) groups.unshift({ group: 'Trace', actions: [{ id: 'trace', label: `Open trace ${traceId}`, keywords: MADE, leftSection: <IconRoute aria-hidden size={16} />, onClick: () => void navigate({ to: '/traces/$traceId', params: { traceId } }) }] });

  const first = matching(text, groups).flatMap((group) => ('actions' in group ? group.actions : []))[0]?.id;
  const { listId } = useSpotlight(store);
  useEffect(() => {
    // The list chooses its first entry as something is typed in it; what arrives later may stand before it, and what was typed before it was there chose nothing.
    if (text === '' || listId === '' || store.getState().selected > 0) return;
    store.updateState((state) => ({ ...state, selected: 0 }));
    const entries = document.getElementById(listId)?.querySelectorAll<HTMLElement>('[data-action]') ?? [];
    for (const [index, entry] of [...entries].entries()) entry.toggleAttribute('data-selected', index === 0);
    if (!entered || isLoading) return;
    onTyped({ text: query, entered: false });
    entries[0]?.click();
  }, [query, text, first, listId, entered, isLoading, onTyped]);

  return (
    <Spotlight
      store={store}
      attributes={{ content: { 'aria-label': 'Jump to' } }}
      onSpotlightClose={onClose}
      filter={matching}
      actions={groups.filter(({ actions }) => actions.length > 0)}
      query={query}
      onQueryChange={(next) => onTyped({ text: next, entered: false })}
      clearQueryOnClose
      shortcut={null}
      limit={LIMIT}
      scrollable
      maxHeight={420}
      highlightQuery
      overlayProps={{ blur: 0 }}
      nothingFound="Nothing by this name"
      transitionProps={{ duration: 100 }}
      searchProps={{ placeholder: 'Service, incident, page or trace id', leftSection: <IconSearch aria-hidden size={18} />, 'aria-label': 'Jump to' }}
    />
  );
}

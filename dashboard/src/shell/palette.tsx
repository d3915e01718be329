import '@mantine/spotlight/styles.layer.css';
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconRoute, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { useOpenIncidents, useServices } from '../api/hooks.js';
import { rate } from '../format/number.js';
import { StateIcon } from '../parts/state-badge.js';
import { byTrouble } from '../parts/state.js';
import { PAGES } from './pages.js';
import { traceIdIn } from './trace-id.js';

const LIMIT = 40;

interface PaletteProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Jumps to incidents, services and pages by name, and to a trace by its id. */
export function Palette({ opened, onClose }: PaletteProps): ReactElement {
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  const incidents = useOpenIncidents().data?.incidents ?? [];
  const services = useServices().data?.services ?? [];
  const traceId = traceIdIn(query);
  const text = query.trim();

  const groups: SpotlightActionGroupData[] = [
    { group: 'Open incidents', actions: incidents.map((incident): SpotlightActionData => ({ id: incident.id, label: incident.title, leftSection: <StateIcon state={incident.severity} />, onClick: () => void navigate({ to: '/incidents/$id', params: { id: incident.id } }) })) },
    { group: 'Services', actions: services.toSorted(byTrouble).map((row): SpotlightActionData => ({ id: `service ${row.service}`, label: row.service, description: rate(row.requestsPerSecond), leftSection: <StateIcon state={row.state} />, onClick: () => void navigate({ to: '/services/$service', params: { service: row.service } }) })) },
    { group: 'Pages', actions: PAGES.map(({ to, name, icon: Glyph }): SpotlightActionData => ({ id: to, label: name, leftSection: <Glyph aria-hidden size={16} />, onClick: () => void navigate({ to }) })) },
  ];
  if (text !== '') {
    const search: SpotlightActionData[] = [
      { id: 'logs', label: `Search logs for “${text}”`, leftSection: <IconSearch aria-hidden size={16} />, keywords: text, onClick: () => void navigate({ to: '/logs', search: (old) => ({ ...old, q: text }) }) },
      { id: 'traces', label: `Search traces for “${text}”`, leftSection: <IconSearch aria-hidden size={16} />, keywords: text, onClick: () => void navigate({ to: '/traces', search: (old) => ({ ...old, q: text }) }) },
    ];
    groups.push({ group: 'Search', actions: search });
  }
  if (traceId) groups.unshift({ group: 'Trace', actions: [{ id: 'trace', label: `Open trace ${traceId}`, keywords: query, leftSection: <IconRoute aria-hidden size={16} />, onClick: () => void navigate({ to: '/traces/$traceId', params: { traceId } }) }] });

  return (
    <Spotlight
      forceOpened={opened}
      onSpotlightClose={onClose}
      actions={groups.filter(({ actions }) => actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      clearQueryOnClose
      shortcut={null}
      limit={LIMIT}
      scrollable
      maxHeight={420}
      highlightQuery
      nothingFound="Nothing by this name"
      transitionProps={{ duration: 100 }}
      searchProps={{ placeholder: 'Service, incident, page or trace id', leftSection: <IconSearch aria-hidden size={18} />, 'aria-label': 'Jump to' }}
    />
  );
}

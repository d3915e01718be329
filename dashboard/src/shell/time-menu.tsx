import { Button, Popover, TextInput } from '@mantine/core';
import { IconCalendarTime, IconCheck, IconLink, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useIncident } from '../api/hooks.js';
import { lasting } from '../format/duration.js';
import { clock, shortClock, utc, zoneOf } from '../format/time.js';
import { windowOf } from '../pages/incidents/window.js';
import { useCopy } from '../parts/copy-text.js';
import { frozen, presetLabel, PRESETS, resolveRange } from '../time/range.js';
import { serverNow } from '../time/server-now.js';
import { useNow } from '../time/use-now.js';
import { useRange } from '../time/use-range.js';
import { fromLocal, toLocal } from './local-time.js';
import { useOwnTime } from './use-own-time.js';
import styles from './time-menu.module.css';

interface TimeMenuProps {
  readonly opened: boolean;
  readonly onChange: (opened: boolean) => void;
}

/** The time range of every page, and whether it follows the clock; of an incident its own. */
export function TimeMenu(props: TimeMenuProps): ReactElement {
  const incident = useOwnTime();
  return incident === undefined ? <ChosenTime {...props} /> : <OwnTime id={incident} />;
}

function OwnTime({ id }: { readonly id: string }): ReactElement | null {
  const now = useNow();
  const { data } = useIncident(id);
  if (!data) return null;
  const { from, to } = windowOf(data.incident, now);
  return (
    <span className={styles['own']} title={`${utc(from)} to ${utc(to)}, the time of this incident. Drag across its charts for a part of it.`}>
      <IconCalendarTime aria-hidden size={16} className="icon" />
      <span className={styles['label']}>{to < now ? `${shortClock(from, now)} – ${shortClock(to, now)} ${zoneOf(to)}` : `${shortClock(from, now)} ${zoneOf(from)} – now`}</span>
    </span>
  );
}

function ChosenTime({ opened, onChange }: TimeMenuProps): ReactElement {
  const { range, live, set, toggleLive } = useRange();
  const now = useNow();
  const { from, to } = resolveRange(range, now);
  const label = presetLabel(range) || `${shortClock(from)} – ${shortClock(to)} ${zoneOf(to)} (${lasting(to - from)})`;
  const [copied, copyLink] = useCopy(() => {
    const link = new URL(location.href);
    for (const [end, at] of Object.entries(frozen(range, serverNow()))) link.searchParams.set(end, at);
    return link.href;
  });
  return (
    <div className={styles['time']}>
      <button type="button" className={styles['live']} data-live={live || undefined} onClick={toggleLive} title={live ? 'Hold this range still (p)' : 'Follow the clock again (p)'}>
        {live ? <IconPlayerPause aria-hidden size={14} /> : <IconPlayerPlay aria-hidden size={14} />}
        <span className={styles['word']}>{live ? 'Live' : 'Paused'}</span>
      </button>
      <button type="button" className={styles['link']} onClick={copyLink} aria-label="Copy a link to this page at this time" title={copied ? 'Copied' : 'Copy a link to this page at this time, also where it follows the clock'}>
        {copied ? <IconCheck aria-hidden size={14} /> : <IconLink aria-hidden size={14} />}
        <span className="hidden-visually" role="status">{copied ? 'Copied' : ''}</span>
      </button>
      <Popover opened={opened} onChange={onChange} position="bottom-end" width={320} trapFocus returnFocus shadow="none" transitionProps={{ duration: 100 }}>
        <Popover.Target>
          <button type="button" className={styles['range']} onClick={() => onChange(!opened)} aria-expanded={opened} title={`${utc(from)} to ${utc(to)} (t)`}>
            <IconCalendarTime aria-hidden size={16} className="icon" />
            <span className={styles['label']}>{label}</span>
          </button>
        </Popover.Target>
        <Popover.Dropdown className={styles['menu']}>
          <div className={styles['presets']}>
            {PRESETS.map((length) => (
              <button
                key={length}
                type="button"
                className={styles['preset']}
                aria-pressed={range.from === `now-${length}` && live}
                onClick={() => {
                  set({ from: `now-${length}`, to: 'now' });
                  onChange(false);
                }}
              >
                {length}
              </button>
            ))}
          </div>
          <Custom key={`${range.from}/${range.to}`} from={from} to={to} onDone={() => onChange(false)} />
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}

function Custom({ from, to, onDone }: { readonly from: number; readonly to: number; readonly onDone: () => void }): ReactElement {
  const { set } = useRange();
  const now = useNow();
  const [text, setText] = useState({ from: toLocal(from), to: toLocal(to) });
  const chosen = { from: fromLocal(text.from), to: fromLocal(text.to) };
  const fault = !Number.isFinite(chosen.from) || !Number.isFinite(chosen.to) ? 'Give both ends' : chosen.from >= chosen.to ? 'The end must be after the beginning' : '';
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (fault !== '') return;
    set({ from: String(chosen.from), to: String(chosen.to) });
    onDone();
  }
  return (
    <form className={styles['custom']} onSubmit={submit}>
      <TextInput size="xs" type="datetime-local" step={1} label="From" value={text.from} onChange={(event) => setText({ ...text, from: event.currentTarget.value })} />
      <TextInput size="xs" type="datetime-local" step={1} label="To" value={text.to} error={fault || null} onChange={(event) => setText({ ...text, to: event.currentTarget.value })} />
      <div className={styles['apply']}>
        <span className="faint small">
          {zone()}, now {clock(now)}
        </span>
        <Button type="submit" size="xs" disabled={fault !== ''}>
          Apply
        </Button>
      </div>
    </form>
  );
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

import { Button } from '@mantine/core';
import { useMemo, useState, type ReactElement } from 'react';
import type { Incident, TimelineEntry } from '#core/types.js';
import { useNotificationsAbout } from '../../api/alerts.js';
import { clock, utc, zoneOf } from '../../format/time.js';
import { Section } from '../../parts/section.js';
import type { RangeMs } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { lanesOf, withNotifications } from './lanes.js';
import { LanesChart } from './lanes-chart.js';
import { namedCauses } from './named-causes.js';
import { offset } from './offset.js';
import { TIMELINE_ICONS } from './timeline-icons.js';
import { asked } from './window.js';
import { inClock } from './wording.js';
import styles from './incidents.module.css';

const HEAD = 4;
const TAIL = 3;
/** Folding fewer than this would save nothing. */
const LEAST_FOLDED = 4;

interface TimelineProps {
  readonly incident: Incident;
  readonly window: RangeMs;
  readonly className: string | undefined;
}

/** What broke first, as lanes; then what happened when, in words, with the distance from the onset. A long middle is folded. */
export function Timeline({ incident, window, className }: TimelineProps): ReactElement {
  const { startsAt } = incident;
  const now = useNow(5_000);
  const sent = useNotificationsAbout(incident.id, asked(startsAt, incident, { ...window, to: window.to + 1 }).range).data?.notifications;
  const timeline = useMemo(() => withNotifications(incident.timeline, sent ?? []), [incident.timeline, sent]);
  const until = incident.endsAt ?? Math.max(now, incident.updatedAt);
  const lanes = useMemo(() => lanesOf(incident, timeline, until), [incident, timeline, until]);
  return (
    <Section id="timeline" title="Timeline" note={`onset ${clock(startsAt, now)} ${zoneOf(startsAt)}, what broke first on top`} flush className={className}>
      <LanesChart lanes={lanes} causes={namedCauses(incident.causes).map(({ service }) => service)} until={until} />
      <Entries timeline={timeline} onset={startsAt} now={now} />
    </Section>
  );
}

function Entries({ timeline, onset, now }: { readonly timeline: readonly TimelineEntry[]; readonly onset: number; readonly now: number }): ReactElement {
  const [whole, setWhole] = useState(false);
  const folded = whole || timeline.length < HEAD + TAIL + LEAST_FOLDED ? 0 : timeline.length - HEAD - TAIL;
  const head = folded === 0 ? timeline : timeline.slice(0, HEAD);
  const tail = folded === 0 ? [] : timeline.slice(HEAD + folded);
  const line = (entry: TimelineEntry, index: number): ReactElement => <Entry key={`${entry.at} ${entry.kind} ${entry.service} ${index}`} entry={entry} onset={onset} now={now} />;
  return (
    <>
      <ol className={styles['entries']}>{head.map(line)}</ol>
      {folded > 0 && (
        <Button className={styles['more']} size="compact-xs" variant="default" onClick={() => setWhole(true)}>
          {folded} more between
        </Button>
      )}
      {tail.length > 0 && <ol className={styles['entries']}>{tail.map(line)}</ol>}
    </>
  );
}

function Entry({ entry: { at, kind, service, text }, onset, now }: { readonly entry: TimelineEntry; readonly onset: number; readonly now: number }): ReactElement {
  const [Glyph, word] = TIMELINE_ICONS[kind];
  return (
    <li className={styles['entry']} data-kind={kind}>
      <time dateTime={new Date(at).toISOString()} title={utc(at)}>
        {clock(at, now)}
      </time>
      <span className={styles['away']}>{offset(at, onset)}</span>
      <Glyph size={14} aria-label={word} role="img" />
      <span>
        {service !== '' && <strong>{service} </strong>}
        {inClock(text, at, now)}
      </span>
    </li>
  );
}

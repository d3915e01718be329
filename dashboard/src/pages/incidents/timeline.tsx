import { Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconBell, IconCircleCheck, IconCircleDot, IconEye, IconGavel, IconHandClick, IconNote, IconRefresh, IconRocket, type Icon } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';
import type { Incident, TimelineEntry } from '#core/types.js';
import { clock, utc } from '../../format/time.js';
import { Section } from '../../parts/section.js';
import { useNow } from '../../time/use-now.js';
import { offset } from './offset.js';
import styles from './incidents.module.css';

const ICONS: Readonly<Record<TimelineEntry['kind'], readonly [icon: Icon, word: string]>> = {
  deploy: [IconRocket, 'New version'], anomaly: [IconAlertTriangle, 'Anomaly'], recovered: [IconArrowBackUp, 'Recovered'], opened: [IconCircleDot, 'Opened'], updated: [IconRefresh, 'Updated'],
  judged: [IconGavel, 'Judged'], changed: [IconHandClick, 'By hand'],
  acknowledged: [IconEye, 'Acknowledged'], note: [IconNote, 'Note'], resolved: [IconCircleCheck, 'Resolved'], notified: [IconBell, 'Notified'],
};
const SHOWN = 9;
/** Folding fewer than this would save nothing. */
const LEAST_FOLDED = 4;

interface TimelineProps {
  readonly incident: Incident;
  readonly className: string | undefined;
}

/** What happened when, with the distance from the onset. The first and the last entries stay; a long middle is folded. */
export function Timeline({ incident: { timeline, startsAt }, className }: TimelineProps): ReactElement {
  const [whole, setWhole] = useState(false);
  const now = useNow(60_000);
  const folded = whole || timeline.length < SHOWN + LEAST_FOLDED ? 0 : timeline.length - SHOWN;
  const head = folded === 0 ? timeline : timeline.slice(0, SHOWN - 3);
  const tail = folded === 0 ? [] : timeline.slice(SHOWN - 3 + folded);
  const line = (entry: TimelineEntry, index: number): ReactElement => <Entry key={`${entry.at} ${entry.kind} ${entry.service} ${index}`} entry={entry} onset={startsAt} now={now} />;
  return (
    <Section title="Timeline" note={`onset ${clock(startsAt, now)}`} flush className={className}>
      <ol className={styles['entries']}>{head.map(line)}</ol>
      {folded > 0 && (
        <Button className={styles['more']} size="compact-xs" variant="default" onClick={() => setWhole(true)}>
          {folded} more between
        </Button>
      )}
      {tail.length > 0 && <ol className={styles['entries']}>{tail.map(line)}</ol>}
    </Section>
  );
}

function Entry({ entry: { at, kind, service, text }, onset, now }: { readonly entry: TimelineEntry; readonly onset: number; readonly now: number }): ReactElement {
  const [Glyph, word] = ICONS[kind];
  return (
    <li className={styles['entry']} data-kind={kind}>
      <time dateTime={new Date(at).toISOString()} title={utc(at)}>
        {clock(at, now)}
      </time>
      <span className={styles['away']}>{offset(at, onset)}</span>
      <Glyph size={14} aria-label={word} role="img" />
      <span>
        {service !== '' && <strong>{service} </strong>}
        {text}
      </span>
    </li>
  );
}

import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { memo, type KeyboardEvent, type ReactElement } from 'react';
import { duration } from '../../format/duration.js';
import { fromNanos } from '../../format/time.js';
import { StateIcon } from '../../parts/state-badge.js';
import type { Row } from './waterfall.js';
import styles from './trace.module.css';

interface WaterfallRowProps {
  readonly row: Row;
  readonly index: number;
  /** Px from the top of the list. */
  readonly top: number;
  readonly totalNs: number;
  readonly hue: number;
  readonly closed: boolean;
  readonly selected: boolean;
  readonly dimmed: boolean;
  readonly onChoose: () => void;
  readonly onToggle: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

const INDENT = 14;
const DEEPEST = 18;
const MAX_EVENTS = 20;

export const WaterfallRow = memo(function WaterfallRow({ row, index, top, totalNs, hue, closed, selected, dimmed, onChoose, onToggle, onKeyDown }: WaterfallRowProps): ReactElement {
  const { span, depth, descendants, startNs, durationNs, critical, orphan, failsBelow } = row;
  const failed = span.status === 'Error';
  const Chevron = closed ? IconChevronRight : IconChevronDown;
  return (
    <div
      role="treeitem" aria-level={depth + 1} aria-selected={selected} aria-expanded={descendants > 0 ? !closed : undefined} tabIndex={0} data-row data-index={index} data-dimmed={dimmed || undefined}
      className={styles['row']} style={{ transform: `translateY(${top}px)` }} onClick={onChoose} onKeyDown={onKeyDown}
    >
      <span className={styles['what']} style={{ paddingLeft: 6 + Math.min(depth, DEEPEST) * INDENT }}>
        {descendants > 0 ? (
          <button type="button" tabIndex={-1} className={styles['toggle']} aria-label={closed ? 'Unfold' : 'Fold'} onClick={(event) => (event.stopPropagation(), onToggle())}>
            <Chevron aria-hidden size={13} />
          </button>
        ) : (
          <span className={styles['toggle']} />
        )}
        <span className={styles['chip']} style={{ background: `var(--hue-${hue})` }} aria-hidden />
        {(failed || (closed && failsBelow)) && <StateIcon state="error" size={13} />}
        <span className="cut" title={`${span.service} · ${span.name}`}>
          <span className="dim">{span.service}</span> {span.name}
        </span>
        {orphan && <span className={styles['tag']} title="Its parent span has not arrived">no parent</span>}
        {closed && <span className={styles['tag']}>+{descendants}</span>}
      </span>
      <span className={styles['length']}>{duration(durationNs / 1e6)}</span>
      <span className={styles['lane']}>
        <span className={styles['bar']} data-failed={failed || undefined} style={{ left: share(startNs, totalNs), width: share(durationNs, totalNs), background: `var(--hue-${hue})` }} />
        {critical.map(([from, to]) => (
          <span key={from} className={styles['critical']} style={{ left: share(from, totalNs), width: share(to - from, totalNs) }} />
        ))}
        {span.events.slice(0, MAX_EVENTS).map(({ timeUnixNano, name }, at) => (
          <span key={`${timeUnixNano} ${at}`} className={styles['event']} style={{ left: share(startNs + (fromNanos(timeUnixNano) - fromNanos(span.startTimeUnixNano)) * 1e6, totalNs) }} title={name} />
        ))}
      </span>
    </div>
  );
});

function share(ns: number, totalNs: number): string {
  return `${totalNs > 0 ? Math.min(100, Math.max(0, (ns / totalNs) * 100)) : 0}%`;
}

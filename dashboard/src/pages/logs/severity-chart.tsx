import { useElementSize } from '@mantine/hooks';
import { useState, type PointerEvent, type ReactElement } from 'react';
import type { ApiLogs } from '#core/api/logs.js';
import { number } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { between } from '../../time/range.js';
import { timeTicks } from '../../time/ticks.js';
import { useRange } from '../../time/use-range.js';
import { barsOf, totalsOf } from './histogram.js';
import { LEVELS, LEVEL_TONES, LEVEL_WORDS } from './record.js';
import styles from './logs.module.css';

const HEIGHT = 88;
const AXIS = 18;
const LEFT = 48;
const DRAGGED = 5;
const LEAST_PX = 1.5;
const TICK_PX = 90;

/** Records over time, stacked by severity. A drag selects the time, a click one bar's. */
export function SeverityChart({ histogram }: { readonly histogram: ApiLogs['histogram'] }): ReactElement {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { set } = useRange();
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const bars = barsOf(histogram);
  const totals = totalsOf(histogram);
  const most = Math.max(1, ...bars.map(({ total }) => total));
  const across = Math.max(0, width - LEFT - 8);
  const step = across / Math.max(1, bars.length);
  const [begin, end] = [bars[0]?.from ?? 0, bars.at(-1)?.to ?? 0];
  const tall = HEIGHT - AXIS - 8;
  const y = (count: number): number => HEIGHT - AXIS - (count / most) * tall;
  const xOf = (at: number): number => LEFT + ((at - begin) / Math.max(1, end - begin)) * across;
  const timeAt = (x: number): number => begin + ((x - LEFT) / Math.max(1, across)) * (end - begin);
  const spot = (event: PointerEvent<SVGSVGElement>): number => Math.min(LEFT + across, Math.max(LEFT, event.clientX - event.currentTarget.getBoundingClientRect().left));
  const barAt = (x: number): number => Math.min(bars.length - 1, Math.floor((x - LEFT) / Math.max(0.001, step)));

  function release(event: PointerEvent<SVGSVGElement>): void {
    if (!drag) return;
    const to = spot(event);
    setDrag(null);
    const bar = bars[barAt(to)];
    if (Math.abs(to - drag.from) >= DRAGGED) set(between(timeAt(Math.min(drag.from, to)), timeAt(Math.max(drag.from, to))));
    else if (bar && bar.total > 0) set(between(bar.from, bar.to));
  }

  const shown = over === null ? undefined : bars[over];
  return (
    <div ref={ref} className={styles['histogram']}>
      <svg
        width={width} height={HEIGHT} role="img" aria-label={`Records over time: ${LEVELS.filter((level) => totals[level] > 0).map((level) => `${totals[level]} ${LEVEL_WORDS[level]}`).join(', ') || 'none'}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: spot(event), to: spot(event) });
        }}
        onPointerMove={(event) => (setOver(barAt(spot(event))), drag && setDrag({ ...drag, to: spot(event) }))}
        onPointerUp={release} onPointerCancel={() => setDrag(null)} onPointerLeave={() => setOver(null)}
      >
        <line x1={LEFT} x2={LEFT + across} y1={HEIGHT - AXIS} y2={HEIGHT - AXIS} className={styles['base']} />
        <text x={LEFT - 8} y={y(most) + 8} textAnchor="end" className={styles['axis']}>{number(most)}</text>
        <text x={LEFT - 8} y={HEIGHT - AXIS} textAnchor="end" className={styles['axis']}>0</text>
        {bars.map((bar, index) => (
          <g key={bar.from} opacity={over === null || over === index || drag ? 1 : 0.6}>
            {bar.parts.map(({ level, count, below }) => (
              <rect key={level} data-tone={LEVEL_TONES[level]} className={styles['part']} x={LEFT + index * step + 0.5} width={Math.max(1, step - 1)} y={y(below) - Math.max(LEAST_PX, (count / most) * tall)} height={Math.max(LEAST_PX, (count / most) * tall)} />
            ))}
          </g>
        ))}
        {timeTicks(begin, end, Math.max(2, across / TICK_PX)).map(({ at, text }) => (
          <g key={at}>
            <line x1={xOf(at)} x2={xOf(at)} y1={HEIGHT - AXIS} y2={HEIGHT - AXIS + 4} className={styles['base']} />
            <text x={Math.min(xOf(at), LEFT + across - 16)} y={HEIGHT - 4} textAnchor="middle" className={styles['axis']}>{text}</text>
          </g>
        ))}
        {drag && <rect x={Math.min(drag.from, drag.to)} width={Math.abs(drag.to - drag.from)} y={4} height={HEIGHT - AXIS - 4} className={styles['drag']} />}
      </svg>
      <p className={styles['hint']}>
        {shown ? (
          <>
            {clock(shown.from, end)} – {clock(shown.to, end)}: {shown.total === 0 ? 'no record' : shown.parts.map(({ level, count }) => `${LEVEL_WORDS[level]} ${number(count)}`).join(', ')}
          </>
        ) : (
          LEVELS.filter((level) => totals[level] > 0).map((level) => (
            <span key={level} className={styles['key']} data-tone={LEVEL_TONES[level]}>
              {LEVEL_WORDS[level]} <b>{number(totals[level])}</b>
            </span>
          ))
        )}
        {!shown && (LEVELS.every((level) => totals[level] === 0) ? <span>{plural(0, 'record')}</span> : <span className="by-mouse">drag to select a time</span>)}
      </p>
    </div>
  );
}

import { useNavigate } from '@tanstack/react-router';
import { useElementSize } from '@mantine/hooks';
import { useState, type PointerEvent, type ReactElement } from 'react';
import type { ApiTraceSummary } from '#core/api/traces.js';
import { duration } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { between, type RangeMs } from '../../time/range.js';
import { timeTicks } from '../../time/ticks.js';
import { createScale } from './scatter-scale.js';
import styles from './traces.module.css';

const HEIGHT = 168;
const NEAR = 14;
const DRAGGED = 5;
const RADIUS = 3.2;
const TICK_PX = 120;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface ScatterProps {
  readonly traces: readonly ApiTraceSummary[];
  readonly range: RangeMs;
}

/** Each trace at its time and duration; failed ones are red diamonds. A drag selects both ranges, a click opens the nearest trace. */
export function Scatter({ traces, range }: ScatterProps): ReactElement {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const navigate = useNavigate({ from: '/traces' });
  const [drag, setDrag] = useState<{ readonly from: Point; readonly to: Point } | null>(null);
  const [pointed, setPointed] = useState<ApiTraceSummary | null>(null);
  const box = { left: 64, right: Math.max(80, width - 12), top: 8, bottom: HEIGHT - 24 };
  const scale = createScale(traces, range, box);
  const inBox = traces.filter(({ startsAt }) => startsAt >= range.from && startsAt <= range.to);
  const failed = inBox.filter(({ errorCount }) => errorCount > 0).length;

  function spot(event: PointerEvent<SVGSVGElement>): Point {
    const frame = event.currentTarget.getBoundingClientRect();
    return { x: Math.min(box.right, Math.max(box.left, event.clientX - frame.left)), y: Math.min(box.bottom, Math.max(box.top, event.clientY - frame.top)) };
  }
  function nearest({ x, y }: Point): ApiTraceSummary | null {
    let best: ApiTraceSummary | null = null;
    let least = NEAR;
    for (const trace of inBox) {
      const away = Math.hypot(scale.x(trace.startsAt) - x, scale.y(trace.durationMs) - y);
      if (away < least) [best, least] = [trace, away];
    }
    return best;
  }
  function release(event: PointerEvent<SVGSVGElement>): void {
    const from = drag?.from;
    setDrag(null);
    if (!from) return;
    const to = spot(event);
    if (Math.hypot(to.x - from.x, to.y - from.y) < DRAGGED) {
      const trace = nearest(to);
      if (trace) void navigate({ to: '/traces/$traceId', params: { traceId: trace.traceId } });
      return;
    }
    const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
    const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
    // A drag along the time axis alone leaves the durations as they are.
    const tall = bottom - top > 3 * DRAGGED;
    void navigate({
      search: (old) => ({
        ...old, ...(right - left > DRAGGED ? between(scale.timeAt(left), scale.timeAt(right)) : {}),
        ...(tall ? { minMs: bottom >= box.bottom ? undefined : rounded(scale.msAt(bottom)), maxMs: top <= box.top ? undefined : rounded(scale.msAt(top)) } : {}),
      }),
    });
  }

  return (
    <div ref={ref} className={styles['scatter']}>
      <svg
        width={width} height={HEIGHT} role="img" aria-label={`${plural(inBox.length, 'trace')} by time and duration, ${failed} with errors. The table below lists them.`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: spot(event), to: spot(event) });
        }}
        onPointerMove={(event) => (drag ? setDrag({ ...drag, to: spot(event) }) : setPointed(nearest(spot(event))))}
        onPointerUp={release} onPointerCancel={() => setDrag(null)} onPointerLeave={() => setPointed(null)}
        style={{ cursor: pointed ? 'pointer' : 'crosshair' }}
      >
        {scale.levels.map((ms) => (
          <g key={ms}>
            <line x1={box.left} x2={box.right} y1={scale.y(ms)} y2={scale.y(ms)} className={styles['gridLine']} />
            <text x={box.left - 8} y={scale.y(ms) + 4} textAnchor="end" className={styles['axis']}>{duration(ms)}</text>
          </g>
        ))}
        {timeTicks(range.from, range.to, Math.max(2, width / TICK_PX)).map(({ at, text }) => (
          <text key={at} x={scale.x(at)} y={HEIGHT - 6} textAnchor={scale.x(at) > box.right - 28 ? 'end' : 'middle'} className={styles['axis']}>{text}</text>
        ))}
        {inBox.map((trace) => {
          const [x, y] = [scale.x(trace.startsAt), scale.y(trace.durationMs)];
          return trace.errorCount > 0 ? <rect key={trace.traceId} x={x - RADIUS} y={y - RADIUS} width={2 * RADIUS} height={2 * RADIUS} transform={`rotate(45 ${x} ${y})`} className={styles['failed']} /> : <circle key={trace.traceId} cx={x} cy={y} r={RADIUS} className={styles['point']} />;
        })}
        {pointed && <circle cx={scale.x(pointed.startsAt)} cy={scale.y(pointed.durationMs)} r={7} className={styles['ring']} />}
        {drag && <rect x={Math.min(drag.from.x, drag.to.x)} y={Math.min(drag.from.y, drag.to.y)} width={Math.abs(drag.to.x - drag.from.x)} height={Math.abs(drag.to.y - drag.from.y)} className={styles['drag']} />}
      </svg>
      <p className={styles['hint']} aria-hidden>
        {drag ? (
          `${clock(scale.timeAt(Math.min(drag.from.x, drag.to.x)), range.to)} – ${clock(scale.timeAt(Math.max(drag.from.x, drag.to.x)), range.to)}, ${duration(scale.msAt(Math.max(drag.from.y, drag.to.y)))} – ${duration(scale.msAt(Math.min(drag.from.y, drag.to.y)))}`
        ) : pointed ? (
          <>
            <strong>{pointed.rootService}</strong> {pointed.rootName} · {duration(pointed.durationMs)} · {clock(pointed.startsAt, range.to)}
            {pointed.errorCount > 0 && ` · ${plural(pointed.errorCount, 'error')}`}
          </>
        ) : (
          <>
            <span className={styles['sampleFailed']} /> with errors <span className={styles['sample']} /> without<span className="by-mouse"> · drag to select a time and a duration</span>
          </>
        )}
      </p>
    </div>
  );
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

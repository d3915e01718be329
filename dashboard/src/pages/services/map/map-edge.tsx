import { EdgeLabelRenderer, type Edge, type EdgeProps } from '@xyflow/react';
import type { ReactElement } from 'react';
import type { ApiEdge } from '#core/api/services.js';
import { duration } from '../../../format/duration.js';
import { percent, rate } from '../../../format/number.js';
import { FAILING } from '../../../parts/error-rate.js';
import { LABEL, type Point } from './layout.js';
import { roundedPath } from './rounded-path.js';
import styles from './map.module.css';

export type CallEdge = Edge<{ readonly edge: ApiEdge; readonly points: readonly Point[]; readonly label: Point | null; readonly weight: number; readonly dimmed: boolean; readonly lit: boolean; readonly dense: boolean }, 'call'>;

const WIDTH = { least: 1.25, most: 4 } as const;
/** Where lines lie close together. */
const DENSE_WIDTH = { least: 1, most: 2.5 } as const;
const ARROW = 6;

/** A line along its route with its rate and errors. */
export function MapEdge({ data }: EdgeProps<CallEdge>): ReactElement | null {
  if (!data || data.points.length < 2) return null;
  const { edge, points, label, weight, dimmed, lit, dense } = data;
  const { least, most } = dense ? DENSE_WIDTH : WIDTH;
  const failing = edge.errorRatio >= FAILING;
  return (
    <>
      <g className={styles['edge']} data-failing={failing || undefined} data-dimmed={dimmed || undefined} data-lit={lit || undefined} data-kind={edge.kind} data-dense={dense || undefined}>
        <title>{`${edge.client} calls ${edge.server}: ${rate(edge.requestsPerSecond)}, ${percent(edge.errorRatio)} errors${edge.p95Ms > 0 ? `, p95 ${duration(edge.p95Ms)}` : ''}`}</title>
        <path d={roundedPath(points)} style={{ strokeWidth: least + (most - least) * Math.sqrt(weight) }} />
        <polygon points={arrow(points)} />
      </g>
      {label && (
        <EdgeLabelRenderer>
          <span className={styles['label']} data-failing={failing || undefined} data-dimmed={dimmed || undefined} style={{ transform: `translate(${label.x}px, ${label.y}px)`, width: LABEL.width, height: LABEL.height }}>
            {failing ? '! ' : ''}{rate(edge.requestsPerSecond)} · {percent(edge.errorRatio)}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

/** A head at the end of the line, along its last stretch. */
function arrow(points: readonly Point[]): string {
  const [before, end] = points.slice(-2);
  if (!before || !end) return '';
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [x, y] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const back = { x: end.x - x * ARROW * 1.5, y: end.y - y * ARROW * 1.5 };
  return `${end.x},${end.y} ${back.x - y * ARROW},${back.y + x * ARROW} ${back.x + y * ARROW},${back.y - x * ARROW}`;
}

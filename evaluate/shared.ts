import { classify } from './classify.js';
import type { Measurement } from './layout.js';

/** Points looked at, and the share of them that must be alike. */
const LOOKED_AT = 60;
const ALIKE = 0.9;
const TOLERANCE = 0.01;
/** A series that hardly moves is like many others by chance. */
const LEAST_MOVES = 4;

/** What names put before what they measure of the host. */
const OF_HOST = /^(node|host)[_.]?/i;

/** The measurements that are an entity's own: a use of resources that two entities report alike, and not constant, is that of the host they share and says nothing of either, as is one that its name calls the host's beside the entity's own. */
export function ownOf(metrics: readonly Measurement[], step: number): Measurement[] {
  const named = new Set(metrics.map(({ entity, metric }) => `${entity}\0${metric}`));
  const isOfHost = ({ entity, metric }: Measurement): boolean => OF_HOST.test(metric) && named.has(`${entity}\0${metric.replace(OF_HOST, '')}`);
  const byMetric = new Map<string, { measurement: Measurement; points: Map<number, number>; shared: boolean }[]>();
  for (const measurement of metrics) {
    // Requests, errors and latency are an entity's own by nature; a caller may well see what its callee sees.
    if (classify('', measurement.metric, 0).series.kind !== 'metric') continue;
    const points = new Map(measurement.times.slice(0, LOOKED_AT).map((time, at) => [Math.round(time / Math.max(step, 1)), measurement.values[at] ?? 0]));
    const same = byMetric.get(measurement.metric) ?? [];
    byMetric.set(measurement.metric, same);
    const one = { measurement, points, shared: false };
    for (const other of same) {
      if (other.measurement.entity === measurement.entity || !areAlike(points, other.points)) continue;
      one.shared = true;
      other.shared = true;
    }
    same.push(one);
  }
  const shared = new Set([...byMetric.values()].flat().flatMap((one) => (one.shared ? [one.measurement] : [])));
  return metrics.filter((measurement) => !shared.has(measurement) && !isOfHost(measurement));
}

function areAlike(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  let moved = 0;
  let missed = 0;
  let before: number | undefined;
  for (const [time, left] of a) {
    const right = b.get(time);
    if (right === undefined) continue;
    const moves = before !== undefined && Math.abs(left - before) > TOLERANCE * Math.abs(left);
    before = left;
    if (!moves) continue;
    moved += 1;
    if (Math.abs(left - right) > TOLERANCE * Math.max(Math.abs(left), Math.abs(right))) missed += 1;
    if (missed > (1 - ALIKE) * LOOKED_AT) return false;
  }
  return moved >= LEAST_MOVES && missed <= (1 - ALIKE) * moved;
}

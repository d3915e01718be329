import type { Topology } from './topology.js';

/** Milliseconds below which time lost between two services is no sign. */
const LEAST_MS = 2;

/** How well a fault of each service's network explains where calls lose time between caller and callee, 0..1: all of its own calls lose it, and no others do. */
export function lostBetween(topology: Topology): Map<string, number> {
  const measured = topology.edges.filter(({ gapRise }) => gapRise !== undefined);
  const lossOf = ({ gapRise = 0 }: { readonly gapRise?: number }): number => Math.log1p(Math.max(0, gapRise) / LEAST_MS);
  const total = measured.reduce((sum, edge) => sum + lossOf(edge), 0);
  const scores = new Map<string, number>();
  if (total <= Math.log(2)) return scores;
  const most = Math.max(...measured.map(lossOf));
  const ends = new Map<string, { loss: number; calls: number }>();
  for (const edge of measured) {
    for (const service of [edge.client, edge.server]) {
      const { loss, calls } = ends.get(service) ?? { loss: 0, calls: 0 };
      ends.set(service, { loss: loss + lossOf(edge), calls: calls + 1 });
    }
  }
  for (const [service, { loss, calls }] of ends) {
    const own = loss / (calls * most);
    const share = loss / total;
    if (loss > Math.log(2)) scores.set(service, ((2 * own * share) / (own + share)) * Math.min(1, most / 3));
  }
  return scores;
}

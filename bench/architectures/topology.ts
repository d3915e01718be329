import type { UnixMs } from '#core/types.js';
import type { CallSums, Edge } from '../../detector/incidents/graph/edges.js';
import { createTopology, type Topology } from '../../detector/incidents/graph/topology.js';
import type { SpanRow } from '../../evaluate/layout.js';
import type { Pieces } from '../../evaluate/pieces.js';
import { edgesOfCalls, type Calls } from '../../evaluate/spans.js';
import type { Recorded } from './record.js';

const NONE: CallSums = { count: 0, errors: 0, durationMs: 0 };

/** Calls as whoever makes them sees them, to what sends no spans too: as live, where both halves of a call, and whom it was meant for, are known. */
function callsMade({ told: { spans }, meant }: Recorded, pieces: Pieces): Calls[] {
  const byId = new Map(spans.map((span) => [`${span.trace} ${span.span}`, span]));
  const answeredBy = new Map<SpanRow, string>();
  const asked = new Map<string, number[]>();
  const zeros = (): number[] => pieces.starts.map(() => 0);
  for (const { at, trace, parent, entity } of spans) {
    const caller = byId.get(`${trace} ${parent}`);
    if (caller?.entity === entity) continue;
    if (caller) answeredBy.set(caller, entity);
    const counts = asked.get(entity) ?? zeros();
    asked.set(entity, counts);
    add(counts, pieces.of(at));
  }
  const calls = new Map<string, Calls>();
  for (const span of spans) {
    const callee = answeredBy.get(span) ?? meant.get(span);
    if (callee === undefined || callee === span.entity) continue;
    const key = `${span.entity}\0${callee}`;
    const known = calls.get(key) ?? { caller: span.entity, callee, sums: pieces.starts.map(() => NONE), made: zeros(), asked: asked.get(span.entity) ?? zeros() };
    calls.set(key, known);
    const piece = pieces.of(span.at);
    add(known.made, piece);
    if (piece === undefined) continue;
    const { count, errors, durationMs } = known.sums[piece] ?? NONE;
    known.sums[piece] = { count: count + 1, errors: errors + (span.failed ? 1 : 0), durationMs: durationMs + span.durationMs };
  }
  return [...calls.values()];
}

function add(counts: number[], piece: number | undefined): void {
  if (piece !== undefined) counts[piece] = (counts[piece] ?? 0) + 1;
}

/** Who calls whom, how calls go in the pieces that are `recent` beside those that are `usual`, and what runs where. */
export function topologies(recorded: Recorded, pieces: Pieces): (recent: (at: UnixMs) => boolean, usual: (at: UnixMs) => boolean) => Topology {
  const calls = callsMade(recorded, pieces);
  const speaking = new Set(recorded.told.spans.map(({ entity }) => entity));
  const drawn = recorded.told.edges.map(({ caller, callee }): Edge => ({ client: caller, server: callee, errorRise: 0, slowdown: 1 }));
  const hosts = recorded.hosts.map(([client, server]): Edge => ({ client, server, errorRise: 0, slowdown: 1, host: true }));
  return (recent, usual) => createTopology([...drawn, ...edgesOfCalls(calls, pieces, recent, usual).map((edge) => ({ ...edge, silent: !speaking.has(edge.server) })), ...hosts]);
}

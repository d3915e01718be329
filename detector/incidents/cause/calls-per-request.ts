import type { Anomaly, UnixMs } from '#core/types.js';
import { ARRIVAL_METRIC } from '../../words.js';
import { degraded, failing, type Edge } from '../graph/edges.js';
import { listOf } from '../explain/explain.js';
import { UNSEEN, type Suspect } from './suspects.js';
import { isSilence, symptomOf, type Symptom } from '../symptom.js';
import type { Topology } from '../graph/topology.js';

/** Factors from which calls are left out, or made again and again, rather than made for another mix of requests. */
const LEFT_OUT = 0.8;
const MULTIPLIED = 2;
/** Strength of the evidence against a caller that shows nothing but this. */
const STRENGTH = 1;

export const isLeftOut = ({ perRequest: factor = 1 }: Edge): boolean => factor <= LEFT_OUT;
export const isMultiplied = ({ perRequest: factor = 1 }: Edge): boolean => factor >= MULTIPLIED;

/** What a caller calls otherwise than before. */
export interface ChangedCalls {
  readonly service: string;
  readonly onsetAt: UnixMs;
  /** Calls for each request over those before. */
  readonly factor: number;
}

/** What callers do otherwise for each request. */
export type CallsByCaller = ReadonlyMap<string, readonly ChangedCalls[]>;

/**
 * By caller, what lost traffic because it leaves it out, or gets more because it calls it again and again and one of them is slow.
 * What no caller calls as before is gone itself, as is what lost all of its traffic though others call it too; and what fails, or refuses in no time, is called less or again because of that.
 * Whoever is asked less itself, or more, is asked for other things than before.
 */
export function changedCalls(anomalies: readonly Anomaly[], topology: Topology): CallsByCaller {
  const [dropped, surged, failed, slow] = (['drop', 'surge', 'errors', 'latency'] as const).map((symptom) => onsetsOf(symptom, anomalies)) as [Onsets, Onsets, Onsets, Onsets];
  const faster = new Set(anomalies.flatMap(({ series, direction }) => (series.kind === 'latency' && direction !== 'up' ? series.service : [])));
  const gone = new Set(anomalies.flatMap((one) => (one.series.metric === ARRIVAL_METRIC || (isSilence(one) && topology.callers(one.series.service).length > 1) ? one.series.service : [])));
  const fewer = topology.edges.filter((edge) => isLeftOut(edge) && !degraded(edge) && !dropped.has(edge.client));
  const more = topology.edges.filter((edge) => isMultiplied(edge) && !failing(edge) && !surged.has(edge.client));
  const found = new Map<string, ChangedCalls[]>();
  const put = (onsets: Onsets, { client, server, perRequest: factor = 1 }: Edge): void => {
    const onsetAt = onsets.get(server);
    if (onsetAt !== undefined) found.set(client, [...(found.get(client) ?? []), { service: server, onsetAt, factor }]);
  };
  for (const edge of alone(fewer)) if (!gone.has(edge.server) && !failed.has(edge.server) && !slow.has(edge.server)) put(dropped, edge);
  for (const edge of alone(more)) if ((slow.has(edge.server) || slow.has(edge.client)) && !failed.has(edge.server) && !faster.has(edge.server)) put(surged, edge);
  return found;
}

/** By service, when it began. */
type Onsets = ReadonlyMap<string, UnixMs>;

function onsetsOf(symptom: Symptom, anomalies: readonly Anomaly[]): Onsets {
  const onsets = new Map<string, UnixMs>();
  for (const { series, startsAt } of anomalies.filter((one) => symptomOf(one) === symptom)) onsets.set(series.service, Math.min(onsets.get(series.service) ?? startsAt, startsAt));
  return onsets;
}

/** Calls of the only caller of their server among them. */
function alone(edges: readonly Edge[]): Edge[] {
  const callers = new Map<string, number>();
  for (const { server } of edges) callers.set(server, (callers.get(server) ?? 0) + 1);
  return edges.filter(({ server }) => callers.get(server) === 1);
}

/** Callers that call otherwise than before and are not among the `suspects`: their own requests show nothing. */
export function changedCallers(changed: CallsByCaller, suspects: readonly Suspect[]): Suspect[] {
  const known = new Set(suspects.map(({ service }) => service));
  return [...changed].filter(([service]) => !known.has(service)).map(([service, calls]) => ({ ...UNSEEN, service, onsetAt: Math.min(...calls.map(({ onsetAt }) => onsetAt)), strength: STRENGTH }));
}

/** "cart, payment and stock less than before", "catalog 4 times as often as before" */
export function callsText(calls: readonly ChangedCalls[]): string {
  const [first] = calls;
  const fewer = calls.flatMap(({ service, factor }) => (factor < 1 ? service : []));
  return first && fewer.length === 0 ? `${first.service} ${timesText(first)}` : `${listOf(fewer)} ${LESS}`;
}

const LESS = 'less than before';

/** "4 times as often as before", "less than before" */
export const timesText = ({ factor }: ChangedCalls): string => (factor < 1 ? LESS : `${Number(factor.toPrecision(2))} times as often as before`);

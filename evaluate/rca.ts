import { rarityOf, seenIn, type Seen } from '../detector/incidents/cause/rarity.js';
import { scoreCauses, type Knowledge } from '../detector/incidents/cause/root-cause.js';
import { agreedScores } from './alike.js';
import { classify } from './classify.js';
import { groupBy } from './group-by.js';
import { evidenceOf, type Evidence } from './evidence.js';
import { listCases, readCase } from './layout.js';

export type Ranking = readonly (readonly [name: string, score: number])[];

/** Ranks the suspects of every case below `root` with the ranking that incidents get. Cases of one system whose evidence is alerts share their history, without their answers. */
export function rankCases(root: string): Record<string, Ranking> {
  const cases = listCases(root).map((id) => {
    const one = readCase(root, id);
    return { id, system: one.system, alarm: one.alarm && { service: one.alarm.entity, symptom: symptomNamed(one.alarm.metric) }, byAlerts: one.alerts.length > 0, evidence: evidenceOf(one) };
  });
  const histories = groupBy(cases.filter(({ byAlerts }) => byAlerts), ({ system }) => system);
  const seen = new Map([...histories].map(([system, all]) => [system, seenIn(all.map(({ evidence }) => evidence.anomalies))]));
  const scored = new Map(
    cases.map(({ id, system, alarm, byAlerts, evidence }) => [id, scoresOf(evidence, alarm, byAlerts ? seen.get(system) : undefined)]),
  );
  for (const history of histories.values()) {
    const agreed = agreedScores(history.map(({ id, evidence }) => ({ anomalies: evidence.anomalies, scores: scored.get(id) ?? new Map() })));
    for (const [at, { id }] of history.entries()) scored.set(id, agreed[at] ?? new Map());
  }
  return Object.fromEntries(cases.map(({ id, evidence }) => [id, rank(evidence, scored.get(id) ?? new Map())]));
}

/** What an alarm on a metric says: errors and latency are symptoms by name. */
function symptomNamed(metric: string): 'errors' | 'latency' | undefined {
  const { kind } = classify('', metric, 0).series;
  return kind === 'errors' || kind === 'latency' ? kind : undefined;
}

/** Below every suspect: who shows nothing beyond the usual. More calls are more that can go wrong; what moved within the usual is a hint. */
const SILENT = -100;
const FAINT = 0.5;

function scoresOf({ anomalies, topology, entities, step }: Evidence, alarm: Knowledge['alarm'], seen: Seen | undefined): ReadonlyMap<string, number> {
  const scored = scoreCauses(anomalies, topology, [], 0, {
    ...(seen && { rarity: rarityOf(seen, anomalies, entities.length) }),
    ...(alarm && { alarm }),
    step,
  });
  return new Map(scored.map(({ service, score }) => [service, score]));
}

function rank({ topology, entities, faint }: Evidence, scores: ReadonlyMap<string, number>): Ranking {
  const callsOf = (name: string): number => topology.callees(name).length + topology.callers(name).length;
  const most = Math.max(1, ...entities.map(callsOf));
  const silent = (name: string): number => SILENT + callsOf(name) / most + FAINT * (faint.get(name) ?? 0);
  return entities.map((name) => [name, scores.get(name) ?? silent(name)] as const).toSorted(([, a], [, b]) => b - a);
}

import type { Anomaly } from '#core/types.js';
import { rarityOf } from '../detector/incidents/rarity.js';
import { scoreCauses } from '../detector/incidents/root-cause.js';
import { groupBy } from './group-by.js';
import { evidenceOf, type Evidence } from './evidence.js';
import { listCases, readCase } from './layout.js';

export type Ranking = readonly (readonly [name: string, score: number])[];

/** Ranks the suspects of every case below `root` with the ranking that incidents get. Cases of one system whose evidence is alerts share their history, without their answers. */
export function rankCases(root: string): Record<string, Ranking> {
  const cases = listCases(root).map((id) => {
    const one = readCase(root, id);
    return { id, system: one.system, alarmed: one.alarm?.entity, byAlerts: one.alerts.length > 0, evidence: evidenceOf(one) };
  });
  const histories = groupBy(cases.filter(({ byAlerts }) => byAlerts), ({ system }) => system);
  return Object.fromEntries(
    cases.map(({ id, system, alarmed, byAlerts, evidence }) => {
      const past = byAlerts ? (histories.get(system) ?? []).map((one) => one.evidence.anomalies) : undefined;
      return [id, rank(evidence, alarmed, past)];
    }),
  );
}

/** Below every suspect: what shows nothing at all. */
const SILENT = -100;

function rank({ anomalies, topology, entities }: Evidence, alarmed: string | undefined, past: readonly (readonly Anomaly[])[] | undefined): Ranking {
  const scored = scoreCauses(anomalies, topology, [], 0, {
    ...(past && { rarity: rarityOf(past, anomalies, entities.length) }),
    ...(alarmed !== undefined && { alarmed }),
  });
  const scores = new Map(scored.map(({ service, score }) => [service, score]));
  return entities.map((name) => [name, scores.get(name) ?? SILENT] as const).toSorted(([, a], [, b]) => b - a);
}

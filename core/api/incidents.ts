import type { Incident, UnixMs, VerdictKind } from '#core/types.js';
import type { ApiChart } from './charts.js';

/** GET /api/incidents?state=open|all&from=&to= */
export interface ApiIncidents {
  /** The newest 500. */
  readonly incidents: readonly Incident[];
  /** How many there are. */
  readonly matching: number;
}

/** GET /api/incidents/<id> */
export interface ApiIncident {
  readonly incident: Incident;
  /** The last anomaly of the same series and direction before this incident, by the id of the evidence that it is like; none where there was none. */
  readonly before: Readonly<Record<string, PastAnomaly>>;
  /** Ids of the evidence by what it measures, in its order: of one service, symptom and operation the span's and the metric's own, other instances and other times are one. */
  readonly measures: readonly (readonly string[])[];
  /** Of the first of each measure, same order as `measures`, at most 8. */
  readonly charts: readonly ApiChart[];
}

/** An earlier anomaly and what came of it. */
export interface PastAnomaly {
  readonly id: string;
  readonly startsAt: UnixMs;
  readonly endsAt: UnixMs | null;
  readonly score: number;
  readonly value: number;
  readonly expected: number;
  /** How many there were before, this one included, as far back as anomalies are kept. */
  readonly times: number;
  /** The incident it belonged to; null for none. */
  readonly incident: { readonly id: string; readonly title: string } | null;
  /** What people said of it, or else of its incident. */
  readonly verdict: VerdictKind | null;
}

import type { Series, SeriesState, UnixMs } from '#core/types.js';

/** A series over time with its band: GET /api/series/<id>?from=&to= , and inside other bodies. Arrays are aligned; null is a gap. */
export interface ApiChart {
  readonly title: string;
  readonly unit: string;
  readonly series: Series | null;
  /** Whether its series is judged; null for what is never: alerts, the arrival of metrics. Absent where no watched series is shown. */
  readonly judged?: SeriesState | null;
  readonly times: readonly UnixMs[];
  readonly values: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
  readonly lower: readonly (number | null)[];
  readonly upper: readonly (number | null)[];
}

/** GET /api/metrics?q=&limit= */
export interface ApiMetrics {
  /** By name, 10,000 at most. */
  readonly metrics: readonly ApiMetric[];
  /** How many there are. */
  readonly matching: number;
}

export interface ApiMetric {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly description: string;
  readonly services: readonly string[];
  readonly seriesCount: number;
}

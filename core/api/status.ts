import type { Anomaly, UnixMs } from '#core/types.js';

/** GET /api/sources?q=&limit= */
export interface ApiSources {
  /** Those with something to fix first, then by name. */
  readonly sources: readonly ApiSource[];
  /** How many are called so. */
  readonly matching: number;
}

export interface ApiSource {
  readonly service: string;
  readonly sdk: string;
  /** `stopped`: traces or metrics that came and no longer do. A service that has nothing to log is not at fault. `late`: all that comes is too late to be judged. */
  readonly signals: readonly { readonly signal: 'traces' | 'metrics' | 'logs'; readonly perSecond: number; readonly lastSeenAt: UnixMs; readonly stopped: boolean; readonly late: boolean }[];
  readonly problems: readonly string[];
  /** Records that were refused, and since when: counted until ten minutes pass without one. */
  readonly refused: { readonly items: number; readonly since: UnixMs } | null;
}

export interface DetectorStatus {
  /** `cuda`, `webgpu` or `cpu`: the one proven against the golden output. */
  readonly provider: string;
  readonly models: readonly { readonly name: string; readonly version: number; readonly sha256: string; readonly parameters: number }[];
  /** What does not judge because the models take too long: the shadow, or promoted models as well. */
  readonly leftOut: 'nothing' | 'shadow' | 'promoted';
  readonly stepMs: number;
  readonly learned: number;
  readonly learning: number;
  /** Series with a memory of days and weeks; of them those that speak, and those that wait for what the store holds of them. While all are `resting` there is no time for any. */
  readonly longMemory: { readonly known: number; readonly speaking: number; readonly waiting: number; readonly resting: boolean };
  /** Series beyond `maxSeries`, which are not judged. */
  readonly unwatched: number;
  readonly maxSeries: number;
  /** Steps take longer than a step: models that can wait do. */
  readonly late: boolean;
  /** Of metric series in no trouble one of so many points is judged; 1 while there is time. */
  readonly metricsEvery: number;
  /** Steps that were learned instead of judged because the detector was too far behind, since the start. */
  readonly skippedSteps: number;
  readonly lastStepAt: UnixMs;
  readonly lastStepMs: number;
  readonly anomalies: readonly Anomaly[];
}

/** GET /api/status */
export interface ApiStatus {
  readonly version: string;
  readonly startedAt: UnixMs;
  readonly ready: boolean;
  /** `fault`: why ClickHouse does not answer, '' while it does; `diskBytes` is null then. */
  readonly engine: { readonly mode: 'embedded' | 'remote'; readonly version: string; readonly diskBytes: number | null; readonly fault: string };
  readonly endpoints: { readonly http: string; readonly otlpHttp: string; readonly otlpGrpc: string };
  /** Whether whoever sends telemetry has to say who it is. */
  readonly sendersSignIn: boolean;
  readonly queue: { readonly bytes: number; readonly segments: number; readonly oldestMs: number };
  readonly detector: DetectorStatus;
  /** What arrives from how many services, of which so many have something to fix; /api/sources lists them. */
  readonly arriving: { readonly sources: number; readonly faulty: number; readonly perSecond: Readonly<Record<'traces' | 'metrics' | 'logs', number>> };
  readonly process: { readonly rssBytes: number; readonly uptimeMs: number };
  readonly incidents: { readonly open: number };
}

import type { AttributeChange } from '#core/processes.js';
import type { UnixMs } from '#core/types.js';
import type { ApiChart } from './charts.js';

/** GET /api/services?from=&to=&q=&sort=&limit=&own= */
export interface ApiServices {
  readonly services: readonly ApiService[];
  /** How many are called so, and how many there are, in all and by state. */
  readonly matching: number;
  readonly all: number;
  readonly states: Readonly<Record<ApiService['state'], number>>;
}

export interface ApiService {
  readonly service: string;
  /** Whether it is Faultline. */
  readonly own: boolean;
  /** What its requests are known by: its spans, or metrics that count and time them, as Prometheus' targets have; null where neither is there. */
  readonly by: 'spans' | 'metrics' | null;
  readonly requestsPerSecond: number;
  /** 0..1 */
  readonly errorRatio: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of requests by metrics, of which no percentiles are known; else null. */
  readonly meanMs: number | null;
  /** `late`: what it sends comes too late to be judged. */
  readonly state: 'critical' | 'warning' | 'ok' | 'learning' | 'silent' | 'late';
  /** Whether an open incident names it as its probable cause. */
  readonly cause: boolean;
  readonly versions: readonly string[];
  /** Up to 40 points over the range, oldest first; null is a gap, as in `errors` throughout where no metric says which failed. Of requests by metrics `latency` is the mean, else the 95th percentile. */
  readonly sparkline: {
    readonly requests: readonly (number | null)[];
    readonly errors: readonly (number | null)[];
    readonly latency: readonly (number | null)[];
  };
}

/** GET /api/services/<service>?from=&to= */
export interface ApiServiceDetail {
  readonly service: string;
  readonly state: ApiService['state'];
  /** Those that ran in the range, newest last. */
  readonly versions: readonly string[];
  readonly charts: readonly ApiChart[];
  readonly operations: readonly ApiOperation[];
  readonly upstream: readonly ApiEdge[];
  readonly downstream: readonly ApiEdge[];
  readonly deploys: readonly ApiDeploy[];
}

/** Charts of judged metrics, the most unusual first; `all` counts those that are not shown as well. */
export interface ApiServiceMetrics {
  readonly metrics: readonly ApiChart[];
  readonly all: number;
}

export interface ApiOperation {
  readonly operation: string;
  readonly kind: string;
  readonly requestsPerSecond: number;
  readonly errorRatio: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** A version that a service began to run. */
export interface ApiDeploy {
  readonly service: string;
  readonly version: string;
  readonly at: UnixMs;
}

/** `configuration` is a restart after which resource attributes say something else. */
export type ChangeKind = 'deploy' | 'rollback' | 'configuration' | 'scaling' | 'restart' | 'incident-opened' | 'incident-resolved' | 'log-pattern';

/** GET /api/changes?from=&to=&service=&kinds=&limit= → newest first. */
export interface ApiChanges {
  readonly changes: readonly ApiChange[];
  /** How many there are in the range. */
  readonly matching: number;
}

/** What was done to services, or befell them, at one time. */
export interface ApiChange {
  readonly kind: ChangeKind;
  readonly at: UnixMs;
  /** When the last of them had it: a rollout takes its time. */
  readonly until: UnixMs;
  /** Those it came to first, and how many there are. Of an incident, those it touches. */
  readonly services: readonly string[];
  readonly serviceCount: number;
  /** To be read behind the names. */
  readonly text: string;
  readonly changed: readonly AttributeChange[];
  /** Id of the incident, or ''. */
  readonly incident: string;
}

/** GET /api/map?from=&to=&own=&around=&hops=&most= */
export interface ApiMap {
  readonly nodes: readonly ApiNode[];
  /** Between these. */
  readonly edges: readonly ApiEdge[];
  /** Which part of the map this is: the neighbourhood of what was asked for or of what is in trouble, or what has the most traffic. */
  readonly shown: 'all' | 'around' | 'trouble' | 'busiest';
  /** How many parts there are, and how many were asked for or are in trouble. */
  readonly all: number;
  readonly found: number;
}

export interface ApiEdge {
  readonly client: string;
  readonly server: string;
  readonly kind: 'http' | 'database' | 'messaging' | 'external';
  readonly requestsPerSecond: number;
  readonly errorRatio: number;
  readonly p95Ms: number;
}

export interface ApiNode {
  readonly name: string;
  readonly kind: 'service' | 'database' | 'messaging' | 'external';
  readonly state: ApiService['state'];
  readonly cause: boolean;
  readonly requestsPerSecond: number;
  /** 0..1 */
  readonly errorRatio: number;
  readonly p95Ms: number;
  /** Neighbours that this part of the map leaves out. */
  readonly hidden: number;
}

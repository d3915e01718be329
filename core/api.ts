/**
 * Bodies of the JSON API under /api, shared with the dashboard (types only). Times are epoch milliseconds unless named otherwise.
 */
import type { RoutePreview } from './alert-routing.js';
import type { AttributeChange } from './processes.js';
import type { Anomaly, Incident, Labels, Series, SeriesState, UnixMs, VerdictKind } from './types.js';

export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

export interface ApiSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  /** Server, Client, Internal, Producer, Consumer or Unspecified. */
  readonly kind: string;
  /** Epoch nanoseconds as a decimal string: they exceed what a double holds. */
  readonly startTimeUnixNano: string;
  readonly durationNs: number;
  readonly status: 'Unset' | 'Ok' | 'Error';
  readonly statusMessage: string;
  readonly attributes: Labels;
  readonly resource: Labels;
  readonly events: readonly { readonly timeUnixNano: string; readonly name: string; readonly attributes: Labels }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Labels }[];
}

/** GET /api/traces/<traceId> */
export interface ApiTrace {
  readonly traceId: string;
  /** By the time they began. */
  readonly spans: readonly ApiSpan[];
  /** How many there are where `spans` are only the first of them; null where they are all. */
  readonly cut: number | null;
}

/** GET /api/traces?service=&operation=&minMs=&maxMs=&status=&from=&to=&limit=&q=&pick=&as= */
export interface ApiTraces {
  /** Newest first. */
  readonly traces: readonly ApiTraceSummary[];
  /** How many match, within a hundredth or so; null where the newest were asked for. */
  readonly matching: number | null;
}

/** The same with `as=columns`: all columns are as long as `traceId`. */
export interface ApiTraceColumns {
  readonly traceId: readonly string[];
  /** Places in `names`. */
  readonly rootService: readonly number[];
  readonly rootName: readonly number[];
  /** Whole milliseconds. */
  readonly startsAt: readonly UnixMs[];
  readonly durationMs: readonly number[];
  readonly spanCount: readonly number[];
  readonly errorCount: readonly number[];
  /** Places in `sets`, which are places in `names`. */
  readonly services: readonly number[];
  readonly names: readonly string[];
  readonly sets: readonly (readonly number[])[];
  readonly matching: number | null;
}

export interface ApiTraceSummary {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startsAt: UnixMs;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly string[];
}

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
  readonly state: 'critical' | 'warning' | 'ok' | 'learning' | 'silent';
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

export interface ApiLog {
  readonly timeUnixNano: string;
  readonly service: string;
  readonly severityText: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Labels;
  readonly resource: Labels;
}

/** GET /api/logs?q=&service=&severity=&traceId=&pattern=&from=&to=&limit= */
export interface ApiLogs {
  readonly logs: readonly ApiLog[];
  /** Records over time by severity, in at most 60 buckets. */
  readonly histogram: { readonly times: readonly UnixMs[]; readonly counts: Readonly<Record<string, readonly number[]>> };
}

/** GET /api/logs/patterns, same filters as /api/logs */
export interface ApiLogPatterns {
  /** Most frequent first: the 200 most frequent, and the 50 newest that are new in the range. */
  readonly patterns: readonly ApiLogPattern[];
  /** How many there are. */
  readonly matching: number;
}

export interface ApiLogPattern {
  /** 64 bits, decimal: `pattern` of /api/logs. '0' for records without one. */
  readonly id: string;
  readonly service: string;
  /** The message with `<*>` for what varies. */
  readonly template: string;
  /** The newest message, and its trace, '' without one. */
  readonly example: string;
  readonly traceId: string;
  readonly records: number;
  /** Of the worst record. */
  readonly severityText: string;
  readonly severityNumber: number;
  readonly firstSeenAt: UnixMs;
  readonly lastAt: UnixMs;
  /** Records over time, 30 buckets. */
  readonly counts: readonly number[];
}

/** One row of GET /api/slos → {slos: ApiSlo[]}, those with the least budget left first. */
export interface ApiSlo {
  readonly name: string;
  readonly service: string;
  /** Share of events that must succeed, 0..1. */
  readonly objective: number;
  /** Share that failed in the last hour, 0..1; null before its rule was evaluated. */
  readonly errorRatio: number | null;
  /** Share of the error budget that is left, 1 is all of it, below 0 is overspent; null before its rule was evaluated. */
  readonly budgetLeft: number | null;
  /** Severity of its burn-rate alert that fires; '' when none does. */
  readonly burning: string;
  /** Why one of its rules cannot be evaluated; '' when all can. */
  readonly error: string;
  /** What should be known of it, such as that its window is shorter than what was set; '' when nothing. */
  readonly note: string;
  /** The budget left over the range. */
  readonly times: readonly UnixMs[];
  readonly budget: readonly (number | null)[];
}

/** One policy of GET /api/scaling → {policies: ApiScaling[]}, by name. */
export interface ApiScaling {
  readonly policy: string;
  readonly service: string;
  /** How far ahead it looks. */
  readonly horizonMs: number;
  /** As last accepted by the webhook or, in a dry run, as last decided; null before the first decision. */
  readonly replicas: number | null;
  /** Load in requests per second, beside what was expected of each moment one horizon before it: it ends one horizon after the range. */
  readonly chart: ApiChart;
  /** Of the range, newest first. */
  readonly decisions: readonly ApiScalingDecision[];
}

export interface ApiScalingDecision {
  readonly at: UnixMs;
  readonly current: number;
  readonly desired: number;
  /** The webhook took it. */
  readonly applied: boolean;
  readonly reason: string;
}

/** One row of GET /api/metrics?q= → {metrics: ApiMetric[]} */
export interface ApiMetric {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly description: string;
  readonly services: readonly string[];
  readonly seriesCount: number;
}

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
  /** `stopped`: traces or metrics that came and no longer do. A service that has nothing to log is not at fault. */
  readonly signals: readonly { readonly signal: 'traces' | 'metrics' | 'logs'; readonly perSecond: number; readonly lastSeenAt: UnixMs; readonly stopped: boolean }[];
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

/** One row of GET /api/notifications?status=&receiver=&from=&to=&limit= → ApiNotifications, newest first. */
export interface ApiNotification {
  readonly id: string;
  /** Of `alerts.webhooks` and the like, or an integration of an alertmanager.yml: receiver/kind/index. */
  readonly receiver: string;
  readonly event: string;
  /** The incident, `alert:<fingerprint>`, or the key of a group of alerts; '' for none. */
  readonly about: string;
  readonly status: 'pending' | 'delivered' | 'dead' | 'superseded' | 'unsent';
  readonly attempts: number;
  readonly nextAt: UnixMs;
  readonly createdAt: UnixMs;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
}

export interface ApiNotifications {
  readonly notifications: readonly ApiNotification[];
  /** In the range, by status. */
  readonly counts: Readonly<Partial<Record<ApiNotification['status'], number>>>;
}

/** An alert of GET /api/v2/alerts. Times are RFC 3339. */
export interface ApiAlert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly generatorURL: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly state: 'active' | 'suppressed'; readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[]; readonly mutedBy: readonly string[] };
}

/** A row of GET /api/v2/alerts/groups. */
export interface ApiAlertGroup {
  readonly receiver: { readonly name: string };
  readonly labels: Labels;
  readonly alerts: readonly ApiAlert[];
}

/** A row of GET /api/v2/silences. */
export interface ApiSilence {
  readonly id: string;
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean; readonly isEqual: boolean }[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly status: { readonly state: 'expired' | 'active' | 'pending' };
}

/** GET /api/routing */
export interface ApiRouting {
  /** Path of the alertmanager.yml in use; '' without one. */
  readonly file: string;
  /** Why the file on disk is not the one in use. */
  readonly faults: readonly string[];
  readonly receivers: readonly string[];
  /** Why rule files on disk are not in use, as `file:line: what is wrong`. */
  readonly ruleFaults: readonly string[];
  /** Who is told of incidents and alerts, with and without that file; empty: nobody. */
  readonly told: readonly string[];
}

/** GET /api/routing/preview?labels= */
export interface ApiRoutePreview {
  readonly routes: readonly RoutePreview[];
}

import type { ApiSource } from '#core/api/status.js';
import { DAY_MS, type Clock } from '#core/clock.js';
import type { UnixMs } from '#core/types.js';
import type { Signal } from './decode/decoder.js';
import type { SourceReport } from './decode/outcome.js';

const BUCKET_MS = 5_000;
const BUCKETS = 12;
const FORGET_MS = DAY_MS;
/** A problem is shown until it has been gone for so long. */
const PROBLEM_MS = 600_000;
/** What comes late, or without a severity, for so long does so not by chance. */
const LASTING_MS = 60_000;
/** Without a record for so long, a signal has stopped. */
const STOPPED_MS = 180_000;
const MAX_SOURCES = 5_000;
/** How often room is looked for where there is none. */
const LOOK_MS = 60_000;
const MAX_NAME_LENGTH = 200;

interface Flow {
  readonly counts: Float64Array;
  bucket: number;
  lastSeenAt: number;
  /** Since when all of it comes later than it is waited for, and how late it was at least. */
  late: { readonly since: UnixMs; readonly leastMs: number } | undefined;
  /** Since when no log record says how bad it is. */
  unratedSince: UnixMs | undefined;
}

const UNRATED = 'none of its log records has a severity, so that errors among them are not told from the rest: set severity_number or severity_text where they are written or read (filelog receiver: severity_parser)';

/** When what arrives is judged: a step of so long waits so long for its telemetry, milliseconds. */
export interface Judging {
  readonly step: number;
  readonly delay: number;
}
const NOT_JUDGED: Judging = { step: 0, delay: Number.POSITIVE_INFINITY };

const RECORDS: Readonly<Record<Signal, string>> = { traces: 'spans', metrics: 'metrics', logs: 'log records' };

interface Source {
  sdk: string;
  readonly flows: Map<Signal, Flow>;
  /** Text → when it was last seen. The texts are few. */
  readonly problems: Map<string, number>;
  /** Records refused since `since`, with no calm of PROBLEM_MS in between. */
  refused: { readonly items: number; readonly since: UnixMs; readonly lastAt: UnixMs } | undefined;
}

/** What arrives and from whom, over the last minute. */
export interface Sources {
  seen(signal: Signal, decoded: { readonly sources: readonly Omit<SourceReport, 'resources'>[] }): void;
  list(): ApiSource[];
}

/** `unlisted` hears of each source that there is no room for. */
export function createSources(clock: Clock, unlisted: () => void = () => undefined, { step, delay }: Judging = NOT_JUDGED): Sources {
  const sources = new Map<string, Source>();
  let lookedAt = 0;

  function forget(now: UnixMs): void {
    for (const [service, { flows }] of sources) if ([...flows.values()].every((flow) => now - flow.lastSeenAt > FORGET_MS)) sources.delete(service);
  }

  function hasRoom(now: UnixMs): boolean {
    if (sources.size >= MAX_SOURCES && now - lookedAt >= LOOK_MS) {
      lookedAt = now;
      forget(now);
    }
    return sources.size < MAX_SOURCES;
  }

  /** Moves a flow's ring to the present, zeroing what it skips. */
  function advance(flow: Flow): number {
    const bucket = Math.floor(clock() / BUCKET_MS);
    for (let at = Math.max(flow.bucket + 1, bucket - BUCKETS + 1); at <= bucket; at += 1) flow.counts[at % BUCKETS] = 0;
    flow.bucket = bucket;
    return bucket % BUCKETS;
  }

  /** How late all of it has come for a while, where that is later than it is waited for. */
  function lateBy({ late, lastSeenAt }: Flow, now: UnixMs): number | undefined {
    return late && lasts(late.since, lastSeenAt, now) ? late.leastMs : undefined;
  }

  const lasts = (since: UnixMs, lastSeenAt: UnixMs, now: UnixMs): boolean => lastSeenAt - since >= LASTING_MS && now - lastSeenAt <= PROBLEM_MS;

  function lateText(signal: Signal, lateMs: number): string {
    return `its ${RECORDS[signal]} come at least ${Math.ceil(lateMs / 1000)} s late, so that ${lateMs > delay + step ? 'they are not' : 'not all of them are'} judged: raise detector.delay (${delay / 1000} s), or set its clock right`;
  }

  return {
    seen(signal, decoded) {
      const now = clock();
      for (const { service, sdk, accepted, refused, unrated, ageMs, problems } of decoded.sources) {
        const name = service.slice(0, MAX_NAME_LENGTH);
        if (!sources.has(name) && !hasRoom(now)) {
          unlisted();
          continue;
        }
        const source = sources.get(name) ?? { sdk: '', flows: new Map<Signal, Flow>(), problems: new Map<string, number>(), refused: undefined };
        sources.set(name, source);
        if (sdk !== '') source.sdk = sdk.slice(0, MAX_NAME_LENGTH);
        for (const problem of problems) source.problems.set(problem, now);
        if (refused > 0) source.refused = { items: (source.refused?.items ?? 0) + refused, since: source.refused?.since ?? now, lastAt: now };
        const flow = source.flows.get(signal) ?? { counts: new Float64Array(BUCKETS), bucket: 0, lastSeenAt: 0, late: undefined, unratedSince: undefined };
        source.flows.set(signal, flow);
        const at = advance(flow);
        flow.counts[at] = (flow.counts[at] ?? 0) + accepted;
        flow.lastSeenAt = now;
        if (accepted > 0) flow.unratedSince = unrated === accepted ? (flow.unratedSince ?? now) : undefined;
        if (accepted > 0) flow.late = ageMs > delay ? { since: flow.late?.since ?? now, leastMs: Math.min(flow.late?.leastMs ?? ageMs, ageMs) } : undefined;
      }
    },
    list() {
      const now = clock();
      forget(now);
      for (const source of sources.values()) {
        const { problems, refused } = source;
        for (const [problem, at] of problems) if (now - at > PROBLEM_MS) problems.delete(problem);
        if (refused && now - refused.lastAt > PROBLEM_MS) source.refused = undefined;
      }
      return [...sources].map(([service, { sdk, flows, problems, refused }]) => ({
        service,
        sdk,
        signals: [...flows].map(([signal, flow]) => {
          advance(flow);
          return { signal, perSecond: flow.counts.reduce((sum, count) => sum + count, 0) / ((BUCKETS * BUCKET_MS) / 1000), lastSeenAt: flow.lastSeenAt, stopped: signal !== 'logs' && now - flow.lastSeenAt > STOPPED_MS, late: (lateBy(flow, now) ?? 0) > delay + step };
        }),
        problems: [
          ...problems.keys(),
          ...[...flows].flatMap(([signal, flow]) => {
            const lateMs = lateBy(flow, now);
            return lateMs === undefined ? [] : lateText(signal, lateMs);
          }),
          ...[...flows.values()].flatMap(({ unratedSince, lastSeenAt }) => (unratedSince !== undefined && lasts(unratedSince, lastSeenAt, now) ? [UNRATED] : [])),
        ],
        refused: refused ? { items: refused.items, since: refused.since } : null,
      }));
    },
  };
}

import type { ApiEdge, ApiService } from '#core/api/services.js';
import type { ApiSource } from '#core/api/status.js';
import type { Clock } from '#core/clock.js';
import { NO_JOB, OWN_SERVICE } from '#core/words.js';
import type { Store } from '#store/store.js';
import { within } from '#store/within.js';
import { openIncidents } from './incidents.js';
import { held, redTable, type Range } from './range.js';

const MOST_POINTS = 40;
const SILENT_MS = 300_000;
const LEARNING_MS = 180_000;
/** A single request a moment ago is no rate of one per second. */
const SHORTEST_S = 15;
export const MOST_SERVICES = 5_000;
const MOST_CALLS = 50_000;
/** Share of failed requests that a person would call failing. */
export const FAILING = 0.02;
/** Requests that a service serves; one that serves none (a batch job) is judged by all its spans. */
const SERVED = "kind IN ('Server', 'Consumer')";
export const REQUESTS = `if(sumIf(count, ${SERVED}) > 0, sumIf(count, ${SERVED}), sum(count))`;
export const FAILED = `if(sumIf(count, ${SERVED}) > 0, sumIf(errors, ${SERVED}), sum(errors))`;

type Trouble = Pick<ApiService, 'state' | 'cause'>;
export type FleetRow = Omit<ApiService, 'sparkline'>;

/** What the rollups know of all services and their calls, and of those without spans what the detector makes of their metrics, and when the collector heard of them. */
export interface Fleet {
  /** State of every service seen lately: its worst open incident, else silence, else that it is too late to be judged, else age. */
  troubles(): Promise<(service: string) => Trouble>;
  /** How much of a range each service was there for, seconds. */
  presence(range: Range): Promise<(service: string) => number>;
  /** Those of which spans tell, by name. */
  traced(range: Range): Promise<FleetRow[]>;
  /** Every service, by name. */
  services(range: Range): Promise<FleetRow[]>;
  sparklines(range: Range, services: readonly FleetRow[]): Promise<(service: string) => ApiService['sparkline']>;
  /** Who calls whom: all calls, or those that one service makes and takes. */
  calls(range: Range, of?: string): Promise<ApiEdge[]>;
}

export function createFleet(store: Store, clock: Clock, sources: () => readonly ApiSource[]): Fleet {
  /** When each was heard last, by whatever it sends. */
  const heard = (): Map<string, number> => new Map(sources().map(({ service, signals }) => [service, Math.max(...signals.map(({ lastSeenAt }) => lastSeenAt))]));

  async function troubles(): Promise<(service: string) => Trouble> {
    const [{ incidents }, come, seen] = await Promise.all([
      openIncidents(store),
      store.query<{ service: string }>('SELECT service FROM watched_series GROUP BY service HAVING min(first_seen) > {since:DateTime}', { params: { since: Math.floor((clock() - LEARNING_MS) / 1000) } }),
      store.query<{ service: string; first: number; last: number }>('SELECT service, toUnixTimestamp(min(time)) AS first, toUnixTimestamp(max(time)) AS last FROM red_5s WHERE time > {since:DateTime} GROUP BY service', { params: { since: Math.floor(clock() / 1000) - 1_800 } }),
    ]);
    const seenBy = new Map(seen.map((row) => [row.service, row]));
    const learning = new Set(come.map(({ service }) => service));
    const heardAt = heard();
    const late = new Set(sources().filter(isLate).map(({ service }) => service));
    const within = new Set(incidents.flatMap(({ services }) => services));
    const critical = new Set(incidents.filter(({ severity }) => severity === 'critical').flatMap(({ services }) => services));
    // An incident names the likeliest cause, and one that is independent of it.
    const causes = new Set(incidents.flatMap((incident) => incident.causes.filter(({ independent }, rank) => rank === 0 || independent === true).map(({ service }) => service)));
    function stateOf(service: string): ApiService['state'] {
      if (within.has(service)) return critical.has(service) ? 'critical' : 'warning';
      const row = seenBy.get(service);
      if (clock() - (row ? row.last * 1000 : (heardAt.get(service) ?? Number.NEGATIVE_INFINITY)) > SILENT_MS) return 'silent';
      if (late.has(service)) return 'late';
      return (row ? clock() - row.first * 1000 < LEARNING_MS : learning.has(service)) ? 'learning' : 'ok';
    }
    return (service) => ({ state: stateOf(service), cause: causes.has(service) });
  }

  /** Of a service that came within the range a rate over the whole would be too low. One that sent nothing for as long before counts as come. Nothing was there in what is still to come. */
  async function presence(range: Range): Promise<(service: string) => number> {
    const to = Math.max(Math.min(range.to, clock()), range.from + SHORTEST_S * 1000);
    const seconds = Math.min(range.seconds, (to - range.from) / 1000);
    const first = await store.query<{ service: string; first: number }>(`SELECT service, toUnixTimestamp(min(time)) AS first FROM ${redTable(range, clock)} WHERE time >= {before:DateTime} AND time < {to:DateTime} GROUP BY service HAVING min(time) >= {from:DateTime}`, {
      params: { ...range.params, before: Math.floor(held(range.from - seconds * 1000) / 1000) },
    });
    const come = new Map(first.map((row) => [row.service, Math.max(SHORTEST_S, to / 1000 - row.first)]));
    return (service) => Math.min(seconds, come.get(service) ?? seconds);
  }

  async function tracedRows(range: Range, known: Promise<(service: string) => Trouble>): Promise<FleetRow[]> {
    const [troubleOf, seconds, rows] = await Promise.all([
      known,
      presence(range),
      store.query<{ service: string; requests: string; failed: string; q: number[]; versions: string[] }>(
        `SELECT service, ${REQUESTS} AS requests, ${FAILED} AS failed,
          if(sumIf(count, ${SERVED}) > 0, quantilesTDigestMergeIf(0.5, 0.95, 0.99)(duration, ${SERVED}), quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)) AS q, groupUniqArrayIf(10)(version, version != '') AS versions
         FROM ${redTable(range, clock)} WHERE time >= {from:DateTime} AND time < {to:DateTime} GROUP BY service ORDER BY requests DESC LIMIT ${MOST_SERVICES}`,
        { params: range.params },
      ),
    ]);
    return rows.map(({ service, requests, failed, q: [p50Ms = 0, p95Ms = 0, p99Ms = 0], versions }): FleetRow => ({ service, own: service === OWN_SERVICE, by: 'spans', requestsPerSecond: Number(requests) / seconds(service), errorRatio: ratio(failed, requests), p50Ms, p95Ms, p99Ms, meanMs: null, ...troubleOf(service), versions })).toSorted(byName);
  }

  async function services(range: Range): Promise<FleetRow[]> {
    const known = troubles();
    const rows = await tracedRows(range, known);
    const troubleOf = await known;
    const traced = new Set(rows.map(({ service }) => service));
    // When they were there is known of the last time only.
    const untraced = [...heard()].flatMap(([service, lastAt]) => (traced.has(service) || service === NO_JOB || lastAt < range.params.from * 1000 || lastAt > range.to + SILENT_MS ? [] : service));
    const measured = new Map((await byMetrics(range, range.seconds, untraced)).map((row) => [row.service, row]));
    return [
      ...rows,
      ...untraced.map((service): FleetRow => {
        const row = measured.get(service);
        return { service, own: service === OWN_SERVICE, by: row ? 'metrics' : null, requestsPerSecond: row?.rate ?? 0, errorRatio: row?.errors ?? 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, meanMs: row?.ms ?? null, ...troubleOf(service), versions: [] };
      }),
    ].toSorted(byName);
  }

  /** Requests of services without spans in slots of `width` seconds, as the detector has them from metrics: a share and a mean weigh as much as there are requests. */
  function byMetrics({ params }: Pick<Range, 'params'>, width: number, wanted: readonly string[]): Promise<{ readonly service: string; readonly slot: number; readonly rate: number; readonly errors: number | null; readonly ms: number | null }[]> {
    if (wanted.length === 0) return Promise.resolve([]);
    const weighed = (of: string): string => `sumIf(${of} * requests, isFinite(${of} * requests)) / nullIf(sumIf(requests, isFinite(${of} * requests)), 0)`;
    const of = (kind: string): string => `avgIf(value, kind = '${kind}')`;
    return store.query(
      `WITH derived AS (SELECT DISTINCT id, service, kind FROM watched_series WHERE kind != 'metric' AND labels['signal'] = 'metrics' AND service IN {wanted:Array(String)})
       SELECT service, toInt32(intDiv(toUnixTimestamp(toDateTime(at)) - {from:UInt32}, {width:UInt32})) AS slot, avgIf(requests, isFinite(requests)) AS rate, ${weighed('failed')} AS errors, ${weighed('took')} AS ms
       FROM (SELECT d.service AS service, s.time AS at, ${of('rate')} AS requests, ${of('errors')} AS failed, ${of('latency')} AS took
             FROM (SELECT series, time, value FROM anomaly_scores WHERE series IN (SELECT id FROM derived) AND ${within('time')}) AS s INNER JOIN derived AS d ON d.id = s.series GROUP BY service, at)
       GROUP BY service, slot HAVING isFinite(rate)`,
      { params: { ...params, width: Math.ceil(width), wanted } },
    );
  }

  async function sparklines(range: Range, wanted: readonly FleetRow[]): Promise<(service: string) => ApiService['sparkline']> {
    const width = bucketWidth(range.seconds / MOST_POINTS, redTable(range, clock));
    const points = Math.ceil(range.seconds / width);
    const namesOf = (what: FleetRow['by']): string[] => wanted.flatMap(({ service, by }) => (by === what ? service : []));
    const [traced, measured] = await Promise.all([
      store.query<{ service: string; slot: number; requests: string; failed: string; p95: number }>(
        `SELECT service, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {width:UInt32})) AS slot, ${REQUESTS} AS requests, ${FAILED} AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95
         FROM ${redTable(range, clock)} WHERE service IN {wanted:Array(String)} AND time >= {from:DateTime} AND time < {to:DateTime} GROUP BY service, slot`,
        { params: { ...range.params, width, wanted: namesOf('spans') } },
      ),
      byMetrics(range, width, namesOf('metrics')),
    ]);
    const sparks = new Map(wanted.map(({ service }) => [service, emptySparkline(points)]));
    const draw = (service: string, slot: number, requests: number, errors: number | null, latency: number | null): void => {
      const spark = sparks.get(service);
      if (!spark || slot >= points) return;
      spark.requests[slot] = drawn(requests);
      spark.errors[slot] = errors === null ? null : drawn(errors);
      spark.latency[slot] = latency === null ? null : drawn(latency);
    };
    for (const { service, slot, requests, failed, p95 } of traced) draw(service, slot, Number(requests) / width, ratio(failed, requests), p95);
    for (const { service, slot, rate, errors, ms } of measured) draw(service, slot, rate, errors, ms);
    return (service) => sparks.get(service) ?? emptySparkline(points);
  }

  async function calls(range: Range, of?: string): Promise<ApiEdge[]> {
    const [seconds, rows] = await Promise.all([
      presence(range),
      store.query<{ client: string; server: string; kind: ApiEdge['kind']; calls: string; failed: string; p95: number | null }>(
        `SELECT client, server, kind, sum(count) AS calls, sum(errors) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95 FROM edges
         WHERE time >= {from:DateTime} AND time < {to:DateTime}${of === undefined ? '' : ' AND (client = {of:String} OR server = {of:String})'} GROUP BY client, server, kind ORDER BY client, server LIMIT ${MOST_CALLS}`,
        { params: { ...range.params, ...(of === undefined ? {} : { of }) } },
      ),
    ]);
    return rows.map((row) => ({ client: row.client, server: row.server, kind: row.kind, requestsPerSecond: Number(row.calls) / Math.min(seconds(row.client), seconds(row.server)), errorRatio: ratio(row.failed, row.calls), p95Ms: row.p95 ?? 0 }));
  }

  return { troubles, presence, traced: (range) => tracedRows(range, troubles()), services, sparklines, calls };
}

/** Whether nothing of it is judged because it comes too late: its spans, or all that it sends where there are none. */
function isLate({ signals }: ApiSource): boolean {
  const spans = signals.find(({ signal }) => signal === 'traces');
  return spans ? spans.late : signals.every(({ late }) => late);
}

const byName = (a: FleetRow, b: FleetRow): number => (a.service < b.service ? -1 : 1);
/** Whole buckets of the RED tables, seconds: a slot of one and a half would look like a wave. */
export const bucketWidth = (seconds: number, table: ReturnType<typeof redTable> = 'red_5s'): number => (seconds > 60 || table === 'red_1m' ? Math.ceil(seconds / 60) * 60 : Math.max(5, Math.ceil(seconds / 5) * 5));
export const ratio = (part: string, whole: string): number => (Number(whole) > 0 ? Number(part) / Number(whole) : 0);
/** As exact as a line of 18 px shows. */
const drawn = (value: number): number => Number(value.toPrecision(4));
const blank = (points: number): (number | null)[] => Array.from({ length: points }, () => null);
const emptySparkline = (points: number) => ({ requests: blank(points), errors: blank(points), latency: blank(points) });

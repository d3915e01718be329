import type { ChangeKind } from '#core/api/services.js';
import { isRollout, TOGETHER_MS, VERSION, type ProcessChange } from '#core/processes.js';
import { loadProcessChanges } from '#store/processes.js';
import type { Store } from '#store/store.js';
import type { Range } from '../range.js';
import type { Happening } from './feed.js';

/** Of each sort, the newest. */
const MOST_DEPLOYS = 10_000;
const MOST_INCIDENTS = 500;
const MOST_PATTERNS = 500;
/** A rollout that began so long before the range may end in it. */
const ROLLOUT_S = 3_600;
/** What a service logs in its first minutes is not new. */
const LEARNING_MS = 600_000;

interface Version {
  readonly service: string;
  readonly version: string;
  readonly previous: string;
  readonly at: number;
}

const ABOUT = "({service:String} = '' OR service = {service:String})";

/** New versions, versions taken back, and processes that came or went without one. Of all services where `service` is ''. */
export async function loadReleases(store: Store, range: Range, service: string): Promise<readonly Happening[]> {
  const [versions, processes] = await Promise.all([loadVersions(store, range, service), loadProcessChanges(store, { from: range.from, to: range.to, services: service === '' ? undefined : [service] })]);
  const changes = processes.filter((one) => !isRollout(one, versions));
  const isNew = await loadNovelty(store, changes);
  const fresh = changes.filter(isNew);
  const rolled = versions.filter(({ service: of, version, at }) => at >= range.from && !fresh.some((one) => one.service === of && versionOf(one) === version));
  return [
    ...rolled.map(({ service: of, version, previous, at }): Happening => ({ kind: 'deploy', services: [of], at, until: at, changed: [{ attribute: VERSION, from: previous, to: version }] })),
    ...changes.map((one): Happening => ({ kind: isNew(one) ? 'deploy' : kindOf(one), services: [one.service], at: one.at, until: one.until, changed: one.changed.toSorted((a, b) => Number(b.attribute === VERSION) - Number(a.attribute === VERSION)), counts: one })),
  ];
}

function kindOf(change: ProcessChange): ChangeKind {
  if (versionOf(change) !== '') return 'rollback';
  if (change.changed.length > 0) return 'configuration';
  return change.gone > 0 && change.came > 0 ? 'restart' : 'scaling';
}

/** The version that came, where it is another than before. */
const versionOf = ({ changed }: ProcessChange): string => changed.find(({ attribute }) => attribute === VERSION)?.to ?? '';

async function loadVersions(store: Store, { from, to }: Range, service: string): Promise<readonly Version[]> {
  const rows = await store.query<Omit<Version, 'at'> & { came: number }>(
    `SELECT service, version, previous, toUnixTimestamp(came) AS came FROM (
       SELECT service, version, min(first) AS came, lagInFrame(version) OVER (PARTITION BY service ORDER BY came ASC, version ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS previous
       FROM service_versions WHERE ${ABOUT} GROUP BY service, version)
     WHERE previous != '' AND came >= toDateTime({from:UInt32}) AND came < toDateTime({to:UInt32}) ORDER BY came DESC, service LIMIT ${MOST_DEPLOYS}`,
    { params: { from: Math.max(0, Math.floor(from / 1000) - ROLLOUT_S), to: Math.ceil(to / 1000), service } },
  );
  return rows.map(({ came, ...rest }) => ({ ...rest, at: came * 1000 }));
}

/** Tells whether a change brought a version that never ran before: services without spans have no other sign of it. */
async function loadNovelty(store: Store, changes: readonly ProcessChange[]): Promise<(change: ProcessChange) => boolean> {
  const services = [...new Set(changes.filter((one) => versionOf(one) !== '').map(({ service }) => service))];
  if (services.length === 0) return () => false;
  const rows = await store.query<{ service: string; version: string; came: string }>(
    `SELECT service, version, min(at) AS came FROM (
       SELECT service, attributes['${VERSION}'] AS version, toUnixTimestamp64Milli(first) AS at FROM service_processes WHERE service IN {services:Array(String)}
       UNION ALL SELECT service, version, toInt64(toUnixTimestamp(first)) * 1000 AS at FROM service_versions WHERE service IN {services:Array(String)})
     GROUP BY service, version`,
    { params: { services } },
  );
  const came = new Map(rows.map((row) => [`${row.service}\0${row.version}`, Number(row.came)]));
  return (change) => versionOf(change) !== '' && (came.get(`${change.service}\0${versionOf(change)}`) ?? change.at) >= change.at - TOGETHER_MS;
}

/** Incidents that opened or resolved. */
export async function loadIncidents(store: Store, { from, to }: Range, service: string): Promise<readonly Happening[]> {
  const rows = await store.query<{ id: string; title: string; opened: string; ended: string | null; services: readonly string[] }>(
    `SELECT id, title, JSONExtractInt(document, 'openedAt') AS opened, toUnixTimestamp64Milli(ends_at) AS ended, JSONExtract(document, 'services', 'Array(String)') AS services
     FROM incidents FINAL WHERE starts_at < fromUnixTimestamp64Milli({to:Int64}) AND (ends_at IS NULL OR assumeNotNull(ends_at) >= fromUnixTimestamp64Milli({from:Int64})) AND ({service:String} = '' OR has(services, {service:String}))
     ORDER BY starts_at DESC LIMIT ${MOST_INCIDENTS}`,
    { params: { from, to, service } },
  );
  const said = (kind: ChangeKind, at: number, { id, title, services }: (typeof rows)[number]): Happening => ({ kind, services, at, until: at, changed: [], text: title, incident: id });
  return rows.flatMap((row) => [said('incident-opened', Number(row.opened), row), ...(row.ended === null ? [] : [said('incident-resolved', Number(row.ended), row)])]).filter(({ at }) => at >= from && at <= to);
}

/** What services logged for the first time. */
export async function loadPatterns(store: Store, { from, to }: Range, service: string): Promise<readonly Happening[]> {
  const rows = await store.query<{ service: string; template: string; came: string }>(
    `SELECT service, template, came FROM (
       SELECT service, id, argMax(template, updated_at) AS template, toUnixTimestamp64Milli(min(first_seen)) AS came, min(came) OVER (PARTITION BY service) AS begun FROM log_patterns WHERE ${ABOUT} GROUP BY service, id)
     WHERE came >= {from:Int64} AND came < {to:Int64} AND came > begun + ${LEARNING_MS} ORDER BY came DESC LIMIT ${MOST_PATTERNS}`,
    { params: { from, to, service } },
  );
  return rows.map(({ service: of, template, came }): Happening => ({ kind: 'log-pattern', services: [of], at: Number(came), until: Number(came), changed: [], text: template }));
}

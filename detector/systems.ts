import { isUnnamed } from '#core/words.js';

/** What receivers of the OpenTelemetry Collector measure of systems that others call, by how the names of their metrics begin. Source: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/receiver */
const OF_SYSTEM = /^(aerospike|apache|cassandra|couchdb|elasticsearch|haproxy|kafka|memcached|mongodb|mysql|nginx|oracledb|postgresql|rabbitmq|redis|riak|solr|sqlserver|varnish|zookeeper)_/;
/** Where clients call one otherwise than its receiver does. Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/ */
const CALLED: Readonly<Record<string, string>> = { sqlserver: 'microsoft.sql_server', oracledb: 'oracle.db' };

/** What is stored of a metric series that says which system it is about. */
export interface Measuring {
  readonly name: string;
  readonly service: string;
  readonly sdk: string;
}

/** The system that a series is about, called as the map calls it by `db.system.name` or `messaging.system`; undefined where its sender has a name or measures something else. */
export function systemOf({ name, service, sdk }: Measuring): string | undefined {
  if (sdk !== '' || !isUnnamed(service)) return undefined;
  const system = OF_SYSTEM.exec(name)?.[1];
  return system === undefined ? undefined : (CALLED[system] ?? system);
}

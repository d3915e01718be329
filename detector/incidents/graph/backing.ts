import type { Series } from '#core/types.js';

/** How exporters of databases, caches, queues and search engines begin the names of their metrics. */
const EXPORTED = /^(?:pg|postgres\w*|mysql|mariadb|mongodb|mssql|oracledb|redis|memcached|rabbitmq|kafka|nats|pulsar|activemq|elasticsearch|opensearch|cassandra|scylla|clickhouse|etcd|zookeeper|minio)_/i;

/** Of who uses one. */
const USERS = /client|consumer|producer|driver|pool/i;

/** Whether a metric is one of something that others call and that calls nobody. */
export const isBacking = ({ kind, metric }: Pick<Series, 'kind' | 'metric'>): boolean => kind === 'metric' && EXPORTED.test(metric) && !USERS.test(metric);

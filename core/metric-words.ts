import type { Series } from './types.js';

/** What people call what a metric measures, by its name without unit, in the words of OpenTelemetry and of the exporters that most use. The first that fits counts. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(process|container|k8s_pod|jvm)_cpu(_recent)?_(utilization|usage|time)$|^container_cpu_usage$|^k8s_pod_cpu$/, 'processor use'],
  [/^process_cpu$/, 'processor use'],
  [/^(system|k8s_node|node)_cpu(_utilization|_usage|_time)?$/, 'processor use of the host'],
  [/^system_cpu_load_average_(1m|5m|15m)$|^node_load(1|5|15)$/, 'load of the host'],
  [/^process_virtual_memory$|^process_memory_virtual$/, 'virtual memory'],
  [/^process_(resident_memory|memory_usage|memory_rss|memory)$|^(container|k8s_pod)_memory_(usage|working_set|rss)$/, 'memory'],
  [/^(system|k8s_node|node)_memory_(mem)?available$/, 'memory available of the host'],
  [/^(system|k8s_node|node)_memory(_usage|_utilization|_active)?$/, 'memory of the host'],
  [/^(v8js|nodejs)_(memory_)?heap(_size)?_used$|^go_memstats_heap_(alloc|inuse)$|^jvm_memory_used_after_last_gc$/, 'heap'],
  [/^jvm_memory_used$/, 'memory of the JVM'],
  [/^go_memory_used$/, 'memory of Go'],
  [/^(v8js|jvm|nodejs|go|process_runtime_\w+)_gc_(pause_)?duration$/, 'garbage collection'],
  [/^nodejs_eventloop_(utilization|time)$/, 'use of the event loop'],
  [/^nodejs_eventloop_(delay|lag)(_\w+)?$/, 'delay of the event loop'],
  [/^(jvm_thread_count|process_threads?(_count)?|jvm_threads_\w+)$/, 'threads'],
  [/^go_goroutines?(_count)?$/, 'goroutines'],
  [/^process_(open_file_descriptors?(_count)?|open_fds)$/, 'open files'],
  [/^(system|node)_filesystem_(avail|free)$|^k8s_volume_available$|^kubelet_volume_stats_available$/, 'disk space available'],
  [/^(system|node)_filesystem_(usage|utilization)$|^k8s_volume_capacity$/, 'disk space'],
  [/^(system|node|process|container)_disk_(io|operations?|operation_time|io_time)$/, 'disk traffic'],
  [/^(system|node|process|container|k8s_pod)_network_(io|receive|transmit|dropped|errors)$/, 'network traffic'],
  [/^(kafka_consumer(group|_group)?_(records_)?lag(_max|_sum)?|messaging_\w*consumer_lag)$/, 'consumer lag'],
  [/^rabbitmq_message_current$/, 'queue length'],
  [/^db_client_connections?_(usage|count|used)$|^hikaricp_connections_active$/, 'database connections in use'],
  [/^db_client_connections?_pending_requests$|^hikaricp_connections_pending$/, 'requests waiting for a database connection'],
  [/^db_client_connections?_(wait_time|use_time|create_time)_mean$/, 'time for a database connection'],
  [/^(db_client_operation_duration|db_client_operation_time)_mean$/, 'mean time of database calls'],
  [/^(http|rpc)_client(_request)?_duration_mean$/, 'mean time of outgoing calls'],
  [/^messaging_(publish|client_operation)_duration_mean$/, 'mean time to publish'],
  [/^(http|rpc)_server(_request)?_duration_count$/, 'requests served'],
  [/^(http|rpc)_client(_request)?_duration_count$/, 'outgoing calls'],
  [/^db_client_operation_(duration|time)_count$/, 'database calls'],
  [/^messaging_process_duration_count$/, 'messages processed'],
  [/^(v8js|jvm|go)_gc_(pause_)?duration_count$/, 'garbage collections'],
  [/^http_server_active_requests$/, 'requests in progress'],
  [/^(?:(?:k8s_)?container|kube_pod_(?:init_)?container_status)_(?:restarts|restart_count)$/, 'restarts'],
];
/** Names in which the object stands before the word: `orders_queue_size`, `mail_queue_depth`. */
const QUEUE = /^(?:(\w+?)_)?queue_(?:size|length|depth|messages(?:_ready)?|count)$/;
const UNITS = /_(bytes|seconds|milliseconds|ratio|percent|total|celsius)(?=_mean$|_count$|_sum$|$)/g;

/** What is known of requests, by what the detector calls it. */
const OF_REQUESTS: ReadonlyMap<string, string> = new Map(Object.entries({ error_ratio: 'share of failed requests', mean: 'mean latency' }));

/** Whether a metric is how much waits to be taken out of something. */
export const isBacklog = (series: Pick<Series, 'metric'>): boolean => /^(?:queue length|consumer lag)/.test(metricWords(series));

/** Words for what waits, is under way or went wrong. */
const BURDEN = /(?<![a-z])(?:pending|waiting|backlog|lag|un_?acked|unacknowledged|in_?flight|in_?progress|restarts?|errors?|fail(?:ed|ures?)|miss(?:es|ed)?|dead_?letters?)(?![a-z])/;
/** How long what is asked of others takes. */
const ASKED_TIME = /client_.*(?:duration|time).*_mean$/;

/** Whether a metric is of what less is better: what waits, is under way or went wrong, or how long others take to answer. */
export function isBurden(series: Pick<Series, 'kind' | 'metric'>): boolean {
  const name = series.metric.toLowerCase().replaceAll(/[.\-:/]/g, '_');
  return series.kind === 'metric' && (isBacklog(series) || /^requests (?:waiting|in progress)/.test(metricWords({ metric: series.metric })) || BURDEN.test(name) || ASKED_TIME.test(name));
}

const RESTARTS = /(?:^|[._])(?:restarts(?:[._]total)?|restart[._](?:count|total))$/i;

/** Whether a metric counts how often something was started again. */
export const isRestarts = ({ kind, metric }: Pick<Series, 'kind' | 'metric'>): boolean => kind === 'metric' && RESTARTS.test(metric);

/** Words for what nobody uses: in a name they stand for themselves, between separators or as `MemAvailable`. */
const LEFT = /(?:(?<![A-Za-z])(?:avail(?:able)?|free|idle|remaining|headroom|hit[._-]?ratio)|Avail(?:able)?|Free|Idle|Remaining|Headroom|HitRatio)(?![a-z])/;
/** Labels that tell a part of the same: `state`, `cpu_mode`. */
const PART = /(?:^|_)(?:state|mode)$/;
const LEFT_PARTS: ReadonlySet<string> = new Set(['free', 'idle', 'available']);

const leftPart = (labels: Series['labels']): string | undefined => Object.entries(labels).find(([label, value]) => LEFT_PARTS.has(value) && PART.test(label))?.[1];

/** Whether a metric is what is left of something, or how well it is spared: less of it is worse. */
export const isLeft = ({ kind, metric, labels }: Pick<Series, 'kind' | 'metric' | 'labels'>): boolean => kind === 'metric' && (LEFT.test(metric) || leftPart(labels) !== undefined);

const HIT_RATIO = /(?:(?<![A-Za-z])hit[._-]?ratio|HitRatio)(?![a-z])/;

/** Whether a metric is the share of what a cache is asked for that it holds. */
export const isHitRatio = ({ kind, metric }: Pick<Series, 'kind' | 'metric'>): boolean => kind === 'metric' && HIT_RATIO.test(metric);

/** "heap", "queue length of orders", "idle processor time of the host"; the metric's own name where nobody has another. */
export function metricWords({ metric, labels = {} }: Pick<Series, 'metric'> & Partial<Pick<Series, 'labels'>>): string {
  const ofRequests = OF_REQUESTS.get(metric);
  if (ofRequests !== undefined) return ofRequests;
  let name = metric.toLowerCase().replaceAll(/[.\-:/]/g, '_');
  // Units stand one after another: `_seconds_total`.
  for (let before = ''; before !== name; ) {
    before = name;
    name = name.replaceAll(UNITS, '');
  }
  const queue = QUEUE.exec(name);
  if (queue) return queue[1] === undefined || queue[1] === 'rabbitmq' ? 'queue length' : `queue length of ${queue[1].replaceAll('_', ' ')}`;
  const found = WORDS.find(([pattern]) => pattern.test(name))?.[1] ?? WORDS.find(([pattern]) => pattern.test(name.replace(/_mean$/, '')))?.[1];
  if (found === undefined) return metric;
  const part = leftPart(labels);
  return part === undefined ? found : `${part} ${found.replace('processor use', 'processor time').replace(/ in use$/, '')}`;
}

import { isLeft } from '#core/metric-words.js';
import type { Series } from '#core/types.js';

/** What a process holds until it gives it back, and shares of what there is. */
const LEVEL = /memory|heap|rss|disk|pool|utili[sz]ation/i;
const SHARE = /utili[sz]ation|ratio(?!n)|percent(?!ile)|pct|%/i;
const PER_CENT = /percent(?!ile)|pct|%/i;

/** Whether a series measures how much of a resource is in use, not how much of it passes in a second, nor what is left of it. */
export const isLevel = (series: Series): boolean => series.kind === 'metric' && LEVEL.test(series.metric) && !series.unit.endsWith('/s') && !isLeft(series);

/** What can be full: not what is collected, nor what passes, nor memory of a pod or container by its limit, which counts the files that it keeps in memory, nor that of a GPU, which is how busy it is, or held in stock. */
const FILLS = /memory|disk|filesystem|volume|inodes|storage/i;
const NEVER_FULL = /heap|jvm|cache|fragment|read|write|busy|time|gpu|nvidia|memory[._](?:limit|request)[._]utili[sz]ation|(?:^|[._])(?:io|gc)(?:[._]|$)/i;

/** Memory of a host that nobody uses is taken by its caches as a matter of course, and given back. */
const CACHED = /^(?:node_memory_(?:numa_)?(?:MemFree|Cached|FilePages|Buffers)(?:_bytes)?|node_zfs_arc_memory_(?:available|free)_bytes|windows_memory_free_and_zero_page_list_bytes)$/;
const CACHED_STATES: ReadonlySet<string> = new Set(['free', 'cached', 'buffered', 'slab_reclaimable']);

/** Whether it is memory that caches of the host fill and give back: neither more of it nor less says anything. */
export const isCached = ({ metric, labels }: Pick<Series, 'metric' | 'labels'>): boolean => CACHED.test(metric) || (/^system[._]memory[._]/.test(metric) && CACHED_STATES.has(labels['state'] ?? labels['system_memory_state'] ?? ''));

/** Whether a series says how full something is: by its share, or by what is left of it. */
export const fills = (series: Series): boolean =>
  series.kind === 'metric' && FILLS.test(series.metric) && !NEVER_FULL.test(series.metric) && !series.unit.endsWith('/s') && !isCached(series) && (isLeft(series) || limitOf(series) !== undefined);

const CERTIFICATE = /(?<![A-Za-z])(?:cert|ssl|tls|x509)|Cert|S(?:sl|SL)|T(?:ls|LS)|X509/;
const EXPIRES = /expir(?:y|es|ation|e[._]time)|not[._]?after/i;

/** Whether a series says when a certificate expires, or how long it is still good; not a mean of those that are shown to a server. */
export const isCertificate = ({ kind, metric, unit }: Pick<Series, 'kind' | 'metric' | 'unit'>): boolean => kind === 'metric' && CERTIFICATE.test(metric) && EXPIRES.test(metric) && !metric.endsWith('_mean') && !unit.endsWith('/s');

/** What a series can come to that is a share of it; undefined where it is none. */
export function limitOf({ metric, unit }: Pick<Series, 'metric' | 'unit'>): number | undefined {
  const name = `${metric} ${unit}`;
  return SHARE.test(name) ? (PER_CENT.test(name) ? 100 : 1) : undefined;
}

import { crc32 } from 'node:zlib';
import { fingerprint } from './fingerprint.js';
import type { Labels } from './types.js';

const REST = 0x3fff;

/**
 * The highest 18 bits of the ids of one metric of one target: eight of the metric, four of the job, six of the instance.
 * Rows sorted by id so hold close together what is asked for together, and what resembles each other: a question about a metric reads its rows and few others.
 * store/migrations/0014_ids_by_metric.sql works out the same.
 */
export const placeOfMetric = (name: string): number => (crc32(name) & 0xff) << 24;
export const placeOfTarget = (job: string, instance: string): number => ((crc32(job) & 0xf) << 20) | ((crc32(instance) & 0x3f) << 14);

/** The high half of an id: `high` of the fingerprint, at `place`. */
export const highAt = (place: number, high: number): number => (place | (high & REST)) >>> 0;

/** The id of a stored series: the fingerprint of its name and labels, at its place. */
export function seriesId(name: string, labels: Labels): bigint {
  const print = fingerprint(labels, name);
  const high = highAt(placeOfMetric(name) | placeOfTarget(labels['job'] ?? '', labels['instance'] ?? ''), Number.parseInt(print.slice(0, 8), 16));
  return (BigInt(high) << 32n) | BigInt(`0x${print.slice(8)}`);
}

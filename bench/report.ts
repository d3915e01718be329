import { setTimeout as delay } from 'node:timers/promises';
import type { Product } from './product.js';

const POLL_MS = 200;
const DRAIN_LIMIT_MS = 300_000;

/** Waits until everything acknowledged is in ClickHouse. */
export async function drained(product: Product): Promise<void> {
  const ends = performance.now() + DRAIN_LIMIT_MS;
  while ((await product.status()).queue.segments > 0 && performance.now() < ends) await delay(POLL_MS);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

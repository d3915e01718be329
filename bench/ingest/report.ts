import { setTimeout as delay } from 'node:timers/promises';
import type { Product } from '../product.js';
import type { Load } from './send.js';

const POLL_MS = 200;
const DRAIN_LIMIT_MS = 180_000;

/** Waits until everything acknowledged is in ClickHouse. */
export async function drained(product: Product): Promise<void> {
  const ends = performance.now() + DRAIN_LIMIT_MS;
  while ((await product.status()).queue.segments > 0 && performance.now() < ends) await delay(POLL_MS);
}

export const p99 = ({ waits }: Load): number => waits[Math.floor(waits.length * 0.99)] ?? Number.NaN;
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

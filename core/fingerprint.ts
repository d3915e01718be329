import type { Labels } from './types.js';

const OFFSET_LOW = 0x8422_2325;
const OFFSET_HIGH = 0xcbf2_9ce4;
const PRIME_LOW = 0x1b3;
const UINT32 = 0x1_0000_0000;

/** FNV-1a, 64 bit, of `text` in UTF-8, as 16 hex digits. Source: Fowler, Noll, Vo. In two 32-bit halves: bigints take 30 times as long. */
export function fnv1a64(text: string): string {
  let low = OFFSET_LOW;
  let high = OFFSET_HIGH;
  for (const byte of Buffer.from(text, 'utf8')) {
    low = (low ^ byte) >>> 0;
    // The prime is 2^40 + 0x1b3.
    const product = low * PRIME_LOW;
    high = (high * PRIME_LOW + Math.floor(product / UINT32) + low * 0x100) % UINT32;
    low = product % UINT32;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The identity of a label set everywhere: the hash of its sorted pairs, 16 hex digits. `scope` keeps kinds apart. */
export function fingerprint(labels: Labels, scope = ''): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}\u0001${labels[key]}`);
  return fnv1a64([scope, ...pairs].join('\u0000'));
}

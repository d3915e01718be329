import type { Labels } from './types.js';

const OFFSET_LOW = 0x8422_2325;
const OFFSET_HIGH = 0xcbf2_9ce4;
const PRIME_LOW = 0x1b3;

/** FNV-1a, 64 bit, of `text` in UTF-8, as 16 hex digits. Source: Fowler, Noll, Vo. In 16-bit steps of two 32-bit halves, all of them small integers: bigints take a hundred times as long. */
export function fnv1a64(text: string): string {
  return hashOf(text, undefined) ?? hashOf(text, Buffer.from(text, 'utf8')) ?? '';
}

/** The same of bytes. */
export const fnv1a64Bytes = (bytes: Buffer): string => hashOf('', bytes) ?? '';

/** Without `bytes` the text must be ASCII; undefined when it is not. */
function hashOf(text: string, bytes: Buffer | undefined): string | undefined {
  const length = bytes?.length ?? text.length;
  let low = OFFSET_LOW | 0;
  let high = OFFSET_HIGH | 0;
  for (let at = 0; at < length; at += 1) {
    const byte = bytes ? (bytes[at] ?? 0) : text.charCodeAt(at);
    if (!bytes && byte >= 0x80) return undefined;
    low ^= byte;
    // The prime is 2^40 + 0x1b3.
    const first = (low & 0xffff) * PRIME_LOW;
    const second = (low >>> 16) * PRIME_LOW + (first >>> 16);
    high = (Math.imul(high, PRIME_LOW) + (second >>> 16) + (low << 8)) | 0;
    low = (second << 16) | (first & 0xffff);
  }
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/** The identity of a label set everywhere: the hash of its sorted pairs, 16 hex digits. `scope` keeps kinds apart. */
export function fingerprint(labels: Labels, scope = ''): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}\u0001${labels[key]}`);
  return fnv1a64([scope, ...pairs].join('\u0000'));
}

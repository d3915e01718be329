import type { Labels } from './types.js';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

/** FNV-1a, 64 bit, of `text` in UTF-8, as 16 hex digits. Source: Fowler, Noll, Vo. */
export function fnv1a64(text: string): string {
  let hash = OFFSET;
  for (const byte of Buffer.from(text, 'utf8')) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  return hash.toString(16).padStart(16, '0');
}

/** The identity of a label set everywhere: the hash of its sorted pairs, 16 hex digits. `scope` keeps kinds apart. */
export function fingerprint(labels: Labels, scope = ''): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}\u0001${labels[key]}`);
  return fnv1a64([scope, ...pairs].join('\u0000'));
}

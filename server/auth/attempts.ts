import type { Clock } from '#core/clock.js';

const WINDOW_MS = 300_000;
const PER_NAME = 10;
const PER_ADDRESS = 50;
const REMEMBERED = 10_000;

/** Counts wrong passwords per address, and per address and name, over five minutes. */
export interface Attempts {
  /** Counts one more. Seconds to wait before the next, 0 when this one may be tried. */
  begin(address: string, name: string): number;
  /** It was the right password: that one and those before it are forgotten. */
  forget(address: string, name: string): void;
}

export function createAttempts(clock: Clock): Attempts {
  const counted = new Map<string, { count: number; readonly until: number }>();
  const keysOf = (address: string, name: string): readonly [string, string] => [networkOf(address), `${networkOf(address)} ${name}`];

  function current(key: string): { count: number; readonly until: number } {
    const now = clock();
    const known = counted.get(key);
    if (known && known.until > now) return known;
    counted.delete(key);
    if (counted.size >= REMEMBERED) counted.delete(counted.keys().next().value ?? '');
    const fresh = { count: 0, until: now + WINDOW_MS };
    counted.set(key, fresh);
    return fresh;
  }

  return {
    begin(address, name) {
      const [all, own] = keysOf(address, name).map(current);
      if (!all || !own) return 0;
      const waits = Math.max(all.count >= PER_ADDRESS ? all.until : 0, own.count >= PER_NAME ? own.until : 0);
      if (waits > 0) return Math.max(1, Math.ceil((waits - clock()) / 1000));
      all.count += 1;
      own.count += 1;
      return 0;
    },
    forget(address, name) {
      const [all, own] = keysOf(address, name);
      const tries = counted.get(own)?.count ?? 0;
      counted.delete(own);
      const rest = counted.get(all);
      if (rest) rest.count = Math.max(0, rest.count - tries);
    },
  };
}

/** An address of IPv4, the /64 of IPv6: who has one address there has all of them. */
function networkOf(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!mapped.includes(':')) return mapped;
  const [head = '', tail] = mapped.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = (tail ?? '').split(':').filter(Boolean);
  return [...groups, ...(tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0')), ...rest].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}

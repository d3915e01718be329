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

interface Count {
  count: number;
  readonly until: number;
}

export function createAttempts(clock: Clock): Attempts {
  // Apart, so that no number of names takes the place of an address.
  const addresses = new Map<string, Count>();
  const names = new Map<string, Count>();

  /** The oldest go first: they end first as well. */
  function current(counted: Map<string, Count>, key: string): Count {
    const now = clock();
    const known = counted.get(key);
    if (known && known.until > now) return known;
    counted.delete(key);
    if (counted.size >= REMEMBERED) counted.delete(counted.keys().next().value ?? '');
    const fresh = { count: 0, until: now + WINDOW_MS };
    counted.set(key, fresh);
    return fresh;
  }

  const waitFor = ({ count, until }: Count, most: number): number => (count >= most ? Math.max(1, Math.ceil((until - clock()) / 1000)) : 0);

  return {
    begin(address, name) {
      const network = networkOf(address);
      const all = current(addresses, network);
      const refused = waitFor(all, PER_ADDRESS);
      // Names that are not tried are not counted either.
      if (refused > 0) return refused;
      const own = current(names, `${network} ${name}`);
      const wait = waitFor(own, PER_NAME);
      if (wait > 0) return wait;
      all.count += 1;
      own.count += 1;
      return 0;
    },
    forget(address, name) {
      const network = networkOf(address);
      const key = `${network} ${name}`;
      const tries = names.get(key)?.count ?? 0;
      names.delete(key);
      const rest = addresses.get(network);
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

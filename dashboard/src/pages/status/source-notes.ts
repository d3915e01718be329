import type { ApiSource } from '#core/api.js';
import type { UnixMs } from '#core/types.js';
import { lasting } from '../../format/duration.js';
import { listed, plural } from '../../format/name.js';
import { clock } from '../../format/time.js';

const STOPPED_MS = 180_000;
const SIGNALS = ['traces', 'metrics', 'logs'] as const;

/** What a sender should fix (`problems`, as the server found them, and signals that stopped), and what it does not send (`missing`): a service that has nothing to log is not at fault. */
export function notesOf({ signals, problems, refused }: ApiSource, now: UnixMs): { readonly problems: readonly string[]; readonly missing: string } {
  const stopped = signals.filter(({ lastSeenAt }) => now - lastSeenAt > STOPPED_MS);
  const silent = stopped.filter(({ signal }) => signal !== 'logs').map(({ signal, lastSeenAt }) => `${signal} stopped ${lasting(now - lastSeenAt)} ago`);
  const quiet = stopped.filter(({ signal }) => signal === 'logs').map(({ lastSeenAt }) => `no logs for ${lasting(now - lastSeenAt)}`);
  const absent = SIGNALS.filter((name) => signals.every(({ signal }) => signal !== name));
  const counted = refused ? [`${plural(refused.items, 'record')} refused since ${clock(refused.since, now)}`] : [];
  return { problems: [...problems, ...counted, ...silent], missing: [...(absent.length === 0 ? [] : [`sends no ${listed(absent)}`]), ...quiet].join(', ') };
}

/** Rates of each signal over all sources. */
export function totals(sources: readonly ApiSource[]): Readonly<Record<(typeof SIGNALS)[number], number>> {
  const sum = { traces: 0, metrics: 0, logs: 0 };
  for (const { signals } of sources) for (const { signal, perSecond } of signals) sum[signal] += perSecond;
  return sum;
}

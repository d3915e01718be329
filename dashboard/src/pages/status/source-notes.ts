import type { ApiSource } from '#core/api/status.js';
import type { UnixMs } from '#core/types.js';
import { lasting } from '../../format/duration.js';
import { listed, plural } from '../../format/name.js';
import { clock } from '../../format/time.js';

const QUIET_MS = 180_000;
const SIGNALS = ['traces', 'metrics', 'logs'] as const;

/** What a sender should fix (`problems`, as the server found them, and signals that `stopped`), and what it does not send (`missing`): a service that has nothing to log is not at fault. */
export function notesOf({ signals, problems, refused }: ApiSource, now: UnixMs): { readonly problems: readonly string[]; readonly missing: string } {
  const silent = signals.filter(({ stopped }) => stopped).map(({ signal, lastSeenAt }) => `${signal} stopped ${lasting(now - lastSeenAt)} ago`);
  const quiet = signals.filter(({ signal, lastSeenAt }) => signal === 'logs' && now - lastSeenAt > QUIET_MS).map(({ lastSeenAt }) => `no logs for ${lasting(now - lastSeenAt)}`);
  const absent = SIGNALS.filter((name) => signals.every(({ signal }) => signal !== name));
  const counted = refused ? [`${plural(refused.items, 'record')} refused since ${clock(refused.since, now)}`] : [];
  return { problems: [...problems, ...counted, ...silent], missing: [...(absent.length === 0 ? [] : [`sends no ${listed(absent)}`]), ...quiet].join(', ') };
}

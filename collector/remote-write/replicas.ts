import type { UnixMs } from '#core/types.js';

/** The label by which senders say that they are one of several that scrape the same, as Mimir and Cortex have it, and that by which they say which of them belong together: who says only one of both is no replica. Source: https://grafana.com/docs/mimir/latest/configure/configure-high-availability-deduplication/ */
export const REPLICA = '__replica__';
export const CLUSTER = 'cluster';

/** Another one takes over where the one that is listened to was silent for so long, as Mimir has it. */
const FAILOVER_MS = 30_000;
/** Beyond so many clusters all of a new one are listened to. */
const MOST = 10_000;

/** What a request says of its sender; '' for nothing. */
export interface Origin {
  readonly cluster: string;
  readonly replica: string;
}

/** Which of the replicas of a cluster is listened to. Both at once would be one series by two clocks. */
export class Replicas {
  readonly #heard = new Map<string, { replica: string; at: UnixMs }>();

  /** Whether what comes from there now is taken. */
  takes(origin: Origin, now: UnixMs): boolean {
    // Most are none, and their cluster is a text that nobody needs.
    if (origin.replica === '') return true;
    const { cluster, replica } = origin;
    const known = this.#heard.get(cluster);
    if (!known) {
      if (this.#heard.size < MOST) this.#heard.set(cluster, { replica, at: now });
      return true;
    }
    // Also where the clock was set back.
    if (known.replica !== replica && Math.abs(now - known.at) < FAILOVER_MS) return false;
    known.replica = replica;
    known.at = now;
    return true;
  }
}

import { DAY_MS } from '#core/clock.js';
import type { Series, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import type { Watch } from './watch.js';

/** Rows of one insert. */
const INSERTED = 5_000;
/** Ids that a server is asked for at once: they are part of an address, and what stands between may take no long ones. */
const ASKED = 300;
/** A series that was written down less than this ago is not written down again. */
const RENEW_MS = DAY_MS / 2;

/** The series that are watched, as `watched_series` has them. */
export interface SeriesBook {
  /** Those that are new. What cannot be written down is tried again with the next. */
  add(at: UnixMs, fresh: readonly Series[]): Promise<void>;
  /** All are written down anew once a day, some at a time. */
  renewSome(at: UnixMs): Promise<void>;
  /** All are written down as of now. */
  renewed(at: UnixMs): void;
}

export function createSeriesBook(store: Store, watch: Pick<Watch, 'watched'>): SeriesBook {
  let unsaved: Series[] = [];
  let renewal = { since: 0, nextBlock: Number.POSITIVE_INFINITY };

  /** Writes down what is seen, where it is not written down yet or that was long ago. */
  async function writeDown(at: UnixMs, seen: readonly Series[]): Promise<void> {
    for (let from = 0; from < seen.length; from += INSERTED) {
      const some = seen.slice(from, from + INSERTED);
      const known = await knownOf(some);
      const due = some.filter(({ id }) => at - (known.get(id)?.last ?? Number.NEGATIVE_INFINITY) >= RENEW_MS);
      if (due.length > 0) await store.insert('watched_series', due.map((series) => ({ ...series, first_seen: rfc3339(known.get(series.id)?.first ?? at), last_seen: rfc3339(at) })));
    }
  }

  /** When those that are written down were seen. */
  async function knownOf(some: readonly Series[]): Promise<ReadonlyMap<string, { readonly first: UnixMs; readonly last: UnixMs }>> {
    const known = new Map<string, { first: UnixMs; last: UnixMs }>();
    const asked = store.mode === 'embedded' ? some.length : ASKED;
    for (let from = 0; from < some.length; from += asked) {
      const rows = await store.query<{ id: string; first: string; last: string }>(
        'SELECT id, toUnixTimestamp64Milli(min(first_seen)) AS first, toUnixTimestamp64Milli(max(last_seen)) AS last FROM watched_series WHERE id IN {ids:Array(String)} GROUP BY id',
        { params: { ids: some.slice(from, from + asked).map(({ id }) => id) } },
      );
      for (const { id, first, last } of rows) known.set(id, { first: Number(first), last: Number(last) });
    }
    return known;
  }

  return {
    async add(at, fresh) {
      for (const series of fresh) unsaved.push(series);
      await writeDown(at, unsaved);
      unsaved = [];
    },
    async renewSome(at) {
      if (at - renewal.since >= DAY_MS) renewal = { since: at, nextBlock: 0 };
      const some = watch.watched(renewal.nextBlock);
      if (!some) return;
      await writeDown(at, some);
      renewal.nextBlock += 1;
    },
    renewed(at) {
      renewal = { since: at, nextBlock: Number.POSITIVE_INFINITY };
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { ExpectedWindow, WindowState } from '#core/feedback.js';
import type { Anomaly, Component, Incident, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { loadWritten, saveWritten } from '../by-people.js';
import { nextAfter, occurrenceAt } from './schedule.js';

/** What restarts or catches up needs a moment to calm down after the announced end. */
const GRACE_MS = 300_000;
const MOST_WINDOWS = 500;
const TABLE = 'expected_windows';

export type Expected = NonNullable<Incident['expected']>;

/** What says whether trouble was announced. */
export interface Announced {
  /** The event that covers all of `evidence`, which must not be empty, while it lasts; null when some was not announced, or the event should be over. */
  covering(evidence: readonly Anomaly[], now: UnixMs): Expected | null;
}

export interface Calendar extends Component, Announced {
  list(): readonly WindowState[];
  /** Replaces the one with that id; null makes a new one. */
  put(id: string | null, window: Pick<ExpectedWindow, 'name' | 'services' | 'schedule'>, by: string): Promise<ExpectedWindow>;
  remove(id: string): Promise<void>;
}

/** Announced events, kept in the store. */
export function createCalendar({ store, clock }: { readonly store: Store; readonly clock: Clock }): Calendar {
  const windows = new Map<string, ExpectedWindow>();

  function known(id: string): ExpectedWindow {
    const window = windows.get(id);
    if (!window) throw new PipelineError('NOT_FOUND', `no expected event ${id}`);
    return window;
  }

  return {
    name: 'calendar',
    async start() {
      for (const window of await loadWritten(store, TABLE)) windows.set(window.id, window);
    },
    stop: async () => {},
    covering(evidence, now) {
      let found: Expected | null = null;
      for (const anomaly of evidence) {
        const own = coverOf([...windows.values()], anomaly);
        if (!own || now >= own.until + GRACE_MS) return null;
        if (!found || own.until > found.until) found = own;
      }
      return found;
    },
    list() {
      const now = clock();
      return [...windows.values()]
        .map((window): WindowState => ({ ...window, activeUntil: occurrenceAt(window.schedule, now)?.to ?? null, nextAt: nextAfter(window.schedule, now) }))
        .toSorted((a, b) => Number(b.activeUntil !== null) - Number(a.activeUntil !== null) || (a.nextAt ?? Number.MAX_SAFE_INTEGER) - (b.nextAt ?? Number.MAX_SAFE_INTEGER));
    },
    async put(id, given, by) {
      const now = clock();
      const before = id === null ? null : known(id);
      if (!before && windows.size >= MOST_WINDOWS) throw new PipelineError('QUERY_INVALID', `there are ${MOST_WINDOWS} expected events already: remove some that are over`);
      const window: ExpectedWindow = { id: before?.id ?? randomUUID(), ...given, createdAt: before?.createdAt ?? now, createdBy: before?.createdBy ?? by, updatedAt: now };
      await saveWritten(store, TABLE, window, now);
      windows.set(window.id, window);
      return window;
    },
    async remove(id) {
      await saveWritten(store, TABLE, known(id), clock(), true);
      windows.delete(id);
    },
  };
}

/** The event during which an anomaly began, in its service; of several the one that lasts longest. */
function coverOf(windows: readonly ExpectedWindow[], { startsAt, series }: Anomaly): Expected | null {
  let found: Expected | null = null;
  for (const { id, name, services, schedule } of windows) {
    if (services.length > 0 && !services.includes(series.service)) continue;
    const occurrence = occurrenceAt(schedule, startsAt);
    if (occurrence && (!found || occurrence.to > found.until)) found = { window: id, name, until: occurrence.to };
  }
  return found;
}

import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Feedback, IncidentContext, Judged, MuteDraft } from '#core/feedback.js';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { IncidentsConfig } from './config.js';
import type { Calendar } from './expected/calendar.js';
import { effectOf } from './mutes/effect.js';
import { proposals } from './mutes/mute.js';
import type { Mutes } from './mutes/mutes.js';
import { loadRecurring } from './past/recurring.js';
import { loadSimilar, toldCauseOf } from './past/similar.js';
import { loadTopology } from './topology.js';

/** Muted anomalies this near an incident are shown with it. */
const NEAR_MS = 300_000;
/** What a mute would have removed is looked up in so many days before it is applied. */
const CHECKED_DAYS = 14;

export interface FeedbackOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: IncidentsConfig;
  /** Time between two steps of the detector. */
  readonly step: number;
  readonly mutes: Mutes;
  readonly calendar: Calendar;
}

/** What people said of incidents, put to use. */
export function createFeedback({ store, clock, config, step, mutes, calendar }: FeedbackOptions): Feedback {
  /** One replay at a time: each reads days of anomalies. */
  let tail: Promise<unknown> = Promise.resolve();
  const effect = (drafts: readonly MuteDraft[], days: number) => {
    const result = tail.then(() => effectOf(drafts, days, clock(), { store, config, step, topologyAt: (now) => loadTopology(store, now) }));
    tail = result.catch(() => undefined);
    return result;
  };

  async function refuseLoss(drafts: readonly MuteDraft[], force: boolean): Promise<void> {
    if (force) return;
    const { removedReal } = await effect(drafts, CHECKED_DAYS);
    if (removedReal.length === 0) return;
    const titles = removedReal.slice(0, 3).map(({ title }) => `“${title}”`).join(', ');
    throw new PipelineError('QUERY_INVALID', `this would have kept ${removedReal.length === 1 ? 'an incident' : `${removedReal.length} incidents`} from being opened that people called real: ${titles}. Narrow the mute, or send force to apply it all the same`, { retryable: false });
  }

  return {
    async context(incident): Promise<IncidentContext> {
      const { services, startsAt, endsAt } = incident;
      const [similar, recurring, muted] = await Promise.all([
        loadSimilar(store, incident),
        loadRecurring(store, incident),
        services.length > 0 ? mutes.mutedIn(services, startsAt - NEAR_MS, endsAt ?? clock()) : [],
      ]);
      return { similar, recurring, muted, toldCause: toldCauseOf(similar) };
    },
    async judged(): Promise<Judged> {
      const rows = await store.query<{ verdict: string; count: string }>("SELECT verdict, count() AS count FROM incidents FINAL WHERE verdict != '' GROUP BY verdict");
      const of = (verdict: string): number => Number(rows.find((row) => row.verdict === verdict)?.count ?? 0);
      return { real: of('real'), wrongCause: of('wrong_cause'), noise: of('noise'), expected: of('expected') };
    },
    propose: (incident: Incident, kind, anomaly, timeZone) => proposals(incident, kind, anomaly, timeZone),
    effect,
    mutes: () => mutes.list(),
    muted: (id) => mutes.muted(id),
    async addMutes(drafts, expiresAt, by, force) {
      await refuseLoss(drafts, force);
      return mutes.add(drafts, expiresAt, by);
    },
    async changeMute(id, change, force) {
      const before = mutes.get(id);
      if (change.match) await refuseLoss([{ ...before, match: change.match }], force);
      return mutes.change(id, change);
    },
    removeMute: (id) => mutes.remove(id),
    windows: () => calendar.list(),
    putWindow: (id, window, by) => calendar.put(id, window, by),
    removeWindow: (id) => calendar.remove(id),
  };
}

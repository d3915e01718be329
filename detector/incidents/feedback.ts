import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Feedback, IncidentActions, IncidentContext, Judged, LessonEffect, MuteDraft } from '#core/feedback.js';
import { createSerial } from '#core/serial.js';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { IncidentsConfig } from './config.js';
import type { Calendar } from './expected/calendar.js';
import { candidatesOf } from './lessons/candidates.js';
import { effectOf as effectOfLesson } from './lessons/effect.js';
import { lessonOf, type Lessons } from './lessons/lessons.js';
import { effectOf } from './mutes/effect.js';
import { proposals } from './mutes/mute.js';
import type { Mutes } from './mutes/mutes.js';
import { loadRecurring } from './past/recurring.js';
import { loadSimilar, toldCauseOf } from './past/similar.js';
import { topologyOf } from './graph/hosts.js';

/** Muted anomalies this near an incident are shown with it. */
const NEAR_MS = 300_000;
/** What a mute would have removed is looked up in so many days before it is applied. */
const CHECKED_DAYS = 14;
/** Replays that wait for their turn. */
const WAITING = 8;
/** Who was heard of in the last half hour may be named. */
const KNOWN_S = 1_800;

export interface FeedbackOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: IncidentsConfig;
  /** Time between two steps of the detector. */
  readonly step: number;
  readonly mutes: Mutes;
  readonly calendar: Calendar;
  readonly lessons: Lessons;
  readonly incidents: Pick<IncidentActions, 'learn'>;
}

/** What people said of incidents, put to use. */
export function createFeedback({ store, clock, config, step, mutes, calendar, lessons, incidents }: FeedbackOptions): Feedback {
  /** One replay at a time: each reads days of anomalies. */
  const serial = createSerial();
  let replays = 0;
  const inTurn = async <T>(replay: () => Promise<T>): Promise<T> => {
    if (replays > WAITING) throw new PipelineError('STORE_UNAVAILABLE', `the past is replayed for somebody, and ${WAITING} more wait for it already; try again`);
    replays += 1;
    return serial(replay).finally(() => (replays -= 1));
  };
  const topologyAt = topologyOf(store);
  const effect = (drafts: readonly MuteDraft[], days: number) => inTurn(() => effectOf(drafts, days, clock(), { store, config, step, topologyAt }));

  /** Services that send spans or are called, and those of the incident. */
  async function known(incident: Incident): Promise<string[]> {
    const since = Math.floor(clock() / 1000) - KNOWN_S;
    const rows = await store.query<{ service: string }>(
      "SELECT DISTINCT service FROM (SELECT DISTINCT service FROM red_5s WHERE time >= toDateTime({since:UInt32}) UNION ALL SELECT DISTINCT arrayJoin([client, server]) FROM edges WHERE time >= toDateTime({since:UInt32})) WHERE service != '' ORDER BY service LIMIT 5000",
      { params: { since } },
    );
    return [...new Set([...rows.map(({ service }) => service), ...incident.services, ...incident.causes.map(({ service }) => service)])];
  }

  async function lessonEffect(incident: Incident, days: number): Promise<LessonEffect> {
    const now = clock();
    const lesson = lessonOf(incident, '', now);
    if (!(await known(incident)).includes(lesson.service)) {
      throw new PipelineError('QUERY_INVALID', `no service ${lesson.service} is known: it stands with this incident as what people said, and can rank nowhere else. Name a service that sends telemetry or is called`);
    }
    return inTurn(() => effectOfLesson(lesson, incident, lessons.all(), days, now, store));
  }

  async function refuseLoss(drafts: readonly MuteDraft[], force: boolean): Promise<void> {
    if (force) return;
    const { removedReal } = await effect(drafts, CHECKED_DAYS);
    if (removedReal.length === 0) return;
    const titles = removedReal.slice(0, 3).map(({ title }) => `“${title}”`).join(', ');
    throw new PipelineError('QUERY_INVALID', `this would have kept ${removedReal.length === 1 ? 'an incident' : `${removedReal.length} incidents`} from being opened that people called real: ${titles}. Narrow the mute, or send force to apply it all the same`);
  }

  return {
    async context(incident): Promise<IncidentContext> {
      const { services, startsAt, endsAt } = incident;
      const [similar, recurring, muted, named, states] = await Promise.all([
        loadSimilar(store, incident),
        loadRecurring(store, incident),
        services.length > 0 ? mutes.mutedIn(services, startsAt - NEAR_MS, endsAt ?? clock()) : [],
        known(incident),
        lessons.of(incident.id) ? lessons.list() : [],
      ]);
      return { similar, recurring, muted, toldCause: toldCauseOf(similar), lesson: states.find(({ id }) => id === incident.id) ?? null, candidates: candidatesOf(incident, named) };
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
      // One that holds longer keeps more from being opened.
      if (change.match || (change.expiresAt ?? 0) > before.expiresAt) await refuseLoss([{ ...before, match: change.match ?? before.match }], force);
      return mutes.change(id, change);
    },
    removeMute: (id) => mutes.remove(id),
    lessons: () => lessons.list(),
    lessonEffect,
    async learn(incident, by, force) {
      const { worse } = await lessonEffect(incident, CHECKED_DAYS);
      if (worse.length > 0 && !force) {
        throw new PipelineError('QUERY_INVALID', `this would have ranked the cause lower that people told of ${worse.length === 1 ? 'an incident' : `${worse.length} incidents`}: ${worse.slice(0, 3).map(({ title, right }) => `“${title}” (${right})`).join(', ')}. Send force to learn it all the same`);
      }
      return incidents.learn(incident.id, by);
    },
    windows: () => calendar.list(),
    putWindow: (id, window, by) => calendar.put(id, window, by),
    removeWindow: (id) => calendar.remove(id),
  };
}

import { DAY_MS, type Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Lesson, LessonState } from '#core/feedback.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Component, Incident, RankedCause, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { loadWritten, saveWritten } from '../by-people.js';
import { causeText, signsOf, teach } from './lesson.js';

const LESSON_MS = 180 * DAY_MS;
const MOST_LESSONS = 1_000;
const TABLE = 'lessons';

/** What people named as causes, as it weighs in rankings. */
export interface Teacher {
  teach(causes: readonly RankedCause[], incident: Pick<Incident, 'id' | 'evidence' | 'startsAt'>, now: UnixMs): readonly RankedCause[];
  /** What was learned from an incident. */
  of(incident: string): Lesson | undefined;
  add(lesson: Lesson): Promise<void>;
  /** Rejects with NOT_FOUND. */
  remove(incident: string): Promise<void>;
}

/** Nothing is learned. */
export const untaughtOnly: Teacher = {
  teach: (causes) => causes,
  of: () => undefined,
  add: async () => { throw new PipelineError('QUERY_INVALID', 'nothing can be learned here'); },
  remove: async () => {},
};

export interface Lessons extends Component, Teacher {
  all(): readonly Lesson[];
  list(): Promise<LessonState[]>;
}

export interface LessonsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
}

/** What is to be learned from a verdict that names a cause. */
export function lessonOf({ id, title, evidence, verdict }: Incident, by: string, now: UnixMs): Lesson {
  if (verdict?.kind !== 'wrong_cause' || verdict.cause === '') throw new PipelineError('QUERY_INVALID', 'there is nothing to learn from it: judge it as wrong_cause first, and name the cause');
  const signs = signsOf(evidence);
  if (signs.length === 0) throw new PipelineError('QUERY_INVALID', 'there is nothing to learn from it: it shows no trouble by which a similar incident could be known');
  return { id, title, service: verdict.cause, detail: verdict.detail ?? null, signs, createdAt: now, createdBy: by, expiresAt: now + LESSON_MS };
}

export const lessonsMetricTable = { faultline_incidents_lessons: { type: 'gauge', help: 'Causes that people named, and that rank higher in similar incidents.' } } as const;

/** The lessons in the store, one for each incident that taught one. */
export function createLessons({ store, registry, clock }: LessonsOptions): Lessons {
  const metrics = registerMetrics(registry, lessonsMetricTable);
  const lessons = new Map<string, Lesson>();
  const count = (): void => metrics.faultline_incidents_lessons.set(lessons.size);

  return {
    name: 'lessons',
    async start() {
      for (const lesson of await loadWritten(store, TABLE)) lessons.set(lesson.id, lesson);
      count();
    },
    stop: async () => {},
    all: () => [...lessons.values()],
    of: (incident) => lessons.get(incident),
    teach: (causes, incident, now) => teach(causes, incident, [...lessons.values()], now),
    async add(lesson) {
      if (!lessons.has(lesson.id) && lessons.size >= MOST_LESSONS) throw new PipelineError('QUERY_INVALID', `there would be more than ${MOST_LESSONS} learned causes: remove some that are over`);
      await saveWritten(store, TABLE, lesson, clock());
      lessons.set(lesson.id, lesson);
      count();
    },
    async remove(incident) {
      const lesson = lessons.get(incident);
      if (!lesson) throw new PipelineError('NOT_FOUND', `nothing was learned from incident ${incident}`);
      await saveWritten(store, TABLE, lesson, clock(), true);
      lessons.delete(incident);
      count();
    },
    async list() {
      if (lessons.size === 0) return [];
      const rows = await store.query<{ lesson: string; count: string }>(`SELECT arrayJoin(arrayDistinct(extractAll(document, '"lesson":"([^"]+)"'))) AS lesson, count() AS count FROM incidents FINAL GROUP BY lesson`);
      const weighed = new Map(rows.map(({ lesson, count: times }) => [lesson, Number(times)]));
      return [...lessons.values()]
        .map((lesson): LessonState => ({ ...lesson, text: causeText(lesson.service, lesson.detail), active: clock() < lesson.expiresAt, weighed: weighed.get(lesson.id) ?? 0 }))
        .toSorted((a, b) => b.createdAt - a.createdAt);
    },
  };
}

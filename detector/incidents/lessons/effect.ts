import { DAY_MS } from '#core/clock.js';
import type { Lesson, LessonEffect } from '#core/feedback.js';
import type { Incident, RankedCause, UnixMs } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { teach, untaught, type Known } from './lesson.js';

/** The newest of so many are ranked again, this many read at once. */
const MOST_INCIDENTS = 2_000;
const PAGE = 200;
const TITLES_SHOWN = 3;
const DRAFT = 'draft';

type Past = Pick<Incident, 'id' | 'title' | 'startsAt' | 'evidence' | 'causes' | 'verdict'>;

/** What `lesson`, learned from `incident`, would have changed beside `lessons`: each incident of the last days is ranked again, by what the evidence said then. */
export async function effectOf(lesson: Lesson, incident: Incident, lessons: readonly Lesson[], days: number, now: UnixMs, store: Store): Promise<LessonEffect> {
  const from = now - days * DAY_MS;
  const others = lessons.filter(({ id }) => id !== lesson.id);
  const changed: LessonEffect['changed'][number][] = [];
  const worse: LessonEffect['worse'][number][] = [];
  // Under a name of its own it weighs in the incident that it is learned from, too.
  const all = [...others, { ...lesson, id: DRAFT }];
  const both = (past: Past): [readonly RankedCause[], readonly RankedCause[]] => [ranked(past, others, now), ranked(past, all, now)];
  const [before, after] = both(incident).map((causes) => rankOf(causes, lesson.service));
  const own = { before: before ?? null, after: after ?? null };
  let [incidents, similar, known] = [0, 0, 0];
  for await (const past of loadPast(store, from)) {
    const { id, title, startsAt } = past;
    if (id === lesson.id) continue;
    const [before, after] = both(past);
    incidents += 1;
    const right = rightOf(past);
    if (right !== '') known += 1;
    if (!after.some(({ taught }) => taught?.lessons.some((one) => one.lesson === DRAFT))) continue;
    similar += 1;
    const [first, other] = [before[0]?.service ?? '', after[0]?.service ?? ''];
    if (first !== other) changed.push({ id, title, startsAt, from: first, to: other });
    if (right !== '' && (rankOf(after, right) ?? Infinity) > (rankOf(before, right) ?? Infinity)) worse.push({ id, title, startsAt, right });
  }
  return { from, to: now, incidents, similar, own, changed, worse, text: effectText({ incidents, changed, worse }, known, days) };
}

const ranked = (past: Past, lessons: readonly Known[], now: UnixMs): readonly RankedCause[] => teach(untaught(past.causes), past, lessons, now);

/** Counted from 1; null for what is not among the causes. */
function rankOf(causes: readonly RankedCause[], service: string): number | null {
  const at = causes.findIndex((cause) => cause.service === service);
  return at < 0 ? null : at + 1;
}

/** What people said the cause was; '' where they did not. */
function rightOf({ verdict, causes }: Past): string {
  return verdict?.kind === 'real' ? (causes[0]?.service ?? '') : verdict?.kind === 'wrong_cause' ? verdict.cause : '';
}

function effectText({ incidents, changed, worse }: Pick<LessonEffect, 'incidents' | 'changed' | 'worse'>, known: number, days: number): string {
  const harm = worse.length === 0 ? `made none of the ${known} worse whose cause is known` : `MADE ${worse.length} OF THE ${known} WORSE WHOSE CAUSE IS KNOWN: ${worse.slice(0, TITLES_SHOWN).map(({ title, right }) => `“${title}” (${right})`).join(', ')}`;
  return `would have changed the first cause of ${changed.length} of ${incidents} other incidents in ${days === 1 ? 'a day' : `${days} days`}, and ${harm}`;
}

/** Newest first, without those that are parts of others. */
async function* loadPast(store: Store, from: UnixMs): AsyncGenerator<Past> {
  const rows = await store.query<{ id: string }>(`SELECT id FROM incidents FINAL WHERE toUnixTimestamp64Milli(starts_at) >= {from:Int64} ORDER BY starts_at DESC LIMIT ${MOST_INCIDENTS}`, { params: { from } });
  for (let at = 0; at < rows.length; at += PAGE) {
    const page = await loadDocuments(store, 'incidents', 'id IN {ids:Array(String)}', { ids: rows.slice(at, at + PAGE).map(({ id }) => id) });
    yield* page.filter(({ mergedInto }) => !mergedInto);
  }
}

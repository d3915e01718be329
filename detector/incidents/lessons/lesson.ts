import type { Lesson } from '#core/feedback.js';
import type { Anomaly, CauseDetail, Incident, RankedCause, Taught, UnixMs } from '#core/types.js';
import { SEEN, SHOWN } from '../cause/root-cause.js';
import { isAlert, symptomOf } from '../symptom.js';

/** Of all that either incident showed, both must have shown this share. */
const LEAST_LIKENESS = 0.5;
/** What one lesson adds to the logarithm of a cause's odds where all is the same: 55 times the odds. */
const ONE = 4;
/** What all lessons add at most: 400 times the odds. */
const ALL = 6;

export type Known = Pick<Lesson, 'id' | 'service' | 'detail' | 'title' | 'createdBy' | 'signs' | 'expiresAt'>;

/** What an incident shows, coarse enough to be the same the next time: who shows which kind of trouble. */
export function signsOf(evidence: readonly Anomaly[]): string[] {
  const signs = evidence.filter((one) => symptomOf(one) !== 'none').map(({ series, direction }) => [series.service, ...(isAlert(series) ? ['alert', series.metric] : [series.kind, direction])].filter(Boolean).join(' '));
  return [...new Set(signs)].toSorted();
}

/** The share of what either shows that both show, 0..1. */
export function likenessOf(one: readonly string[], other: readonly string[]): number {
  const signs = new Set(one);
  const shared = other.filter((sign) => signs.has(sign)).length;
  return shared === 0 ? 0 : shared / (one.length + other.length - shared);
}

/** "ledger (metric pool_size)" */
export const causeText = (service: string, detail: CauseDetail | null | undefined): string => (detail ? `${service} (${detail.kind} ${detail.name})` : service);

/** The causes as the evidence ranks them, with what people said of similar incidents: it multiplies the odds of what they named, and what the evidence ranks nowhere starts from the share that is left for causes that show nothing. */
export function teach(causes: readonly RankedCause[], { id, evidence, startsAt }: Pick<Incident, 'id' | 'evidence' | 'startsAt'>, lessons: readonly Known[], now: UnixMs): readonly RankedCause[] {
  if (lessons.length === 0 || causes.length === 0) return causes;
  const signs = signsOf(evidence);
  const taught = new Map<string, { weight: number; texts: string[]; lessons: Taught['lessons'][number][] }>();
  for (const lesson of lessons) {
    const likeness = lesson.id === id || now >= lesson.expiresAt ? 0 : likenessOf(signs, lesson.signs);
    if (likeness < LEAST_LIKENESS) continue;
    const known = taught.get(lesson.service) ?? { weight: 0, texts: [], lessons: [] };
    known.weight = Math.min(ALL, known.weight + ONE * likeness);
    known.texts.push(`${lesson.createdBy} named ${lesson.detail ? `its ${lesson.detail.kind} ${lesson.detail.name}` : 'it'} as the cause of “${lesson.title}”, which looked ${Math.round(likeness * 100)} % alike`);
    known.lessons.push({ lesson: lesson.id, title: lesson.title, by: lesson.createdBy, likeness });
    taught.set(lesson.service, known);
  }
  if (taught.size === 0) return causes;
  const floor = Math.min(1 - SEEN, causes.length < SHOWN ? 1 : (causes.at(-1)?.confidence ?? 1));
  const unseen = [...taught.keys()].filter((service) => !causes.some((cause) => cause.service === service)).map((service): RankedCause => {
    const own = evidence.filter(({ series }) => series.service === service).map((one) => one.startsAt);
    return { service, confidence: floor, onsetAt: own.length > 0 ? Math.min(...own) : startsAt, reason: own.length > 0 ? 'what it shows here says little by itself.' : 'it shows nothing here.' };
  });
  return normalised([...causes, ...unseen].map((cause) => {
    const said = taught.get(cause.service);
    if (!said) return cause;
    const { weight, texts } = said;
    return { ...cause, confidence: cause.confidence * Math.exp(weight), reason: `${cause.reason} ${texts.join('; ')}.`, taught: { weight, unseen: unseen.includes(cause), lessons: said.lessons } };
  }));
}

/** The ranking as the evidence alone has it. */
export function untaught(causes: readonly RankedCause[]): readonly RankedCause[] {
  if (!causes.some(({ taught }) => taught)) return causes;
  return normalised(causes.filter(({ taught }) => !taught?.unseen).map(({ taught, ...cause }) => (taught ? { ...cause, confidence: cause.confidence / Math.exp(taught.weight) } : cause)));
}

/** Best first, as many as are shown, and the same share for all as before. */
function normalised(causes: readonly RankedCause[]): readonly RankedCause[] {
  const best = causes.toSorted((a, b) => b.confidence - a.confidence).slice(0, SHOWN);
  const total = best.reduce((sum, { confidence }) => sum + confidence, 0);
  return best.map((cause) => ({ ...cause, confidence: (SEEN * cause.confidence) / total }));
}

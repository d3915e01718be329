import type { SimilarIncident } from '#core/feedback.js';
import type { Incident, UnixMs } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { traitText, traitsOf } from './traits.js';

/** The newest of so many are compared. */
const MOST_COMPARED = 5_000;
const SHOWN = 5;
const LEAST_SIMILARITY = 0.3;
const SHARED_SHOWN = 4;
const NOTES_SHOWN = 3;
/** Similar enough that what people said of the one is worth telling of the other. */
const TELLING = 0.5;

interface Past {
  readonly id: string;
  readonly traits: readonly string[];
}

interface Compared {
  readonly id: string;
  readonly similarity: number;
  readonly shared: readonly string[];
}

/** How alike others are: the weight of what both showed over the weight of what either showed. What few incidents show weighs more: ln((n + 1) / (seen + 0.5)). Most alike first. */
export function compare(own: readonly string[], past: readonly Past[]): Compared[] {
  const seen = new Map<string, number>();
  for (const { traits } of past) for (const trait of traits) seen.set(trait, (seen.get(trait) ?? 0) + 1);
  const weight = (trait: string): number => Math.max(0.05, Math.log((past.length + 1) / ((seen.get(trait) ?? 0) + 0.5)));
  const sum = (traits: readonly string[]): number => traits.reduce((total, trait) => total + weight(trait), 0);
  const mine = new Set(own);
  return past
    .map(({ id, traits }) => {
      const shared = traits.filter((trait) => mine.has(trait)).toSorted((a, b) => weight(b) - weight(a));
      const either = sum([...new Set([...own, ...traits])]);
      return { id, shared, similarity: either > 0 ? sum(shared) / either : 0 };
    })
    .filter(({ similarity }) => similarity >= LEAST_SIMILARITY)
    .toSorted((a, b) => b.similarity - a.similarity);
}

/** Earlier incidents that look like this one, most alike first, with what came of them. */
export async function loadSimilar(store: Store, incident: Incident): Promise<SimilarIncident[]> {
  const past = await store.query<Past>(
    `SELECT id, traits FROM incidents FINAL WHERE id != {id:String} AND notEmpty(traits) AND toUnixTimestamp64Milli(starts_at) <= {before:Int64} ORDER BY starts_at DESC LIMIT ${MOST_COMPARED}`,
    { params: { id: incident.id, before: incident.startsAt satisfies UnixMs } },
  );
  const best = compare(traitsOf(incident), past).slice(0, SHOWN);
  if (best.length === 0) return [];
  const found = await loadDocuments(store, 'incidents', 'id IN {ids:Array(String)}', { ids: best.map(({ id }) => id) });
  const byId = new Map(found.map((one) => [one.id, one]));
  return best.flatMap(({ id, similarity, shared }) => {
    const one = byId.get(id);
    if (!one || one.mergedInto) return [];
    const { title, startsAt, endsAt, severity, verdict, causes, notes } = one;
    const told = verdict?.cause ?? '';
    return [{
      id, title, startsAt, endsAt, severity, similarity, shared: shared.slice(0, SHARED_SHOWN).map(traitText), verdict: verdict?.kind ?? null,
      cause: told || (causes[0]?.service ?? ''), causeTold: told !== '', notes: notes.slice(-NOTES_SHOWN),
    }];
  });
}

/** The cause that people named in the most alike of incidents that are alike enough; '' for none. */
export function toldCauseOf(similar: readonly SimilarIncident[]): string {
  return similar.find(({ causeTold, similarity }) => causeTold && similarity >= TELLING)?.cause ?? '';
}

import { randomUUID } from 'node:crypto';
import type { Silence, SilenceDraft, SilenceMatcher, SilenceView } from '#core/alert-routing.js';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { regexRoom, type RegexRoom } from '#core/regex.js';
import type { Labels, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { compare, matcherOf, matchesAll, printMatcher, type Matcher, type MatchOperator } from './matcher.js';

/** An expired silence is shown, and kept in memory, this long. */
const RETENTION_MS = 5 * DAY_MS;
/** More than anybody oversees; every alert is compared with all of them. */
const MAX_SILENCES = 10_000;

export interface Silences {
  /** Reads what was kept, but for what an earlier version took and this one refuses. */
  start(): Promise<void>;
  all(now: UnixMs): readonly SilenceView[];
  find(id: string): SilenceView;
  set(draft: SilenceDraft): Promise<string>;
  expire(id: string): Promise<void>;
  /** Ids of those that silence the alert of `labels` at `now`. */
  matching(labels: Labels, now: UnixMs): readonly string[];
}

interface Kept {
  readonly silence: Silence;
  readonly matchers: readonly Matcher[];
}

/** Silences, each stored before it counts. */
export function createSilences({ store, clock, logger }: { readonly store: Store; readonly clock: Clock; readonly logger: Logger }): Silences {
  const kept = new Map<string, Kept>();

  function find(id: string): SilenceView {
    const found = kept.get(id);
    if (!found) throw new PipelineError('NOT_FOUND', `silence ${id} not found`);
    return viewOf(found.silence, clock());
  }

  async function save(silences: readonly Silence[]): Promise<void> {
    const compiled = silences.map((silence) => ({ silence, matchers: silence.matchers.map((one) => compile(one)) }));
    await store.insert('silences', silences.map((silence) => ({
      id: silence.id, created_by: silence.createdBy, comment: silence.comment, starts_at: rfc3339(silence.startsAt), ends_at: rfc3339(silence.endsAt), updated_at: rfc3339(silence.updatedAt), document: JSON.stringify(silence),
    })));
    for (const one of compiled) kept.set(one.silence.id, one);
  }

  /** Later than the version it replaces, whatever the clock says. */
  const stamp = (before?: Silence): UnixMs => Math.max(clock(), (before?.updatedAt ?? 0) + 1);

  function ended(silence: Silence): Silence {
    const now = clock();
    return { ...silence, startsAt: Math.min(silence.startsAt, now), endsAt: now, updatedAt: stamp(silence) };
  }

  return {
    async start() {
      const recent = await loadDocuments(store, 'silences', 'ends_at > fromUnixTimestamp64Milli({since:Int64}) ORDER BY ends_at DESC LIMIT {most:UInt32}', { since: clock() - RETENTION_MS, most: MAX_SILENCES });
      for (const silence of recent) {
        try {
          kept.set(silence.id, { silence, matchers: silence.matchers.map((one) => compile(one)) });
        } catch (error) {
          logger.error({ silence: silence.id, createdBy: silence.createdBy, error: messageOf(error) }, 'a silence that was stored cannot be read and silences nothing');
        }
      }
    },
    all(now) {
      for (const [id, { silence }] of kept) if (now - silence.endsAt > RETENTION_MS) kept.delete(id);
      return [...kept.values()].map(({ silence }) => viewOf(silence, now)).toSorted(byState);
    },
    find,
    async set(draft) {
      const now = clock();
      const before = draft.id === '' ? undefined : find(draft.id);
      const startsAt = before?.state === 'active' && sameMatchers(before, draft) && draft.startsAt <= now ? before.startsAt : Math.max(draft.startsAt, now);
      validate({ ...draft, startsAt }, now);
      if (before && before.state !== 'expired' && sameMatchers(before, draft) && (before.state === 'pending' || startsAt === before.startsAt)) {
        const { state: _, ...silence } = before;
        await save([{ ...silence, ...draft, startsAt, updatedAt: stamp(silence) }]);
        return draft.id;
      }
      if (kept.size >= MAX_SILENCES) throw new PipelineError('QUERY_INVALID', `there are ${MAX_SILENCES} silences already`);
      const created: Silence = { ...draft, id: randomUUID(), startsAt, updatedAt: now };
      // One insert: the old one does not end without the new.
      await save(before && before.state !== 'expired' ? [ended(before), created] : [created]);
      return created.id;
    },
    async expire(id) {
      const silence = find(id);
      if (silence.state === 'expired') throw new PipelineError('QUERY_INVALID', `silence ${id} already expired`);
      await save([ended(silence)]);
    },
    matching(labels, now) {
      const found: string[] = [];
      for (const { silence, matchers } of kept.values()) if (silence.startsAt <= now && now < silence.endsAt && matchesAll(matchers, labels)) found.push(silence.id);
      return found;
    },
  };
}

/** Whether a silence is written with each of these: they select it by what it says, and not by what it silences. Source: CheckSilenceMatchesFilterLabels of Alertmanager. */
export function hasMatchers({ matchers }: SilenceDraft, wanted: readonly Matcher[]): boolean {
  return wanted.every(({ name, op, value }) => matchers.some((one) => one.name === name && opOf(one) === op && one.value === value));
}

function validate({ matchers, startsAt, endsAt }: SilenceDraft, now: UnixMs): void {
  if (endsAt <= now) throw new PipelineError('QUERY_INVALID', "end time can't be in the past");
  if (endsAt <= startsAt) throw new PipelineError('QUERY_INVALID', 'start time must be before end time');
  if (matchers.length === 0) throw new PipelineError('QUERY_INVALID', 'at least one matcher required');
  try {
    const room = regexRoom();
    if (matchers.map((one) => compile(one, room)).every(({ matches }) => matches(''))) throw new PipelineError('QUERY_INVALID', 'at least one matcher must not match the empty string');
  } catch (error) {
    throw error instanceof PipelineError ? error : new PipelineError('QUERY_INVALID', messageOf(error));
  }
}

const opOf = ({ isRegex, isEqual }: SilenceMatcher): MatchOperator => (isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=');
const compile = (one: SilenceMatcher, room?: RegexRoom): Matcher => matcherOf(one.name, opOf(one), one.value, room);
const sameMatchers = (a: SilenceDraft, b: SilenceDraft): boolean => keyOf(a) === keyOf(b);
const keyOf = ({ matchers }: SilenceDraft): string => matchers.map((one) => printMatcher(compile(one))).toSorted(compare).join();
const viewOf = (silence: Silence, now: UnixMs): SilenceView => ({ ...silence, state: silence.endsAt <= now ? 'expired' : silence.startsAt > now ? 'pending' : 'active' });

const STATES = ['active', 'pending', 'expired'];
/** Active ones by their end, pending ones by their start, expired ones with the last first. */
function byState(a: SilenceView, b: SilenceView): number {
  if (a.state !== b.state) return STATES.indexOf(a.state) - STATES.indexOf(b.state);
  return a.state === 'active' ? a.endsAt - b.endsAt : a.state === 'pending' ? a.startsAt - b.startsAt : b.endsAt - a.endsAt;
}

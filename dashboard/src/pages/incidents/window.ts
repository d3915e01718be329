import type { Incident } from '#core/types.js';
import { isLive, resolveRange, type RangeMs, type RangeText } from '../../time/range.js';

const BEFORE_MS = 600_000;
const AFTER_MS = 300_000;

/** The time an incident's evidence is shown for: from 10 min before it to now, or to 5 min after its end. As the server cuts the charts. */
export function windowOf({ startsAt, endsAt }: Pick<Incident, 'startsAt' | 'endsAt'>, now: number): RangeMs {
  return { from: startsAt - BEFORE_MS, to: Math.min(now, (endsAt ?? now) + AFTER_MS) };
}

/** The part of the window that the page's range selects; null while that range follows the clock or lies elsewhere. */
export function zoomOf(window: RangeMs, range: RangeText, now: number): RangeMs | null {
  if (isLive(range)) return null;
  const chosen = resolveRange(range, now);
  const from = Math.max(window.from, chosen.from);
  const to = Math.min(window.to, chosen.to);
  return from < to && (from > window.from || to < window.to) ? { from, to } : null;
}

/** For links and questions. */
export function asText({ from, to }: RangeMs): RangeText {
  return { from: String(Math.round(from)), to: String(Math.round(to)) };
}

/** Asked again this often while it goes on. */
const EVERY_MS = 30_000;

interface Asked {
  readonly range: RangeText;
  readonly everyMs: number | false;
}

/** What to ask about the time from `from` on. While the window still grows that is one question, however often it is asked: the last answer stays where the next one fails to come. */
export function asked(from: number, { endsAt }: Pick<Incident, 'endsAt'>, { to }: RangeMs): Asked {
  const grows = endsAt === null || to < endsAt + AFTER_MS;
  return { range: { from: String(Math.round(from)), to: grows ? 'now' : String(Math.round(to)) }, everyMs: grows && EVERY_MS };
}

/** What to ask about the part of the window that is shown: what ends before the window does grows no more. */
export function askedOf(shown: RangeMs, incident: Pick<Incident, 'endsAt'>, window: RangeMs): Asked {
  return shown.to < window.to ? { range: asText(shown), everyMs: false } : asked(shown.from, incident, window);
}

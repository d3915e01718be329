import { z } from 'zod';
import { DAY_MS, type Clock } from '#core/clock.js';
import { durationMs } from '#core/duration.js';
import { PipelineError } from '#core/errors.js';

const EXPECTED = 'expected epoch milliseconds, an RFC 3339 time, now, or now-15m';
/** What answers say of times is taken too: milliseconds with a fraction, and nanoseconds, which have more digits. */
export const time = z.coerce
  .string()
  .regex(/^(\d{1,16}(\.\d+)?|\d{17,19}|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)|now(-\d+(ms|s|m|h|d))?)$/, EXPECTED)
  .refine((text) => !text.includes('T') || !Number.isNaN(Date.parse(text)), EXPECTED);

/** A time of an alert, as milliseconds. */
export const isoTime = z.iso.datetime({ offset: true, error: 'expected an RFC 3339 time' }).transform((text) => Date.parse(text));

/** `from` and `to` of a query; the last 15 minutes when left out. */
export const rangeQuery = z.object({
  from: time.default('now-15m').describe('Begin, epoch milliseconds, RFC 3339 or relative: now-1h'),
  to: time.default('now').describe('End, epoch milliseconds, RFC 3339 or relative'),
});

/** Whether an answer about traces or calls holds Faultline's own. */
export const ownQuery = z.object({ own: z.enum(['show', 'hide']).default('show').describe("`hide` leaves out what Faultline sends about itself, as service `faultline`") });

/** Milliseconds, with the same in seconds for ClickHouse's DateTime. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly params: { readonly from: number; readonly to: number };
  readonly seconds: number;
}

/** What a DateTime holds, with room before it for what a range is compared with, and after it for what is added. */
const EARLIEST_MS = Date.UTC(1980);
const LATEST_MS = Date.UTC(2100);

/** The nearest time that can be asked about. */
export const held = (time: number): number => Math.min(Math.max(time, EARLIEST_MS), LATEST_MS);

/** Between 1980 and 2100. Throws QUERY_INVALID when the range is empty. */
export function rangeOf(query: { from: string; to: string }, clock: Clock): Range {
  const now = clock();
  const resolve = (text: string): number => {
    if (text.startsWith('now')) return now - (text === 'now' ? 0 : durationMs(text.slice(4)));
    if (text.includes('T')) return Date.parse(text);
    return /^\d{17,}$/.test(text) ? Number(text) / 1e6 : Number(text);
  };
  const from = held(resolve(query.from));
  const to = held(resolve(query.to));
  if (!(from < to)) throw new PipelineError('QUERY_INVALID', 'from must be before to, and the time between them not all before 1980 or after 2100');
  return { from, to, params: { from: Math.floor(from / 1000), to: Math.ceil(to / 1000) }, seconds: (to - from) / 1000 };
}

/** Five-second buckets are kept for three days, of which less is relied on. */
const FINE_KEPT_MS = 2 * DAY_MS;

/** Five-second buckets answer short ranges of the last days, one-minute buckets the rest. */
export function redTable(range: Range, clock: Clock): 'red_5s' | 'red_1m' {
  return range.seconds <= 7_200 && range.from >= clock() - FINE_KEPT_MS ? 'red_5s' : 'red_1m';
}

import { DAY_MS } from '#core/clock.js';
import type { Recurrence } from '#core/feedback.js';
import type { Anomaly, Incident } from '#core/types.js';
import type { Store } from '#store/store.js';
import { partOfDay } from '../expected/schedule.js';
import { draftOf } from '../mutes/mute.js';

const BACK_DAYS = 14;
/** Onsets this far apart, on another day, are at the same time of day. */
const NEAR_MS = 30 * 60_000;
/** The incident's own day counts. */
const LEAST_DAYS = 3;
const UNKNOWN_END_MS = 900_000;

/** Evidence whose like, of the same series and direction, began at the same time of day on at least three days of the last two weeks. */
export async function loadRecurring(store: Store, { id, title, evidence }: Incident): Promise<Recurrence[]> {
  if (evidence.length === 0) return [];
  const newest = Math.max(...evidence.map(({ startsAt }) => startsAt));
  const rows = await store.query<{ series: string; direction: string; at: string }>(
    `SELECT series, JSONExtractString(document, 'direction') AS direction, toUnixTimestamp64Milli(starts_at) AS at FROM anomalies FINAL
     WHERE series IN {series:Array(String)} AND toUnixTimestamp64Milli(starts_at) >= {from:Int64} AND toUnixTimestamp64Milli(starts_at) <= {to:Int64} ORDER BY at DESC LIMIT 20000`,
    { params: { series: [...new Set(evidence.map(({ series }) => series.id))], from: newest - BACK_DAYS * DAY_MS, to: newest } },
  );
  return evidence.flatMap((one): Recurrence[] => {
    const days = daysOf(one, rows.filter(({ series, direction }) => series === one.series.id && direction === one.direction).map(({ at }) => Number(at)));
    if (days.length + 1 < LEAST_DAYS) return [];
    const when = partOfDay(one.startsAt, one.endsAt ?? Math.max(one.updatedAt, one.startsAt + UNKNOWN_END_MS), 'UTC');
    return [{ anomaly: one.id, days, draft: draftOf(one, { below: false, when, reason: `Recurring: ${title}`, incident: id }) }];
  });
}

/** Other days with an onset near the time of day of this one, newest first. */
export function daysOf({ startsAt }: Pick<Anomaly, 'startsAt'>, onsets: readonly number[]): string[] {
  const days = new Set<number>();
  for (const at of onsets) {
    const away = Math.round((startsAt - at) / DAY_MS);
    if (away > 0 && Math.abs(startsAt - at - away * DAY_MS) <= NEAR_MS) days.add(away);
  }
  return [...days].toSorted((a, b) => a - b).map((away) => new Date(startsAt - away * DAY_MS).toISOString().slice(0, 10));
}

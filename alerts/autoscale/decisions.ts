import type { UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';

/** A row of `scaling_decisions`. `applied`: the webhook took it. */
export interface DecisionRow {
  readonly time: UnixMs;
  readonly policy: string;
  readonly service: string;
  readonly value: number;
  readonly forecast: number;
  readonly current: number;
  readonly desired: number;
  readonly applied: boolean;
  readonly reason: string;
}

export async function saveDecision(store: Store, row: DecisionRow): Promise<void> {
  await store.insert('scaling_decisions', [{ ...row, time: rfc3339(row.time) }]);
}

/** A row of `load_forecasts`: what a policy saw at `time`, and what it expects `horizon` seconds later. */
export interface ForecastRow {
  readonly time: UnixMs;
  readonly policy: string;
  readonly service: string;
  readonly horizon: number;
  readonly load: number;
  readonly forecast: number;
  readonly lower: number;
  readonly upper: number;
}

export async function saveForecasts(store: Store, rows: readonly ForecastRow[]): Promise<void> {
  if (rows.length > 0) await store.insert('load_forecasts', rows.map((row) => ({ ...row, time: rfc3339(row.time) })));
}

export interface Applied {
  readonly desired: number;
  readonly lastOutAt: UnixMs;
  readonly lastInAt: UnixMs;
}

/** What each policy's webhook last accepted, and when it last went up and down. */
export async function loadApplied(store: Store): Promise<ReadonlyMap<string, Applied>> {
  const rows = await store.query<{ policy: string; last: number; out: string; in: string }>(
    `SELECT policy, argMax(desired, time) AS last, toUnixTimestamp64Milli(maxIf(time, desired > current)) AS out, toUnixTimestamp64Milli(maxIf(time, desired < current)) AS in
     FROM scaling_decisions WHERE applied GROUP BY policy`,
  );
  return new Map(rows.map((row) => [row.policy, { desired: row.last, lastOutAt: Number(row.out), lastInAt: Number(row.in) }]));
}

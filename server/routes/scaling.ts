import type { ApiChart } from '#core/api/charts.js';
import type { ApiScaling, ApiScalingDecision } from '#core/api/slos.js';
import { within } from '#store/within.js';
import type { ServerContext } from '../context.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const SLOTS = 240;
const MOST_DECISIONS = 500;
/** Loads are measured this often. */
const LEAST_SECONDS = 15;
/** No policy looks farther ahead. */
const HORIZON_S = 1_800;

interface SlotRow { readonly policy: string; readonly service: string; readonly ahead: number; readonly slot: number; readonly load: number; readonly forecast: number; readonly lower: number; readonly upper: number }
interface DecisionRow { readonly policy: string; readonly service: string; readonly at: string; readonly current: number; readonly desired: number; readonly applied: boolean; readonly reason: string }

/** What each autoscaling policy saw, foresaw and decided. */
export function scalingRoutes({ store, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/scaling', summary: 'Autoscaling policies: load, what was expected of it, every decision and its reason', query: rangeQuery,
      async handle({ query }): Promise<{ policies: readonly ApiScaling[] }> {
        const range = rangeOf(query, clock);
        const width = Math.max(LEAST_SECONDS, Math.ceil(range.seconds / SLOTS));
        const params = { ...range.params, width };
        const slotted = (at: string, values: string, where: string): Promise<SlotRow[]> => store.query<SlotRow>(
          `SELECT policy, argMax(service, time) AS service, argMax(horizon, time) AS ahead, toInt32(intDiv(${at} - {from:UInt32}, {width:UInt32})) AS slot, ${values} FROM load_forecasts WHERE ${where} GROUP BY policy, slot`,
          { params },
        );
        const [seen, foreseen, decided, last] = await Promise.all([
          slotted('toUnixTimestamp(time)', 'avg(load) AS load', within('time')),
          slotted('toUnixTimestamp(time) + horizon', 'avg(forecast) AS forecast, avg(lower) AS lower, avg(upper) AS upper', `${within('time', `{from:UInt32} - ${HORIZON_S}`)} AND toUnixTimestamp(time) + horizon >= {from:UInt32}`),
          store.query<DecisionRow>(`SELECT policy, service, toString(toUnixTimestamp64Milli(time)) AS at, current, desired, applied, reason FROM scaling_decisions WHERE ${within('time')} ORDER BY time DESC LIMIT ${MOST_DECISIONS}`, { params }),
          store.query<{ policy: string; replicas: number }>("SELECT policy, argMax(desired, time) AS replicas FROM scaling_decisions WHERE applied OR startsWith(reason, 'dry run') GROUP BY policy"),
        ]);
        const replicas = new Map(last.map((row) => [row.policy, row.replicas]));
        const known = new Map([...decided, ...foreseen, ...seen].map((row) => [row.policy, row.service]));
        const policies = [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([policy, service]): ApiScaling => {
          const own = <Row extends { policy: string }>(rows: readonly Row[]): Row[] => rows.filter((row) => row.policy === policy);
          const horizon = [...own(seen), ...own(foreseen)].reduce((most, row) => Math.max(most, row.ahead), 0);
          return {
            policy, service, horizonMs: horizon * 1000, replicas: replicas.get(policy) ?? null,
            chart: chartOf(own(seen), own(foreseen), { from: range.params.from, width, slots: Math.ceil((range.params.to + horizon - range.params.from) / width) }),
            decisions: own(decided).map(({ at, current, desired, applied, reason }): ApiScalingDecision => ({ at: Number(at), current, desired, applied, reason })),
          };
        });
        return { policies };
      },
    }),
  ];
}

function chartOf(seen: readonly SlotRow[], foreseen: readonly SlotRow[], { from, width, slots }: { from: number; width: number; slots: number }): ApiChart {
  const column = (rows: readonly SlotRow[], value: (row: SlotRow) => number): (number | null)[] => {
    const values: (number | null)[] = Array.from({ length: slots }, () => null);
    for (const row of rows) if (row.slot < slots) values[row.slot] = value(row);
    return values;
  };
  return {
    title: 'load', unit: '1/s', series: null,
    times: Array.from({ length: slots }, (_, slot) => (from + slot * width) * 1000),
    values: column(seen, ({ load }) => load), expected: column(foreseen, ({ forecast }) => forecast), lower: column(foreseen, ({ lower }) => Math.max(0, lower)), upper: column(foreseen, ({ upper }) => upper),
  };
}

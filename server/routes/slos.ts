import type { ApiSlo } from '#core/api/slos.js';
import type { PromAnswer, PromSeries } from '#core/promql.js';
import type { ServerContext } from '../context.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const POINTS = 60;
const LEAST_STEP_MS = 60_000;
/** Budgets are evaluated every five minutes: a step between two evaluations still sees the last. */
const LOOKBACK_MS = 900_000;

/** Service level objectives, read from the series that their rules record: those of rule files count as well. */
export function sloRoutes({ promql, clock, rules }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/slos', summary: 'Service level objectives: error ratio, budget left, whether it burns, why a rule of it fails', query: rangeQuery,
      async handle({ query }) {
        const { from, to } = rangeOf(query, clock);
        const options = { lookbackMs: LOOKBACK_MS };
        const stepMs = Math.max(LEAST_STEP_MS, Math.ceil((to - from) / POINTS));
        const [objectives, ratios, budgets, alerts, over] = await Promise.all([
          promql.instant('slo:objective:ratio', to, options),
          promql.instant('slo:error_ratio:rate1h', to, options),
          promql.instant('slo:error_budget_left:ratio', to, options),
          promql.instant('ALERTS{alertname="ErrorBudgetBurn", alertstate="firing"}', to),
          promql.range('slo:error_budget_left:ratio', { start: to - Math.floor((to - from) / stepMs) * stepMs, end: to, stepMs }, options),
        ]);
        const failing = rules.groups().flatMap((group) => group.rules.filter(({ lastError }) => lastError !== ''));
        const slots = Math.floor((to - from) / stepMs) + 1;
        const start = to - (slots - 1) * stepMs;
        const slos = seriesOf(objectives).map((series): ApiSlo => {
          const { slo: name = '', service = '' } = series.metric;
          const own = (answer: PromAnswer): PromSeries[] => seriesOf(answer).filter(({ metric }) => metric['slo'] === name && (metric['service'] ?? '') === service);
          const severities = own(alerts).map(({ metric }) => metric['severity'] ?? '');
          const budget: (number | null)[] = Array.from({ length: slots }, () => null);
          for (const { times, values } of own(over)) for (const [index, at] of times.entries()) budget[Math.round((at - start) / stepMs)] = values[index] ?? null;
          return {
            name, service, objective: series.values[0] ?? Number.NaN, errorRatio: own(ratios)[0]?.values[0] ?? null, budgetLeft: own(budgets)[0]?.values[0] ?? null,
            burning: severities.includes('critical') ? 'critical' : (severities[0] ?? ''),
            error: failing.find(({ labels }) => labels['slo'] === name && (labels['service'] ?? '') === service)?.lastError ?? '', note: rules.noteOf(name, service), times: budget.map((_, slot) => start + slot * stepMs), budget,
          };
        });
        return { slos: slos.toSorted((a, b) => (a.budgetLeft ?? 1) - (b.budgetLeft ?? 1)) };
      },
    }),
  ];
}

function seriesOf({ result }: PromAnswer): readonly PromSeries[] {
  return 'series' in result ? result.series : [];
}

import { stringify } from 'yaml';
import { z } from 'zod';
import { DAY_MS, HOUR_MS } from '#core/clock.js';
import { duration } from '#core/duration.js';

/** Of an objective that names none. */
const WINDOW_MS = 30 * DAY_MS;

export const sloSchema = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,99}$/, 'expected letters, digits and -_.: only').optional().describe('Default: the service.'),
    service: z.string().min(1).max(200),
    objective: z.number().gt(0).lt(100).describe('Percent of requests that must succeed.'),
    window: duration.refine((ms) => ms >= DAY_MS && ms <= 90 * DAY_MS && ms % DAY_MS === 0, 'expected whole days, 1d to 90d').optional().describe('Default: 30d, or as long as what is counted is kept.'),
    errors: z.string().min(1).optional().describe('PromQL of failed events per second, `$window` where the range goes; default: failed requests of the service by its spans.'),
    total: z.string().min(1).optional().describe('The same of all events.'),
  })
  .refine(({ errors, total }) => (errors === undefined) === (total === undefined), 'name both `errors` and `total`, or neither')
  .refine(({ errors, total }) => [errors, total].every((expr) => expr === undefined || expr.includes('$window')), '`errors` and `total` must contain $window, as in rate(failures_total[$window])')
  .transform((slo) => ({ ...slo, /** What should be known of it; '' when nothing. */ note: '' }));

export type Slo = z.output<typeof sloSchema>;

/** The same objectives, each with a window that is kept, and with a note where that is shorter than what was set. */
export function keptSlos(slos: readonly Slo[], retention: { readonly metrics: number; readonly rollups: number }): Slo[] {
  return slos.map((slo) => {
    const key = [slo.errors, slo.total].every((expr) => expr === undefined || countsSpans(expr)) ? 'rollups' : 'metrics';
    const { window: set = DAY_MS } = slo;
    const window = Math.max(DAY_MS, Math.min(slo.window ?? WINDOW_MS, Math.floor(retention[key] / DAY_MS) * DAY_MS));
    const note = set <= retention[key] ? '' : `Its window of ${set / DAY_MS}d is longer than what it counts is kept${window < set ? `, so it is ${window / DAY_MS}d` : ''}: set retention.${key} to ${set / DAY_MS}d or more`;
    return { ...slo, window, note };
  });
}

/** Whether nothing else is looked back at over the window than what the rollups of spans count. */
function countsSpans(expr: string): boolean {
  // Texts and braces may hold anything.
  const bare = expr.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g, '').replace(/\{[^}]*\}/g, '');
  return !bare.replace(/(?<![\w:])traces_span_metrics_\w+\s*\[[^\]]*\]/g, '').includes('$window');
}

/** An alert when the error budget is spent `rate` times as fast as it lasts over `long`, and still over `short`: so it begins soon and ends soon. Source: Google, The Site Reliability Workbook, chapter 5, table 5-8. */
const BURNS = [
  { severity: 'critical', rate: 14.4, longMs: HOUR_MS, long: '1h', short: '5m' },
  { severity: 'critical', rate: 6, longMs: 6 * HOUR_MS, long: '6h', short: '30m' },
  { severity: 'warning', rate: 3, longMs: DAY_MS, long: '1d', short: '2h' },
  { severity: 'warning', rate: 1, longMs: 3 * DAY_MS, long: '3d', short: '6h' },
] as const;
const QUICK = ['5m', '30m', '1h', '2h', '6h'] as const;
const SLOW: readonly string[] = ['1d', '3d'];
/** Slow ratios come as rarely as queries look back: one that is a little late must not end an alert. */
const SLOW_LOOKBACK = '15m';

/** The rule file, in Prometheus' own format, that a list of objectives stands for: error ratios over seven ranges, the budget left, and alerts on how fast it burns. */
export function sloRuleFile(slos: readonly Slo[]): string {
  return stringify({ groups: slos.flatMap(groupsOf) });
}

function groupsOf(slo: Slo): object[] {
  const { service, objective, window = WINDOW_MS } = slo;
  const name = slo.name ?? service;
  const labels = { slo: name, service };
  const budget = Number((1 - objective / 100).toPrecision(12));
  const ratio = (range: string): object => ({ record: `slo:error_ratio:rate${range}`, expr: ratioOf(slo, range), labels });
  const selected = `{slo=${JSON.stringify(name)}}`;
  const days = `${window / DAY_MS}d`;
  const burning = BURNS.filter(({ longMs }) => longMs < window).map(({ severity, rate: fast, longMs, long, short }) => {
    // More than everything cannot fail: halfway from the budget to it is fast enough.
    const rate = Number(Math.min(fast, (1 + budget) / 2 / budget).toPrecision(4));
    const share = (rate * longMs) / window;
    const burnt = (range: string): string => `slo:error_ratio:rate${range}${selected}`;
    const over = (range: string): string => `${SLOW.includes(range) ? `last_over_time(${burnt(range)}[${SLOW_LOOKBACK}])` : burnt(range)} > ${rate} * ${budget}`;
    return {
      alert: 'ErrorBudgetBurn', expr: `${over(long)} and ${over(short)}`, labels: { ...labels, severity, window: long },
      annotations: {
        summary: `${name}: ${Number((share * 100).toPrecision(3))} % of the error budget of ${days} is spent in ${long}`,
        description: `{{ $value | humanizePercentage }} of requests failed over ${long}; the objective is ${objective} %.`,
      },
    };
  });
  return [
    { name: `slo-${name}`, interval: '30s', rules: [...QUICK.map(ratio), { record: 'slo:objective:ratio', expr: `vector(${1 - budget})`, labels }] },
    { name: `slo-${name}-budget`, interval: '5m', rules: [...SLOW.map(ratio), { record: 'slo:error_budget_left:ratio', expr: `1 - (${ratioOf(slo, days)}) / ${budget}`, labels }] },
    { name: `slo-${name}-alerts`, interval: '30s', rules: burning },
  ];
}

/** Share of events that failed, 0..1; 0 when none did: what never failed may have no series of failures. Failures whose labels no total has say that the two were not made to match: then nothing is taken for good. */
function ratioOf({ service, errors, total }: Slo, range: string): string {
  if (errors !== undefined && total !== undefined) {
    const [failed, all] = [errors, total].map((expr) => `(${expr.replaceAll('$window', range)})`);
    return `(${failed} or (${all} * 0 unless on() (${failed} unless ${all}))) / ${all}`;
  }
  const calls = (more: string): string => `sum(rate(traces_span_metrics_calls_total{service_name=${JSON.stringify(service)}, span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"${more}}[${range}]))`;
  return `(${calls(', status_code="STATUS_CODE_ERROR"')} or vector(0)) / ${calls('')}`;
}

import { labelValue } from '#core/labels.js';
import type { PromSeries } from '#core/promql.js';
import { builtins, compare, queryEscape } from '../template/builtins.js';
import type { TemplateFunctions } from '../template/expansion.js';
import { formatV } from '../template/go-format.js';
import { humanizeFunctions } from '../template/humanize.js';
import { textFunctions } from '../template/text-functions.js';
import { GoValue, itemsOf } from '../template/value.js';
import { parseDuration } from './durations.js';

/** One sample of a query, as templates see it. */
class Sample extends GoValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  constructor(labels: Readonly<Record<string, string>>, value: number) {
    super({ type: 'sample', fields: { Labels: labels, Value: value } });
    this.labels = labels;
    this.value = value;
  }
}

export function samplesOf(series: readonly PromSeries[]): GoValue[] {
  return series.map(({ metric, values }) => new Sample(metric, values[0] ?? Number.NaN));
}

const sampleOf = (value: unknown): Sample => {
  if (value instanceof Sample) return value;
  throw new TypeError('expected a sample of a query');
};
const listOf = (value: unknown): readonly unknown[] => {
  const items = itemsOf(value);
  if (Array.isArray(items)) return items;
  throw new TypeError('expected the samples of a query');
};

/** The functions of Prometheus' templates: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/. Without those that ask: `query`, `externalURL`, `pathPrefix`. */
export const ruleFunctions = {
  ...builtins,
  ...textFunctions,
  ...humanizeFunctions,
  title: (value) => formatV(value).replace(/(^|[^\p{L}\p{N}_])(\p{L})/gu, (_whole, before: string, letter: string) => before + letter.toUpperCase()),
  stripPort: (value) => formatV(value).replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^([^:]*):\d+$/, '$1'),
  stripDomain: (value) => formatV(value).replace(/^([a-zA-Z][^.:]*)\.[^:]*(:\d+)?$/, '$1$2'),
  graphLink: (expr) => `/graph?g0.expr=${queryEscape(expr)}&g0.tab=0`,
  tableLink: (expr) => `/graph?g0.expr=${queryEscape(expr)}&g0.tab=1`,
  urlQueryEscape: queryEscape,
  parseDuration: (value) => {
    const ms = parseDuration(formatV(value));
    if (ms === undefined) throw new TypeError(`not a valid duration string: ${JSON.stringify(formatV(value))}`);
    return ms / 1000;
  },
  safeHtml: formatV,
  first: (list) => {
    const [one] = listOf(list);
    if (one === undefined) throw new TypeError('first() called on vector with no elements');
    return one;
  },
  value: (sample) => sampleOf(sample).value,
  strvalue: (sample) => sampleOf(sample).labels['__value__'] ?? '',
  label: (name, sample) => labelValue(sampleOf(sample).labels, formatV(name)),
  sortByLabel: (name, list) => listOf(list).toSorted((a, b) => compare(labelValue(sampleOf(a).labels, formatV(name)), labelValue(sampleOf(b).labels, formatV(name)))),
} satisfies TemplateFunctions;

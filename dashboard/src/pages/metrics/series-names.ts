import type { ApiChart } from '#core/api/charts.js';

const SEPARATOR = ' · ';
/** Units of what is counted; the unit of a histogram is that of what it measures. */
const COUNTED = /^[{1/]/;
/** What exporters add to a name for Prometheus. */
const SUFFIX = /_(total|bytes|milliseconds|seconds|ratio|percent)(?=_|$)/g;

/** Title of a series without the metric's own name, which the page says already: its service, its labels, and `count` or `sum` of a histogram. */
export function shortTitle(title: string, metric: string): string {
  const plain = normal(metric);
  const parts = title.split(SEPARATOR).flatMap((part) => {
    const own = normal(part);
    if (!own.startsWith(plain) || part.includes('=')) return [part];
    const rest = own.slice(plain.length).replace(/^_/, '');
    return rest === '' ? [] : [rest];
  });
  return parts.join(SEPARATOR) || metric;
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_').replaceAll(SUFFIX, '');
}

/**
 * A histogram arrives as the rate of its sum and of its count. Each such pair becomes what a person asks for: its mean,
 * and how many were measured per second. Everything else stays as it is.
 */
export function withMeans(charts: readonly ApiChart[]): readonly ApiChart[] {
  const byTitle = new Map(charts.map((chart) => [chart.title, chart]));
  return charts.flatMap((chart): ApiChart[] => {
    if (ends(chart.title, '_count')) return byTitle.has(renamed(chart.title, '_count', '_sum')) ? [] : [COUNTED.test(chart.unit) ? chart : { ...chart, unit: '1/s' }];
    const count = ends(chart.title, '_sum') ? byTitle.get(renamed(chart.title, '_sum', '_count')) : undefined;
    if (!count) return [chart];
    const values = chart.values.map((sum, index) => {
      const many = count.values[index] ?? 0;
      return sum === null || many === 0 ? null : sum / many;
    });
    return [{ ...chart, title: renamed(chart.title, '_sum', '_mean'), unit: chart.unit.replace(/\/s$/, ''), values }, { ...count, unit: '1/s' }];
  });
}

function renamed(title: string, from: string, to: string): string {
  return title.split(SEPARATOR).map((part) => (part.endsWith(from) && !part.includes('=') ? part.slice(0, -from.length) + to : part)).join(SEPARATOR);
}

function ends(title: string, suffix: string): boolean {
  return title.split(SEPARATOR).some((part) => part.endsWith(suffix) && !part.includes('='));
}

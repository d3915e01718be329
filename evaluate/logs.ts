import { groupBy } from './group-by.js';
import type { LogRow, Measurement } from './layout.js';
import { binned } from './bins.js';

/** Templates counted per entity at most: rarer ones are one series together. */
const MOST_TEMPLATES = 200;
const BAD = /^(error|fatal|critical|severe|emerg|alert)/i;

/** Records per minute of each template, and of bad severity, by entity. */
export function measureLogs(logs: readonly LogRow[]): Measurement[] {
  const from = logs.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  const to = logs.reduce((last, { at }) => Math.max(last, at), 0);
  return [...groupBy(logs, ({ entity }) => entity)].flatMap(([entity, all]) => {
    const templates = [...groupBy(all, ({ message }) => templateOf(message))].toSorted(([, a], [, b]) => b.length - a.length);
    const rest = templates.slice(MOST_TEMPLATES).flatMap(([, rows]) => rows);
    const series = [...templates.slice(0, MOST_TEMPLATES), ...(rest.length > 0 ? [['other records', rest] as const] : [])];
    const bad = all.filter(({ severity }) => BAD.test(severity));
    return [
      ...series.map(([template, rows]) => ({ entity, metric: `log: ${template}`, ...binned(rows, from, to, (bin) => bin.length) })),
      ...(bad.length > 0 ? [{ entity, metric: 'log: bad severity', ...binned(bad, from, to, (bin) => bin.length) }] : []),
    ];
  });
}

/** A message without what differs each time: numbers, ids, quoted words. */
export function templateOf(message: string): string {
  return message
    .replaceAll(/"[^"]*"|'[^']*'/g, '<text>')
    .replaceAll(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b/gi, '<id>')
    .replaceAll(/\d+(?:\.\d+)*/g, '<n>')
    .slice(0, 120);
}

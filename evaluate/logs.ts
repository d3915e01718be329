import { groupBy } from './group-by.js';
import type { LogRow } from './layout.js';
import { named } from './classify.js';
import type { Pieces, Told } from './pieces.js';

/** Templates counted per entity at most: rarer ones are one series together. */
const MOST_TEMPLATES = 200;
/** What a framework writes before each message is part of it, and long. */
const LONGEST_TEMPLATE = 300;
const BAD = /^(error|fatal|critical|severe|emerg|alert)/i;
const WARNS = /^warn/i;

/** Records of each template, and of bad severity, by entity. */
export function measureLogs(logs: readonly LogRow[], pieces: Pieces): Told[] {
  return [...groupBy(logs, ({ entity }) => entity)].flatMap(([entity, all]) => {
    const templates = [...groupBy(all, ({ message }) => templateOf(message))].toSorted(([, a], [, b]) => b.length - a.length);
    const rest = templates.slice(MOST_TEMPLATES).flatMap(([, rows]) => rows);
    const series = [...templates.slice(0, MOST_TEMPLATES), ...(rest.length > 0 ? [['other records', rest] as const] : [])];
    const bad = all.filter(({ severity }) => BAD.test(severity));
    return [...series.map(([template, rows]) => countOf(entity, `log: ${template}`, rows, pieces)), ...(bad.length > 0 ? [countOf(entity, 'log: bad severity', bad, pieces)] : [])];
  });
}

/** What the live detector watches of logs: records of bad severity, and the templates of those and of warnings. */
export function measureComplaints(logs: readonly LogRow[], pieces: Pieces): Told[] {
  return measureLogs(logs.filter(({ severity }) => BAD.test(severity) || WARNS.test(severity)), pieces);
}

function countOf(entity: string, metric: string, rows: readonly LogRow[], pieces: Pieces): Told {
  const counts = pieces.starts.map(() => 0);
  for (const { at } of rows) {
    const piece = pieces.of(at);
    if (piece !== undefined) counts[piece] = (counts[piece] ?? 0) + 1;
  }
  return { series: named('logs', entity, metric, ''), times: pieces.starts, values: counts, counts };
}

/** A message without what differs each time: numbers, ids, quoted words. */
export function templateOf(message: string): string {
  return message
    .replaceAll(/"[^"]*"|'[^']*'/g, '<text>')
    .replaceAll(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b/gi, '<id>')
    .replaceAll(/\d+(?:\.\d+)*/g, '<n>')
    .slice(0, LONGEST_TEMPLATE);
}

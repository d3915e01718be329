import type { Series } from '#core/types.js';
import { duration } from './duration.js';
import { bytes, GAP, NONE, number, percent, rate, significant } from './number.js';
import { readable } from './readable.js';

/** UCUM codes that people read differently. */
const WORDS: ReadonlyMap<string, string> = new Map([['1', ''], ['Cel', '°C'], ['{requests}', 'requests']]);
const MS_PER: ReadonlyMap<string, number> = new Map([['ns', 1e-6], ['us', 1e-3], ['ms', 1], ['s', 1_000], ['min', 60_000], ['h', 3_600_000], ['d', 86_400_000]]);

/** Our own mark for a share 0..1, which UCUM cannot tell from a count. */
export const SHARE = 'share';

/** A value in UCUM `unit`, as a person reads it. */
export function valueIn(unit: string, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (unit === SHARE) return percent(value);
  if (unit === '%') return `${significant(value)}${GAP}%`;
  const perMs = MS_PER.get(unit);
  if (perMs !== undefined) return duration(value * perMs);
  if (unit === 'By') return bytes(value);
  if (unit === 'By/s') return `${bytes(value)}/s`;
  if (unit === '1/s' || unit === '/s') return rate(value);
  const counted = /^\{?(\w+)\}?\/s$/.exec(unit);
  if (counted) return `${number(value)}${GAP}${counted[1] ?? ''}/s`.replace(`${GAP}1/s`, '/s');
  const word = WORDS.get(unit) ?? unit.replace(/^\{(.+)\}$/, '$1');
  return word === '' ? number(value) : `${number(value)}${GAP}${word}`;
}

/** Unit to show a series in: `1` is a share for errors and for names that say so, a plain number for the rest. */
export function displayUnit(unit: string, name: string, kind?: Series['kind']): string {
  if (unit !== '1') return unit;
  return kind === 'errors' || /(^|[._\s])(ratio|errors?|utili[sz]ation|share|fraction)($|[._\s])/i.test(name) ? SHARE : '';
}

/** What a series measures, in words: "error rate", "latency p95", "requests". */
export function measureName(series: Series): string {
  switch (series.kind) {
    case 'rate':
      return 'requests';
    case 'errors':
      return 'error rate';
    case 'latency':
      return `latency ${series.metric}`;
    case 'logs':
      return series.labels['pattern'] === undefined ? 'error logs' : `log “${readable(series.labels['pattern'])}”`;
    case 'metric':
      return series.metric;
  }
}

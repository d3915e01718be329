import { parse } from 'node:querystring';
import type { Request } from 'express';
import { promDurationMs } from '#core/duration.js';
import { QueryError } from '#core/promql.js';
import type { UnixMs } from '#core/types.js';

/** Parameters of one request, from a form body and, behind it, from the address. */
export interface Params {
  text(name: string): string;
  all(name: string): readonly string[];
  /** Unix seconds or RFC 3339. */
  time(name: string, otherwise?: UnixMs): UnixMs;
  /** Milliseconds of seconds or of a duration such as `1h30m`. */
  duration(name: string): number;
  /** A whole number; 0 when left out. */
  limit(): number;
}

/** Of one form or address: one for each selector. */
export const MAX_FIELDS = 10_000;

/** Prometheus' own bounds for a time. */
const FARTHEST_MS = 8_640_000_000_000_000;

export function invalid(name: string, message: string): QueryError {
  return new QueryError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${message}`);
}

export function paramsOf(request: Request): Params {
  // Express reads no more than a thousand of the address.
  const [, search = ''] = /\?(.*)/s.exec(request.url) ?? [];
  if (search.split('&').length > MAX_FIELDS) throw new QueryError('bad_data', `the address has more than ${MAX_FIELDS} parameters`);
  const inAddress = parse(search, '&', '=', { maxKeys: 0 });
  const sources = [request.body as unknown, inAddress].filter((source): source is Record<string, unknown> => typeof source === 'object' && source !== null);
  const all = (name: string): string[] => sources.flatMap((source) => source[name] ?? []).filter((value): value is string => typeof value === 'string');
  const text = (name: string): string => all(name)[0] ?? '';
  return {
    text,
    all,
    time(name, otherwise) {
      const given = text(name);
      if (given === '' && otherwise !== undefined) return otherwise;
      const ms = parseTime(given);
      if (ms === undefined) throw invalid(name, `cannot parse ${JSON.stringify(given)} to a valid timestamp`);
      return ms;
    },
    duration(name) {
      const ms = parseDuration(text(name));
      if (ms === undefined) throw invalid(name, `cannot parse ${JSON.stringify(text(name))} to a valid duration`);
      return ms;
    },
    limit() {
      const given = text('limit');
      if (given === '') return 0;
      if (!/^\d{1,9}$/.test(given)) throw invalid('limit', 'limit must be non-negative');
      return Number(given);
    },
  };
}

const isNumber = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);

function parseTime(text: string): UnixMs | undefined {
  if (isNumber(text)) {
    const ms = Math.round(Number(text) * 1000);
    return Math.abs(ms) <= FARTHEST_MS ? ms : undefined;
  }
  if (!/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

const parseDuration = (text: string): number | undefined => (isNumber(text) ? Math.round(Number(text) * 1000) : promDurationMs(text));

/** A label name from a path: `U__` marks one whose characters are escaped as `_2e_`. */
export function unescapeLabel(name: string): string {
  if (!name.startsWith('U__')) return name;
  return name.slice(3).replace(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex?: string) => (hex === undefined ? '_' : Number.parseInt(hex, 16) <= 0x10_ffff ? String.fromCodePoint(Number.parseInt(hex, 16)) : whole));
}

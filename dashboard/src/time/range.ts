import type { UnixMs } from '#core/types.js';
import { serverNow } from './server-now.js';

/** The time range of a page as the URL and the API spell it: epoch milliseconds, `now`, or `now-15m`. */
export interface RangeText {
  readonly from: string;
  readonly to: string;
}

export interface RangeMs {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

export const DEFAULT_RANGE: RangeText = { from: 'now-15m', to: 'now' };
export const PRESETS = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '1d', '3d', '7d', '14d'] as const;

const TIME = /^(\d{10,16}|now(-\d+(s|m|h|d))?)$/;
/** Before the year 5138, and in milliseconds before 1974. */
const SECONDS = /^\d{10,11}$/;
/** A plus in a URL may arrive as a space. */
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+ -]\d\d:\d\d)?)?$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WORD: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };
const LEAST_MS = 5_000;

/** Length of `15m`, 0 for anything else. */
export function lengthMs(text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0) : 0;
}

/** A moment of somebody else's link as ours: seconds, or a date, which is in the viewer's zone unless it says otherwise. */
function spelled(text: string): string {
  if (SECONDS.test(text)) return `${text}000`;
  const at = DATE.test(text) ? Date.parse(text.includes('T') ? text.replace(' ', '+') : `${text}T00:00`) : Number.NaN;
  return Number.isFinite(at) ? String(at) : text;
}

function momentMs(text: string, now: UnixMs): UnixMs {
  if (!text.startsWith('now')) return Number(text);
  return now - lengthMs(text.slice(4));
}

export function resolveRange({ from, to }: RangeText, now: UnixMs): RangeMs {
  return { from: momentMs(from, now), to: momentMs(to, now) };
}

/** What a URL says, or the default range where it says nothing that works. */
export function readRange(search: Readonly<Record<string, unknown>>, now: UnixMs = serverNow()): RangeText {
  const from = spelled(textOf(search['from'], DEFAULT_RANGE.from));
  const to = spelled(textOf(search['to'], DEFAULT_RANGE.to));
  if (!TIME.test(from) || !TIME.test(to)) return DEFAULT_RANGE;
  const range = resolveRange({ from, to }, now);
  return range.from < range.to ? { from, to } : DEFAULT_RANGE;
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : fallback;
}

/** Ends now and moves with it. */
export function isLive(range: RangeText): boolean {
  return range.to === 'now' && range.from.startsWith('now');
}

/** Holds the range still where it is. */
export function frozen(range: RangeText, now: UnixMs): RangeText {
  const { from, to } = resolveRange(range, now);
  return { from: String(Math.round(from)), to: String(Math.round(to)) };
}

/** The shortest preset, ending now, that is as long as `range`. */
export function revived(range: RangeText, now: UnixMs): RangeText {
  const { from, to } = resolveRange(range, now);
  const preset = PRESETS.find((name) => lengthMs(name) >= to - from) ?? PRESETS[PRESETS.length - 1];
  return { from: `now-${preset ?? '15m'}`, to: 'now' };
}

/** A selection on a chart as a range, never shorter than 5 s. */
export function between(from: UnixMs, to: UnixMs): RangeText {
  const middle = (from + to) / 2;
  const half = Math.max(to - from, LEAST_MS) / 2;
  return { from: String(Math.round(middle - half)), to: String(Math.round(middle + half)) };
}

/** How often a live range is read again: every 5 s up to half an hour, then more slowly, because a pixel is longer. */
export function refreshMs(range: RangeText): number | false {
  if (!isLive(range)) return false;
  const length = lengthMs(range.from.slice(4));
  if (length <= 1_800_000) return 5_000;
  if (length <= 10_800_000) return 15_000;
  return 60_000;
}

/** As part of a sentence: "the last 15 minutes". */
export function rangeWords(range: RangeText): string {
  const label = presetLabel(range);
  return label === '' ? 'the chosen time' : `the ${label.toLowerCase()}`;
}

/** "Last 15 minutes" for a live range, '' for any other. */
export function presetLabel({ from, to }: RangeText): string {
  const match = /^now-(\d+)(s|m|h|d)$/.exec(from);
  if (to !== 'now' || !match) return '';
  const count = Number(match[1]);
  const word = WORD[match[2] ?? ''] ?? '';
  return count === 1 ? `Last ${word}` : `Last ${count} ${word}s`;
}

import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const EXPECTED = 'expected a duration such as 30s, in ms, s, m, h or d';

/** Milliseconds in a duration text such as `30s`. Throws RangeError when it is not one. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new RangeError(`${EXPECTED}; got "${text}"`);
  return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
}

const text = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, EXPECTED)
  .transform(durationMs);

/** A config value such as `30s`, parsed to milliseconds: from `least` to `most`, both of which may be given. */
export const durationWithin = (least: string, most: string) => text.refine((ms) => ms >= durationMs(least) && ms <= durationMs(most), { error: `expected ${least} to ${most}`, abort: true });

/** The same of which little and nothing mean something; ClickHouse holds no dates that are much more than ten years off. */
export const duration = durationWithin('0s', '3650d');

const PROM_UNIT_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const PROM_DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration as Prometheus writes it, `1h30m`: units go from large to small, each once. undefined when it is none. */
export function promDurationMs(text: string): number | undefined {
  const match = text === '' ? null : PROM_DURATION.exec(text);
  return match ? Object.values(PROM_UNIT_MS).reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0) : undefined;
}

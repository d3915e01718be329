import { z } from 'zod';

const UNIT_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration as rule files write it, `1h30m` or `0`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  return match ? Object.values(UNIT_MS).reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0) : undefined;
}

/** A duration in a rule file or a test of rules, parsed to milliseconds. */
export const ruleDuration = z.string().transform((text, context) => {
  const ms = parseDuration(text.trim());
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `not a valid duration string: ${JSON.stringify(text)}` });
  return z.NEVER;
});

import { z } from 'zod';
import { promDurationMs } from '#core/duration.js';

/** Milliseconds of a duration as rule files write it, `1h30m` or `0`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  return text === '0' ? 0 : promDurationMs(text);
}

/** A duration in a rule file or a test of rules, parsed to milliseconds. */
export const ruleDuration = z.string().transform((text, context) => {
  const ms = parseDuration(text.trim());
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `not a valid duration string: ${JSON.stringify(text)}` });
  return z.NEVER;
});

import { z } from 'zod';
import { parseDuration } from '../rules/durations.js';
import { optional } from '../yaml.js';

/** Numbers and booleans that the file did not quote are texts too. */
export const text = z.string('expected a text');
/** Text that may be empty on purpose. */
export const words = z.preprocess((value) => (value === null ? undefined : value), text.optional());

const WORDS: Readonly<Record<string, boolean>> = { true: true, yes: true, on: true, false: false, no: false, off: false };
export const flag = optional(z.preprocess((value) => (typeof value === 'string' ? (WORDS[value.toLowerCase()] ?? value) : value), z.boolean('expected true or false')));

export const whole = z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), z.int('expected a whole number'));

export const milliseconds = text.transform((given, context) => {
  const ms = parseDuration(given.trim());
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'expected a duration such as 30s' });
  return z.NEVER;
});

/** Kept as text: faults and errors must not repeat it where it is a secret. */
export const address = text.refine((given) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol), 'expected an http:// or https:// address');

/** A key, token or address that nobody else may read: it never becomes part of a message that is kept, so nothing can be filled in. */
export const secret = text.refine((given) => !given.includes('{{'), 'a template in a secret is not supported: give each secret a receiver of its own');
export const secretAddress = address.refine((given) => !given.includes('{{'), 'a template in a secret is not supported: give each secret a receiver of its own');
export const file = optional(text.pipe(z.string().min(1)));

/** Refuses more than one of `keys`. */
export function oneOf(...keys: readonly string[]): (value: object, context: z.RefinementCtx) => void {
  return (value, context) => {
    const given = keys.filter((key) => (value as Readonly<Record<string, unknown>>)[key] !== undefined);
    if (given.length > 1) context.addIssue({ code: 'custom', message: `give only one of ${keys.join(' and ')}` });
  };
}

export const texts = optional(z.record(z.string(), text));

import { messageOf } from '#core/errors.js';

/** One finding of `faultline doctor`. `broken`: Faultline does not work so; `warning`: it works, and may not for long; `absent`: it does without. */
export interface Check {
  readonly part: string;
  readonly state: 'ok' | 'absent' | 'warning' | 'broken';
  readonly text: string;
}

export const ok = (part: string, text: string): Check => ({ part, state: 'ok', text });
export const absent = (part: string, text: string): Check => ({ part, state: 'absent', text });
export const warning = (part: string, text: string): Check => ({ part, state: 'warning', text });
export const broken = (part: string, text: string): Check => ({ part, state: 'broken', text });

const MARKS = { ok: 'ok     ', absent: '–      ', warning: 'warning', broken: 'BROKEN ' } as const;

/** A finding as a line of a terminal; further lines are set in. */
export const lineOf = ({ part, state, text }: Check): string => `${MARKS[state]}  ${part.padEnd(16)} ${text.replaceAll('\n', `\n${' '.repeat(26)}`)}`;

/** What a check says of an error, whose message may go on for lines. */
export const firstLine = (error: unknown): string => messageOf(error).split('\n')[0] ?? '';

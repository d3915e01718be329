import type { ApiLog } from '#core/api/logs.js';
import type { Tone } from '../../parts/state.js';

export type Level = 'error' | 'warn' | 'info' | 'debug' | 'unset';

/** Worst first: the order in which bars are stacked from the axis up. */
export const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug', 'unset'];
export const LEVEL_WORDS: Readonly<Record<Level, string>> = { error: 'Error', warn: 'Warning', info: 'Info', debug: 'Debug', unset: 'No severity' };
export const LEVEL_TONES: Readonly<Record<Level, Tone>> = { error: 'critical', warn: 'warning', info: 'info', debug: 'quiet', unset: 'plain' };

/** By the number alone, as the server counts: 17 and more is an error (fatal too), 13 a warning, 9 information. */
export function levelOf({ severityNumber }: Pick<ApiLog, 'severityNumber'>): Level {
  if (severityNumber >= 17) return 'error';
  if (severityNumber >= 13) return 'warn';
  if (severityNumber >= 9) return 'info';
  return severityNumber >= 1 ? 'debug' : 'unset';
}

/** Names a record in a URL. Two records are only the same when they say the same at the same nanosecond. */
export function recordKey({ timeUnixNano, service, spanId, body }: Pick<ApiLog, 'timeUnixNano' | 'service' | 'spanId' | 'body'>): string {
  let hash = 0;
  for (const letter of `${service}\n${spanId}\n${body}`) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return `${timeUnixNano}-${hash.toString(36)}`;
}

/** The greatest of 64 bits: before all records of a nanosecond. */
const FIRST_OF_TIE = 2n ** 64n - 1n;

/** `before` of the records of the nanosecond that a key names, and of older ones; undefined for what is no key. */
export function placeOf(key: string): string | undefined {
  const time = /^(\d{1,19})-/.exec(key)?.[1];
  return time === undefined ? undefined : `${time}-${FIRST_OF_TIE}-0`;
}

/** A body that is a JSON object or list, laid out in lines; any other as it is. */
export function laidOut(body: string): string {
  const text = body.trim();
  if (!/^[[{]/.test(text)) return body;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return body;
  }
}

import { pino } from 'pino';

/** The process's log: JSON lines on stderr, sentences with key-values. Level from `FAULTLINE_LOG_LEVEL` through config. */
export type Logger = pino.Logger;

/** What a disk without room kept from being written, up to this: more is lost. */
const KEPT_BYTES = 1024 * 1024;

/** A line is written before the call is over, and so not lost where the process ends at once. One that cannot be written stops nothing. */
export function createLogger(level: string): Logger {
  const stderr = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES }).on('error', () => undefined);
  return pino({ level, base: { service: 'faultline' }, redact: ['*.password', '*.secret', '*.token', '*.authorization'] }, stderr);
}

export const silentLogger: Logger = pino({ level: 'silent' });

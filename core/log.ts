import { pino } from 'pino';

/** The process's log: JSON lines on stderr, sentences with key-values. Level from `FAULTLINE_LOG_LEVEL` through config. */
export type Logger = pino.Logger;

/** `sync`: a line is written before the call is over, and so not lost where the process ends at once. */
export function createLogger(level: string, { sync = false } = {}): Logger {
  return pino({ level, base: { service: 'faultline' }, redact: ['*.password', '*.secret', '*.token', '*.authorization'] }, pino.destination({ dest: 2, sync }));
}

export const silentLogger: Logger = pino({ level: 'silent' });

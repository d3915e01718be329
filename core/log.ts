import { pino } from 'pino';

/** The process's log: JSON lines on stderr, sentences with key-values. Level from `FAULTLINE_LOG_LEVEL` through config. */
export type Logger = pino.Logger;

export function createLogger(level: string): Logger {
  return pino({ level, base: { service: 'faultline' }, redact: ['*.password', '*.secret', '*.token', '*.authorization'] }, pino.destination(2));
}

export const silentLogger: Logger = pino({ level: 'silent' });

import { fstatSync } from 'node:fs';
import { pino } from 'pino';

/** The process's log: JSON lines on stderr, sentences with key-values. Level from `FAULTLINE_LOG_LEVEL` through config. */
export type Logger = pino.Logger;

/** What a disk without room, or a reader that has stopped, kept from being written, up to this: more is lost. */
const KEPT_BYTES = 1024 * 1024;

/** A line is written before the call is over, and so not lost where the process ends at once. One that cannot be written stops nothing. */
export function createLogger(level: string): Logger {
  const stderr = fstatSync(2);
  const hasReader = stderr.isFIFO() || stderr.isSocket() || process.stderr.isTTY;
  return pino({ level, base: { service: 'faultline' }, redact: ['*.password', '*.secret', '*.token', '*.authorization'] }, hasReader ? toReader(process.stderr) : toFile());
}

const toFile = (): pino.DestinationStream => pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES }).on('error', () => undefined);

/** Node waits for a terminal, also for one that is held (Ctrl-S), unless its handle is told. */
type Stderr = typeof process.stderr & { readonly _handle?: { setBlocking?(blocking: boolean): void } };

function toReader(stderr: Stderr): pino.DestinationStream {
  stderr._handle?.setBlocking?.(false);
  stderr.on('error', () => undefined);
  return {
    write(line) {
      if (stderr.writableLength < KEPT_BYTES) stderr.write(line);
    },
  };
}

export const silentLogger: Logger = pino({ level: 'silent' });

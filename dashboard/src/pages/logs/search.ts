import type { Severity } from '../../api/hooks.js';
import { oneOf, textIn } from '../../search.js';

export const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly Severity[];

export interface LogsSearch {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  /** This one or worse. */
  readonly severity?: Severity | undefined;
  readonly traceId?: string | undefined;
  /** Id of the pattern that records must have. */
  readonly pattern?: string | undefined;
  /** Records when left out. */
  readonly show?: 'patterns' | undefined;
  /** Follow what arrives, every second. */
  readonly tail?: 'on' | undefined;
  /** Records that follow an answer, by its `older`. */
  readonly before?: string | undefined;
  /** The record that is open, by its key. */
  readonly open?: string | undefined;
}

export function logsSearch(search: Record<string, unknown>): LogsSearch {
  return {
    q: textIn(search, 'q'), service: textIn(search, 'service'), severity: oneOf(search, 'severity', SEVERITIES), traceId: textIn(search, 'traceId'), pattern: textIn(search, 'pattern'),
    show: oneOf(search, 'show', ['patterns']), tail: oneOf(search, 'tail', ['on']), before: textIn(search, 'before'), open: textIn(search, 'open'),
  };
}

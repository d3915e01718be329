import type { Severity } from '../../api/hooks.js';
import { oneOf, textIn } from '../../search.js';

export interface LogsSearch {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly traceId?: string | undefined;
}

export function logsSearch(search: Record<string, unknown>): LogsSearch {
  return { q: textIn(search, 'q'), service: textIn(search, 'service'), severity: oneOf(search, 'severity', ['trace', 'debug', 'info', 'warn', 'error', 'fatal']), traceId: textIn(search, 'traceId') };
}

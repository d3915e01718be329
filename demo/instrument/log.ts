import { logs, SeverityNumber, type AnyValueMap } from '@opentelemetry/api-logs';

/** Log records of the active trace. Bodies are sentences; what varies is an attribute too. */
export interface Log {
  info(body: string, attributes?: AnyValueMap): void;
  warn(body: string, attributes?: AnyValueMap): void;
  error(body: string, error: unknown, attributes?: AnyValueMap): void;
}

export function createLog(service: string): Log {
  const logger = logs.getLogger(service);
  const emit = (severityNumber: SeverityNumber, severityText: string, body: string, attributes: AnyValueMap = {}): void => logger.emit({ severityNumber, severityText, body, attributes });
  return {
    info: (body, attributes) => emit(SeverityNumber.INFO, 'INFO', body, attributes),
    warn: (body, attributes) => emit(SeverityNumber.WARN, 'WARN', body, attributes),
    error(body, error, attributes) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      emit(SeverityNumber.ERROR, 'ERROR', body, { ...attributes, 'exception.type': name, 'exception.message': message, 'exception.stacktrace': stack ?? '' });
    },
  };
}

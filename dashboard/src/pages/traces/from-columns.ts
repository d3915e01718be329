import type { ApiTraceColumns, ApiTraces } from '#core/api/traces.js';

/** The traces of an answer in columns. */
export function fromColumns({ traceId, rootService, rootName, startsAt, durationMs, spanCount, errorCount, services, names, sets, matching }: ApiTraceColumns): ApiTraces {
  const name = (place: number | undefined): string => names[place ?? -1] ?? '';
  const of = sets.map((set) => set.map(name));
  const traces = traceId.map((id, index) => ({
    traceId: id, rootService: name(rootService[index]), rootName: name(rootName[index]), startsAt: startsAt[index] ?? 0, durationMs: durationMs[index] ?? 0,
    spanCount: spanCount[index] ?? 0, errorCount: errorCount[index] ?? 0, services: of[services[index] ?? -1] ?? [],
  }));
  return { traces, matching };
}

import { formatValue } from './format.js';
import { metricWords } from './metric-words.js';
import type { Anomaly, UnixMs } from './types.js';

const NAMES: Readonly<Record<Anomaly['series']['kind'], string | null>> = { errors: 'errors', latency: 'p95 latency', rate: 'traffic', logs: 'error logs', metric: null };

/** `service.name` of Faultline's own telemetry. */
export const OWN_SERVICE = 'faultline';
/** What is stored for a resource that does not name its service, as the OTel specification has it; SDKs append their executable to it. */
export const UNKNOWN_SERVICE = 'unknown_service';
export const isUnnamed = (service: string): boolean => /^unknown_service(:|$)/.test(service);
/** Stands in lists of senders for remote-written series of no target, such as results of recording rules. */
export const NO_JOB = '(no job label)';

/** "payment errors: 38 %, expected 0.2 % (0 % to 1 %)" */
export function evidenceText({ series, value, expected, lower, upper, direction }: Anomaly): string {
  const what = [series.service, series.operation, series.labels['pattern'] === undefined ? (NAMES[series.kind] ?? named(series)) : `log “${series.labels['pattern']}”`].filter(Boolean).join(' ');
  const seen = direction === 'absent' ? 'nothing arrives' : formatValue(value, series);
  return `${what}: ${seen}, expected ${formatValue(besides(expected, value), series)} (${formatValue(floorOf(series, lower), series)} to ${formatValue(upper, series)})`;
}

/** Its words with its own name, by which it is found in queries. */
function named(series: Anomaly['series']): string {
  const { metric } = series;
  const words = metricWords(series);
  return words === metric ? metric : `${words} (${metric})`;
}

/** Beside what was seen, next to nothing is nothing. */
export const besides = (expected: number, value: number): number => (Math.abs(expected) < Math.abs(value) * 1e-4 ? 0 : expected);

/** What cannot be negative is not expected to be, whatever the band says. */
function floorOf({ kind, unit }: Anomaly['series'], lower: number): number {
  return kind !== 'metric' || ['1/s', 'By', 'By/s', 'ms', 's'].includes(unit) ? Math.max(0, lower) : lower;
}

/** "12 min" */
export function lengthText(from: UnixMs, to: UnixMs): string {
  const minutes = Math.round(Math.max(0, to - from) / 60_000);
  if (minutes < 1) return 'under a minute';
  return minutes < 120 ? `${minutes} min` : `${Number((minutes / 60).toPrecision(3))} h`;
}

/** How far apart two moments are, in its two largest units: "45 s", "12 min", "3 h 20 min", "6 d 22 h". */
export function apartText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  const [large, small, rest] = minutes < 24 * 60 ? [`${Math.floor(minutes / 60)} h`, 'min', minutes % 60] : [`${Math.floor(hours / 24)} d`, 'h', hours % 24];
  return rest === 0 ? large : `${large} ${rest} ${small}`;
}

export const rfc3339 = (at: UnixMs): string => new Date(at).toISOString();

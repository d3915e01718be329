import type { Anomaly, UnixMs } from '#core/types.js';

const short = (x: number): string => (Math.abs(x) >= 1000 ? Math.round(x).toLocaleString('en-US') : String(Number(x.toPrecision(3))));

/** `value` as a person reads it in UCUM `unit`: 3 significant digits. */
function valueText(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (unit === '1') return `${short(value * 100)} %`;
  if (unit === 'ms' && Math.abs(value) >= 1000) return `${short(value / 1000)} s`;
  if (unit === '1/s') return `${short(value)}/s`;
  return /^[A-Za-z%]/.test(unit) ? `${short(value)} ${unit}` : short(value);
}

const NAMES: Readonly<Record<Anomaly['series']['kind'], string | null>> = { errors: 'errors', latency: 'p95 latency', rate: 'traffic', logs: 'error logs', metric: null };

/** "payment errors: 38 %, expected 0.2 % (0 % to 1 %)" */
export function evidenceText({ series, value, expected, lower, upper, direction }: Anomaly): string {
  const unit = series.kind === 'errors' ? '1' : series.unit;
  const what = [series.service, series.operation, NAMES[series.kind] ?? series.metric].filter(Boolean).join(' ');
  const seen = direction === 'absent' ? 'nothing arrives' : valueText(value, unit);
  return `${what}: ${seen}, expected ${valueText(expected, unit)} (${valueText(lower, unit)} to ${valueText(upper, unit)})`;
}

/** "12 min" */
export function lengthText(from: UnixMs, to: UnixMs): string {
  const minutes = Math.round(Math.max(0, to - from) / 60_000);
  if (minutes < 1) return 'under a minute';
  return minutes < 120 ? `${minutes} min` : `${short(minutes / 60)} h`;
}

export const rfc3339 = (at: UnixMs): string => new Date(at).toISOString();

import { duration } from '../../format/duration.js';
import { GAP } from '../../format/number.js';

/** Distance from the onset, in whole seconds: "−20 s", "+1 m 12 s". */
export function offset(at: number, onset: number): string {
  const seconds = Math.round((at - onset) / 1_000);
  if (seconds === 0) return `0${GAP}s`;
  return `${seconds < 0 ? '−' : '+'}${duration(Math.abs(seconds) * 1_000)}`;
}

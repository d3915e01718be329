import { GAP, NONE, significant } from './number.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time: 87 µs, 340 ms, 2.1 s, 4 m 12 s, 3 h 20 m, 2 d 4 h. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return `0${GAP}ms`;
  if (ms < 0.001) return `${significant(ms * 1e6)}${GAP}ns`;
  if (ms < 0.9995) return `${significant(ms * 1_000)}${GAP}µs`;
  if (ms < 999.5) return `${significant(ms)}${GAP}ms`;
  if (ms < 59_950) return `${significant(ms / SECOND, ms < 10 * SECOND ? 2 : 3)}${GAP}s`;
  if (ms < HOUR - 500) return pair(Math.round(ms / SECOND), 60, 'm', 's');
  if (ms < DAY - MINUTE / 2) return pair(Math.round(ms / MINUTE), 60, 'h', 'm');
  return pair(Math.round(ms / HOUR), 24, 'd', 'h');
}

function pair(small: number, per: number, big: string, little: string): string {
  const rest = small % per;
  const whole = `${Math.floor(small / per)}${GAP}${big}`;
  return rest === 0 ? whole : `${whole}${GAP}${rest}${GAP}${little}`;
}

/** A length as people say it, in one unit: 14 min, 3 h, 2 d. */
export function lasting(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))}${GAP}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}${GAP}min`;
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    const hours = `${Math.floor(ms / HOUR)}${GAP}h`;
    return minutes === 0 ? hours : `${hours}${GAP}${minutes}${GAP}min`;
  }
  return `${Math.floor(ms / DAY)}${GAP}d`;
}

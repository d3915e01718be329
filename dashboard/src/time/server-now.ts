import type { UnixMs } from '#core/types.js';

/** Clocks that differ by less are taken as one: the header counts whole seconds, and an answer is under way for a while. */
const SLACK_MS = 5_000;
/** How far the server's clock is ahead of this browser's. */
let aheadMs = 0;

/** Learns the server's clock from the `Date` header of an answer to what was asked at `askedAt`. One that was long under way says nothing of now. */
export function hearTime(date: string | null, askedAt: number): void {
  const heardAt = Date.now();
  const said = Date.parse(date ?? '');
  if (!Number.isFinite(said) || Math.abs(heardAt - askedAt) > SLACK_MS) return;
  const ahead = said + 500 - (askedAt + heardAt) / 2;
  if (Math.abs(ahead - aheadMs) > SLACK_MS) aheadMs = ahead;
}

/** The time by the server's clock, which telemetry is stored and judged by; `at` is a moment of this browser's. */
export const serverNow = (at: number = Date.now()): UnixMs => Math.round(at + aheadMs);

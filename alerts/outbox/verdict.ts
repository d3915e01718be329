import type { UnixMs } from '#core/types.js';
import type { DeliveryConfig } from '../config.js';
import type { Answer } from './post.js';

/** No receiver may hold a message longer than this at a time. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
/** Statuses below 500 that ask to come again. Source: RFC 9110, RFC 8470, RFC 6585. */
const AGAIN = new Set([408, 425, 429]);

/** What became of one attempt. `retryAfterMs` is what the receiver asked for, null when it did not. */
export type Verdict =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'again'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly outcome: 'dead'; readonly reason: string };

export function verdictOf({ status, retryAfter, text }: Answer, now: UnixMs): Verdict {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const said = plain(text);
  const reason = `the receiver answered ${status}${said && `: ${said}`}`;
  if (status >= 300 && status < 400) return { outcome: 'dead', reason: `${reason}; redirects are not followed, configure the final address` };
  if (status >= 500 || AGAIN.has(status)) return { outcome: 'again', reason, retryAfterMs: retryAfterMs(retryAfter, now) };
  return { outcome: 'dead', reason };
}

/** Milliseconds in a Retry-After header, seconds or a date, at most an hour; null when there is none. */
export function retryAfterMs(header: string | undefined, now: UnixMs): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : null;
}

/**
 * Wait before attempt `attempts` + 1, in ms: doubling, and between half and all of it by `random` (0..1) so that
 * receivers coming back are not met by everything at once. Never less than the receiver asked for.
 */
export function backoffMs(attempts: number, { initial_backoff: initial, max_backoff: longest }: Pick<DeliveryConfig, 'initial_backoff' | 'max_backoff'>, askedMs: number | null, random: number): number {
  const full = Math.min(longest, initial * 2 ** Math.min(attempts - 1, 30));
  return Math.max(full * (0.5 + random / 2), askedMs ?? 0);
}

/** Only an error in plain words is kept: an answer that echoes the request could hold the address or a token. */
function plain(text: string): string {
  const line = text.trim();
  return /^[A-Za-z][A-Za-z_ ]{1,79}$/.test(line) ? line : '';
}

import { ApiFailure } from '../api/client.js';

const CODE = 'NOT_LOADED';
/** Two reloads are this far apart at least: what one does not mend the next seldom does. */
const APART_MS = 30_000;
const KEY = 'faultline-reloaded';
/** Whether the server is back is asked this often, and waited for as long. */
export const AGAIN_MS = 5_000;

/** A part of the dashboard's own code. Rejects with an ApiFailure that `isNotLoaded` where the server does not answer, or has another version of it since an upgrade. */
export function loaded<T>(part: Promise<T>): Promise<T> {
  return part.catch((cause: unknown) => {
    throw Object.assign(new ApiFailure(CODE, 'Faultline does not answer, or was upgraded since this page was opened.', 0), { cause });
  });
}

export const isNotLoaded = (error: unknown): boolean => error instanceof ApiFailure && error.code === CODE;

/** Loads the page again, which mends an upgrade; not while the server does not answer, nor soon after the last time. */
export async function reloadOnce(now: number = Date.now()): Promise<void> {
  const answers = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(AGAIN_MS) }).then(({ ok }) => ok, () => false);
  if (!answers || now - Number(sessionStorage.getItem(KEY)) < APART_MS) return;
  sessionStorage.setItem(KEY, String(now));
  location.reload();
}

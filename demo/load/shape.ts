/** One day of the shop takes so long. */
export const SHOP_DAY_MS = 20 * 60_000;
/** Mean arrivals; with 2.8 requests a session the front sees 30 requests per second. */
const MEAN_SESSIONS_PER_SECOND = 10.7;
/** The shop opens in the late morning, when traffic is near its mean. */
const START_OF_DAY = 0.42;

/** Sessions that begin per second, `elapsedMs` after the start: a night's trough, a noon shoulder and an evening peak, between 0.7 and 1.35 of the mean. */
export function sessionsPerSecond(elapsedMs: number): number {
  const day = (elapsedMs / SHOP_DAY_MS + START_OF_DAY) % 1;
  const wave = -0.27 * Math.cos(2 * Math.PI * (day - 0.17)) - 0.08 * Math.cos(4 * Math.PI * (day - 0.05));
  return MEAN_SESSIONS_PER_SECOND * (1 + wave);
}

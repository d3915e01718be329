import type { UnixMs } from './types.js';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The time, injected so that tests and backtests own it. */
export type Clock = () => UnixMs;

export const systemClock: Clock = () => Date.now();

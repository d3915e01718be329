import type { UnixMs } from './types.js';

/** The time, injected so that tests and backtests own it. */
export type Clock = () => UnixMs;

export const systemClock: Clock = () => Date.now();

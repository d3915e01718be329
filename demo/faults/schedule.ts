import { pick, type Random } from '../random.js';
import { FAULTS, type FaultName } from './catalogue.js';
import { FAULT_SECONDS } from './control.js';
import type { FaultRegistry } from './registry.js';

export const FIRST_FAULT_MS = 150_000;
/** Quiet between the end of one fault and the next: long enough to watch an incident resolve. */
const QUIET_MS = 8 * 60_000;
const CHECK_MS = 5_000;
/** The first one is what a newcomer sees. */
const FIRST: FaultName = 'error-burst';

/** Plants faults from time to time, each kind once before any returns. One planted by hand counts as any other. */
export function startSchedule(registry: FaultRegistry, random: Random, firstMs = FIRST_FAULT_MS, quietMs = QUIET_MS): { stop(): void } {
  const startedAt = Date.now();
  let left: FaultName[] = [];
  let planted = false;
  const timer = setInterval(() => {
    if (registry.active().length > 0 || Date.now() - (planted ? registry.quietSince() : startedAt) < (planted ? quietMs : firstMs)) return;
    const name = planted ? next() : FIRST;
    planted = true;
    const targets = FAULTS.find((fault) => fault.name === name)?.targets ?? [];
    const service = targets[Math.floor(random() * targets.length)]?.service;
    void registry.plant(name, { seconds: FAULT_SECONDS, service });
  }, Math.min(CHECK_MS, firstMs));
  return { stop: () => clearInterval(timer) };

  function next(): FaultName {
    if (left.length === 0) left = FAULTS.map((fault) => fault.name);
    const name = pick(random, Object.fromEntries(left.map((one) => [one, 1])) as Record<FaultName, number>);
    left = left.filter((one) => one !== name);
    return name;
  }
}

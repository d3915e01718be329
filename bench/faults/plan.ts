import { FAULTS, type FaultName } from '../../demo/faults/catalogue.js';
import type { Random } from '../../demo/random.js';

export interface PlannedFault {
  readonly name: FaultName;
  readonly service: string;
  /** The true root cause. */
  readonly cause: string;
  readonly seconds: number;
}

const SHORTEST_S = 60;
const LONGEST_S = 75;

/** `count` faults in random order: every kind once before any returns, every place of a kind once before any returns. */
export function planFaults(count: number, random: Random): PlannedFault[] {
  const places = new Map(FAULTS.map(({ name, targets }) => [name, shuffled(targets, random)]));
  const used = new Map<FaultName, number>();
  const planned: PlannedFault[] = [];
  while (planned.length < count) {
    for (const { name } of shuffled(FAULTS, random)) {
      const targets = places.get(name) ?? [];
      const turn = used.get(name) ?? 0;
      used.set(name, turn + 1);
      const target = targets[turn % targets.length];
      if (target) planned.push({ name, service: target.service, cause: target.cause, seconds: SHORTEST_S + Math.round(random() * (LONGEST_S - SHORTEST_S)) });
    }
  }
  return planned.slice(0, count);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

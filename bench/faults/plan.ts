import { FAULTS, type FaultName } from '../../demo/faults/catalogue.js';
import type { Random } from '../../demo/random.js';
import { CALLS } from '../../demo/services/index.js';

export interface PlannedFault {
  readonly name: FaultName;
  readonly service: string;
  /** The true root cause. */
  readonly cause: string;
  readonly seconds: number;
}

/** Faults that begin at once: one, or two that have nothing to do with each other. */
export type Planting = readonly PlannedFault[];

const SHORTEST_S = 60;
const LONGEST_S = 75;

/** `count` plantings in random order, `doubles` of them, evenly spread, of two faults: every kind once before any returns, every place of a kind once before any returns. */
export function planFaults(count: number, random: Random, doubles = 0): Planting[] {
  const faults = endlessFaults(random);
  const planned: Planting[] = [];
  const waiting: PlannedFault[] = [];
  const take = (fits: (fault: PlannedFault) => boolean): PlannedFault => {
    const at = waiting.findIndex(fits);
    if (at >= 0) return waiting.splice(at, 1)[0] as PlannedFault;
    for (;;) {
      const next = faults.next().value;
      if (fits(next)) return next;
      waiting.push(next);
    }
  };
  while (planned.length < count) {
    const soFar = (plantings: number): number => Math.floor((plantings * doubles) / count);
    const isDouble = soFar(planned.length + 1) > soFar(planned.length);
    const first = take((fault) => !isDouble || hasUnrelated(fault));
    planned.push(isDouble ? [first, { ...take((other) => other.name !== first.name && unrelated(first.cause, other.cause)), seconds: first.seconds }] : [first]);
  }
  return planned;
}

function* endlessFaults(random: Random): Generator<PlannedFault, never> {
  const places = new Map(FAULTS.map(({ name, targets }) => [name, shuffled(targets, random)]));
  for (let turn = 0; ; turn += 1) {
    for (const { name } of shuffled(FAULTS, random)) {
      const targets = places.get(name) ?? [];
      const target = targets[turn % targets.length];
      if (target) yield { name, service: target.service, cause: target.cause, seconds: SHORTEST_S + Math.round(random() * (LONGEST_S - SHORTEST_S)) };
    }
  }
}

const hasUnrelated = ({ name, cause }: PlannedFault): boolean => FAULTS.some((other) => other.name !== name && other.targets.some((target) => unrelated(cause, target.cause)));

/** Whether neither calls the other, directly or not. */
export function unrelated(one: string, other: string): boolean {
  return one !== other && !below(one).has(other) && !below(other).has(one);
}

function below(service: string): ReadonlySet<string> {
  const calls: Readonly<Record<string, readonly string[]>> = CALLS;
  const reached = new Set<string>();
  const reach = (name: string): void => {
    for (const callee of calls[name] ?? []) {
      if (reached.has(callee)) continue;
      reached.add(callee);
      reach(callee);
    }
  };
  reach(service);
  return reached;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

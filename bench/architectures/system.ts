import { createRandom, logNormal, seedOf, type Random } from '../../demo/random.js';
import type { Hooks } from './hooks.js';
import type { Call, Entry, Gauge, Job, Operation } from './parts.js';

/** Chance that a value is far out, and how far. */
const OUTLIERS = 0.004;
const OUTLIER = 5;

/** A system that is made up: its services and what they call, who asks it, what it tells, and what goes wrong. Everything is drawn from one seed; it has a traffic, a length and a spread of durations of its own for each of three variants. */
export class System {
  readonly random: Random;
  readonly variant: 0 | 1 | 2;
  readonly services = new Map<string, Map<string, Operation>>();
  /** Median milliseconds of what is called and sends no spans. */
  readonly silent: Record<string, number> = { postgresql: 4, redis: 0.8 };
  readonly entries: Entry[] = [];
  readonly jobs: Job[] = [];
  /** What runs where. */
  readonly hosts: (readonly [guest: string, host: string])[] = [];
  readonly gauges: Record<string, Record<string, Gauge>> = {};
  readonly clockAheadS: Record<string, number> = {};
  ratePerS: number;
  quietS: number;
  faultS: number;
  /** Standard deviation of the logarithm of durations. */
  spread: number;
  /** Share of the traces that are kept. */
  sampled = 1;
  /** Factor of the traffic at so many seconds after the beginning. */
  curve: (elapsed: number) => number = () => 1;
  /** Every call goes through the sidecars of a mesh, which send spans of their own. */
  isMesh = false;
  omitted: readonly ('traces' | 'logs' | 'metrics')[] = [];
  /** Names of measured requests, failures and durations, where they are measured at all. */
  measuredAs: 'opentelemetry' | 'prometheus' | undefined;
  /** Who calls whom is known without spans. */
  isDrawn = false;
  /** What happens to requests, calls and messages, always, and instead of that since the onset. */
  usually: Hooks = {};
  fault: Hooks = {};

  constructor(seed: number, name: string) {
    this.random = createRandom(seedOf(seed, name));
    const variant = ((((seed - 1) % 3) + 3) % 3) as 0 | 1 | 2;
    this.variant = variant;
    this.ratePerS = [10, 3, 20][variant] as number;
    this.quietS = [720, 480, 900][variant] as number;
    this.faultS = [180, 240, 150][variant] as number;
    this.spread = [0.35, 0.6, 0.25][variant] as number;
  }

  change(settings: Partial<Pick<System, 'ratePerS' | 'quietS' | 'faultS' | 'spread' | 'sampled' | 'omitted' | 'measuredAs' | 'isDrawn'>>): void {
    Object.assign(this, settings);
  }

  /** Adds an operation; what is returned calls it. */
  add(to: string, operation: string, selfMs: number, calls: readonly Call[] = []): Call {
    const operations = this.services.get(to) ?? new Map<string, Operation>();
    this.services.set(to, operations.set(operation, { selfMs, calls: [...calls] }));
    return { to, operation };
  }

  /** Adds an operation that is asked from outside, so often beside the others. */
  enter(service: string, operation: string, selfMs: number, calls: readonly Call[], weight = 1): void {
    this.add(service, operation, selfMs, calls);
    this.entries.push({ service, operation, weight });
  }

  operation(service: string, name: string): Operation {
    const found = this.services.get(service)?.get(name);
    if (!found) throw new RangeError(`${service} has no operation ${name}`);
    return found;
  }

  operations(service: string): Operation[] {
    return [...(this.services.get(service)?.values() ?? [])];
  }

  calls(): { readonly from: string; readonly call: Call }[] {
    return [...this.services].flatMap(([from, operations]) => [...operations.values()].flatMap(({ calls }) => calls.map((call) => ({ from, call }))));
  }

  callsTo(name: string): Call[] {
    return this.calls().flatMap(({ call }) => (call.to === name ? call : []));
  }

  callersOf(name: string): string[] {
    return [...new Set(this.calls().flatMap(({ from, call }) => (call.to === name ? from : [])))];
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  shuffle<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, order: this.random() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  /** Around `base`, with this share of it as standard deviation. */
  near(base: number, share = 0.03): number {
    return base * (1 + Math.log(logNormal(this.random, 1, share)));
  }

  durationOf(median: number, spread = this.spread): number {
    return logNormal(this.random, median, spread) * (this.random() < OUTLIERS ? OUTLIER : 1);
  }
}

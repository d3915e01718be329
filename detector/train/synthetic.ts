import type { Random } from './random.js';

/** Series such as services send: what is watched is mostly rates, ratios, latencies and gauges. */
const KINDS = ['rate', 'errors', 'latency', 'ratio', 'memory', 'queue', 'walk', 'wave', 'batch', 'gauge', 'flat'] as const;
export type Kind = (typeof KINDS)[number];

/** How a series moves, without noise: `season` swings around 0. */
interface Shape {
  readonly season: (at: number) => number;
  readonly noise: () => number;
  readonly burst: () => number;
  /** Sums of the levels that a regime left and of a steady drift. */
  readonly level: (at: number) => number;
}

/** `length` points of one series, evenly spaced; a point that went missing is left out, as the detector leaves it out. */
export function createSeries(random: Random, length: number, kind: Kind = KINDS[random.below(KINDS.length)] ?? 'gauge'): Float64Array {
  const value = valuesOf(kind, random, shapeOf(random));
  const missing = random.chance(0.15) ? random.between(0.005, 0.1) : 0;
  // What is measured comes rounded: percent, milliseconds, whole requests.
  const rounded = random.chance(0.2) ? random.logBetween(0.01, 1) : 0;
  const points = new Float64Array(length);
  for (let index = 0, at = 0; index < length; at += 1) {
    const point = value(at);
    if (missing > 0 && random.chance(missing)) continue;
    points[index] = rounded > 0 ? Math.round(point / rounded) * rounded : point;
    index += 1;
  }
  return points;
}

function shapeOf(random: Random): Shape {
  return { season: seasonOf(random), noise: noiseOf(random), burst: burstOf(random), level: levelOf(random) };
}

/** A cycle with overtones, often one within another as hours are within a day; some have none. A day is longer than the window for most steps. */
function seasonOf(random: Random): Shape['season'] {
  const cycle = (strength: number): Shape['season'] => {
    const period = random.chance(0.4) ? [12, 20, 24, 30, 48, 60, 96, 120, 144, 288, 1440][random.below(11)] ?? 60 : random.logBetween(8, 3000);
    const phase = random.between(0, 2 * Math.PI);
    const overtones = [2, 3, 4].map((factor) => ({ factor, size: random.between(0, 0.6), phase: random.between(0, 2 * Math.PI) }));
    const peak = random.chance(0.25) ? random.between(1, 4) : 0;
    return (at) => {
      const angle = (2 * Math.PI * at) / period + phase;
      if (peak > 0) return strength * 2 * (Math.exp(peak * (Math.sin(angle) - 1)) - 0.3);
      return strength * overtones.reduce((sum, { factor, size, phase: shift }) => sum + size * Math.sin(factor * angle + shift), Math.sin(angle));
    };
  };
  const cycles = random.chance(0.3) ? [] : [cycle(random.between(0.1, 1))];
  if (random.chance(0.4)) cycles.push(cycle(random.between(0.05, 0.5)));
  return (at) => cycles.reduce((sum, one) => sum + one(at), 0);
}

/** Noise with memory; Gaussian, heavy-tailed, or in quiet and loud times. */
function noiseOf(random: Random): Shape['noise'] {
  const memory = random.chance(0.4) ? 0 : random.between(0, 0.97);
  const size = 0.12 * Math.exp(0.8 * random.normal());
  const tail = random.chance(0.3) ? random.between(0.01, 0.08) : 0;
  const loud = random.chance(0.15) ? random.between(2, 4) : 1;
  let state = 0;
  let isLoud = false;
  return () => {
    if (loud > 1 && random.chance(0.01)) isLoud = !isLoud;
    state = memory * state + Math.sqrt(1 - memory * memory) * size * random.normal();
    return (isLoud ? loud : 1) * state + (tail > 0 && random.chance(tail) ? size * 4 * random.normal() : 0);
  };
}

function burstOf(random: Random): Shape['burst'] {
  const often = random.chance(0.3) ? random.between(0.002, 0.02) : 0;
  const fade = random.between(0.3, 0.9);
  let height = 0;
  return () => {
    height *= fade;
    if (often > 0 && random.chance(often)) height += 0.5 + random.exponential();
    return height;
  };
}

function levelOf(random: Random): Shape['level'] {
  const drift = random.chance(0.2) ? random.between(-0.002, 0.002) : 0;
  const often = random.chance(0.3) ? 1 / random.between(150, 800) : 0;
  let regime = 0;
  return (at) => {
    if (often > 0 && random.chance(often)) regime += 0.4 * random.normal();
    return regime + drift * at;
  };
}

function valuesOf(kind: Kind, random: Random, { season, noise, burst, level }: Shape): (at: number) => number {
  const base = Math.exp(3 + 2 * random.normal());
  const move = (at: number): number => season(at) + level(at);
  switch (kind) {
    case 'rate': {
      // Requests counted in a step and divided by it.
      const seconds = [5, 10, 15, 30, 60][random.below(5)] ?? 10;
      return (at) => random.poisson(Math.min(1e6, base * Math.exp(0.7 * move(at) + 0.6 * noise()) * (1 + 0.5 * burst()))) / seconds;
    }
    case 'errors': {
      const usual = random.logBetween(0.02, 3);
      const requests = random.logBetween(20, 2000);
      return (at) => random.poisson(Math.min(1e5, usual * Math.exp(0.8 * move(at) + noise() + 0.5 * burst()))) / requests;
    }
    case 'latency': {
      const slow = random.chance(0.5) ? random.between(0.005, 0.05) : 0;
      return (at) => base * Math.exp(0.4 * move(at) + noise() + 0.3 * burst() + (slow > 0 && random.chance(slow) ? random.exponential() : 0));
    }
    case 'ratio': {
      const middle = random.normal() * 1.5;
      return (at) => 100 / (1 + Math.exp(-(middle + 1.2 * move(at) + 2 * noise() + 0.5 * burst())));
    }
    case 'memory': {
      // Fills up and is collected.
      const [rate, share] = [random.logBetween(0.002, 0.05), random.between(0.3, 0.95)];
      let used = random.uniform();
      return (at) => {
        used += rate * Math.max(0, 1 + 0.3 * move(at) + noise());
        if (used > 1) used -= share;
        return base * (1 + used);
      };
    }
    case 'queue':
      return (at) => Math.max(0, Math.round(0.3 * base * (move(at) + 2 * noise() + 2 * burst())));
    case 'walk': {
      let walk = 0;
      return (at) => {
        walk += 0.3 * noise();
        return base * (2 + 0.2 * walk + 0.1 * move(at));
      };
    }
    case 'wave':
      return (at) => base * (2 + move(at) + 0.3 * noise());
    case 'batch': {
      const period = Math.round(random.logBetween(10, 200));
      const busy = Math.max(1, Math.round(period * random.between(0.05, 0.5)));
      return (at) => base * (at % period < busy ? 2 + 0.3 * move(at) : 0.3) * (1 + 0.4 * noise());
    }
    case 'gauge':
      return (at) => base * (1 + 0.5 * move(at) + noise() + 0.3 * burst());
    case 'flat': {
      // A constant such as a limit or a count of replicas, that is changed now and then.
      const often = random.chance(0.5) ? random.between(0.001, 0.02) : 0;
      let height = Math.round(base);
      return () => {
        if (often > 0 && random.chance(often)) height = Math.max(0, height + Math.round(random.normal() * 2));
        return height;
      };
    }
  }
}

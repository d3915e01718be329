import { describe, expect, it } from 'vitest';
import { decide, type Situation } from './decide.js';
import type { LoadForecast } from './forecast.js';

const policy = { service: 'checkout', target_per_replica: 25, min_replicas: 2, max_replicas: 10, max_step: 3, scale_out_cooldown: 60_000, scale_in_cooldown: 600_000, horizon: 300_000, min_confidence: 0.8 };
const NOW = 10_000_000;
const calm: Situation = { now: NOW, current: 4, isGuess: false, lastOutAt: 0, lastInAt: 0, incidentOpen: false };
const load = (now: number, expected: number, sigma = 3): LoadForecast => ({ now, expected, lower: expected - 5, upper: expected + 5, sigma });

describe('a scaling decision', () => {
  it.each<[string, Partial<Situation>, LoadForecast | null, string, number]>([
    ['adds before the load is there', {}, load(90, 130), 'scale_out', 6],
    ['adds at once when it is there already', {}, load(110, 60, 100), 'scale_out', 5],
    ['adds no more than a step', {}, load(90, 240), 'scale_out', 7],
    ['adds what is needed when it does not know how many there are', { current: 2, isGuess: true }, load(90, 240), 'scale_out', 10],
    ['asks for nothing during an incident when it does not know how many there are', { current: 2, isGuess: true, incidentOpen: true }, load(90, 240), 'held_incident', 2],
    ['nor for the least', { current: 2, isGuess: true, incidentOpen: true }, load(20, 20), 'held_incident', 2],
    ['never exceeds the maximum', { current: 9 }, load(240, 900), 'scale_out', 10],
    ['waits when the forecast is a guess', {}, load(90, 104, 40), 'held_confidence', 4],
    ['lets an addition show its effect', { lastOutAt: NOW - 30_000 }, load(90, 130), 'held_cooldown', 4],
    ['adds although the clock was set back since it last did', { lastOutAt: NOW + 3_600_000 }, load(90, 130), 'scale_out', 6],
    ['adds during an incident', { incidentOpen: true }, load(90, 130), 'scale_out', 6],
    ['removes what is idle', {}, load(40, 38), 'scale_in', 2],
    ['keeps the minimum', { current: 3 }, load(1, 1), 'scale_in', 2],
    ['removes for the higher of now and then', {}, load(90, 20), 'steady', 4],
    ['does not flap at the edge', { current: 3 }, load(49.5, 49.5), 'held_confidence', 3],
    ['removes nothing during an incident', { incidentOpen: true }, load(40, 38), 'held_incident', 4],
    ['removes nothing soon after a change', { lastOutAt: NOW - 500_000 }, load(40, 38), 'held_cooldown', 4],
    ['removes although the clock was set back since a change', { lastInAt: NOW + 3_600_000 }, load(40, 38), 'scale_in', 2],
    ['removes nothing from a service that fell silent', {}, load(0, 0), 'held_silent', 4],
    ['decides nothing without a forecast', {}, null, 'no_data', 4],
    ['returns inside its bounds', { current: 14 }, null, 'bounds', 10],
  ])('%s', (_, situation, forecast, outcome, desired) => {
    const decision = decide(policy, { ...calm, ...situation }, forecast);
    expect(decision).toMatchObject({ outcome, desired });
    expect(decision.reason).not.toBe('');
    expect(decision.confidence).toBeGreaterThanOrEqual(0);
    expect(decision.confidence).toBeLessThanOrEqual(1);
  });
});

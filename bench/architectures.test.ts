import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { openInference, type Inference } from '../detector/onnx/inference.js';
import { CLASSES } from './architectures/classes/index.js';
import { judge } from './architectures/judge.js';
import { record } from './architectures/record.js';
import { System } from './architectures/system.js';
import { line, tally } from './architectures/tally.js';

const SEEDS = [1, 2, 3];

it('blames what is there, and nobody where nothing is wrong', () => {
  for (const [name, declare] of Object.entries(CLASSES)) {
    for (const seed of SEEDS) {
      const system = new System(seed, name);
      const { causes, accepted = [] } = declare(system);
      const there = new Set([...system.services.keys(), ...Object.keys(system.silent), ...system.hosts.flat(), ...Object.keys(system.gauges), ...[...system.services.keys()].map((service) => `${service}.prod`)]);
      expect({ name, unknown: [...causes, ...accepted].filter((one) => !there.has(one)) }).toEqual({ name, unknown: [] });
      expect([name, causes.length === 0]).toEqual([name, name.startsWith('none-')]);
      for (const { call } of system.calls()) if (!(call.to in system.silent)) system.operation(call.to, call.operation);
    }
  }
});

/** A front end and a leaf, a request a second for a minute and then another. */
function small(seed = 1): System {
  const system = new System(seed, 'small');
  system.add('stock', 'POST /hold', 5);
  system.add('stock', 'POST /free', 5);
  system.enter('front', 'POST /order', 2, [{ to: 'stock', operation: 'POST /hold', undo: { to: 'stock', operation: 'POST /free' } }, system.add('leaf', 'GET /leaf', 10)]);
  system.change({ ratePerS: 1, quietS: 60, faultS: 60 });
  return system;
}
const leaf = (system: System) => system.operation('front', 'POST /order').calls[1] ?? expect.fail();

describe('a system that is recorded', () => {
  it('is the same for the same seed alone', () => {
    const spans = (seed: number) => record(small(seed), 'small').told.spans;
    expect(spans(1)).toEqual(spans(1));
    expect(spans(1)).not.toEqual(spans(2));
  });

  const during = (system: System) => {
    const { told, onset, meant } = record(system, 'small');
    const traces = new Set(told.spans.flatMap(({ at, parent, trace }) => (parent === '' && at >= onset ? trace : [])));
    const after = told.spans.filter(({ trace }) => traces.has(trace));
    return { of: (entity: string, operation: string) => after.filter((span) => span.entity === entity && span.operation === operation), meant };
  };

  it('undoes what it did where a later call fails, after its client tried that again', () => {
    const system = small();
    leaf(system).retries = 2;
    system.fault = { request: ({ service }) => (service === 'leaf' ? { failing: 1 } : undefined) };
    const { of } = during(system);
    const requests = of('front', 'POST /order').length;
    expect(requests).toBeGreaterThan(20);
    expect([of('front', 'call leaf').length, of('stock', 'POST /free').length]).toEqual([3 * requests, requests]);
    expect(of('front', 'POST /order').every(({ failed }) => failed)).toBe(true);
  });

  it('fails for whoever gives up, and not for who answers too late', () => {
    const system = small();
    leaf(system).timeoutMs = 100;
    system.fault = { request: ({ service }) => (service === 'leaf' ? { addedMs: 500 } : undefined) };
    const { of } = during(system);
    expect(of('front', 'call leaf').every(({ durationMs, failed }) => durationMs === 100 && failed)).toBe(true);
    expect(of('leaf', 'GET /leaf').some(({ failed }) => failed)).toBe(false);
  });

  it('takes a refusal for a failure of the call alone', () => {
    const system = small();
    system.fault = { request: ({ service }) => (service === 'leaf' ? { rejects: true, refusal: 'expected' } : undefined) };
    const { of } = during(system);
    expect([of('front', 'call leaf'), of('leaf', 'GET /leaf'), of('front', 'POST /order')].map((spans) => spans.every(({ failed }) => failed))).toEqual([true, false, false]);
  });

  it('tells nothing of a request that never ends, and whom a call was meant for that nobody answered', () => {
    const lost = small();
    lost.fault = { request: ({ service }) => (service === 'leaf' ? { isLost: true } : undefined) };
    expect(during(lost).of('front', 'POST /order')).toEqual([]);
    const refused = small();
    refused.fault = { call: ({ call }) => (call.to === 'leaf' ? { isRefused: true } : undefined) };
    const { of, meant } = during(refused);
    expect(new Set(of('front', 'call leaf').map((span) => meant.get(span)))).toEqual(new Set(['leaf']));
  });
});

describe('is judged', () => {
  let inference: Inference;
  beforeAll(async () => {
    inference = await openInference();
  });
  afterAll(() => inference.close());

  it.each([
    { name: 'slow-database', right: true, incidents: 1 },
    { name: 'none-deploy', right: false, incidents: 0 },
  ])('$name', async ({ name, right, incidents }) => {
    const system = new System(2, name);
    const answer = CLASSES[name]?.(system) ?? expect.fail();
    const verdict = await judge(record(system, name), answer, loadConfig({ env: {}, file: undefined }), inference.ask);
    expect(verdict).toEqual({ ranked: right, rankedAccepted: right, found: incidents > 0, opened: right, openedAccepted: right, ended: right, extra: 0, early: 0 });
  });

  it('by sums, with what is accepted in brackets', () => {
    const verdict = { ranked: true, rankedAccepted: true, found: true, opened: false, openedAccepted: true, ended: false, extra: 2, early: 0 };
    expect(line('stampede', tally([verdict, { ...verdict, ranked: false, found: false }])).split(/\s{2,}/)).toEqual(['stampede', '2', '1 (2)', '1', '0 (2)', '0', '4', '0']);
  });
});

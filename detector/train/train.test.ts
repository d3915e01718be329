import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtInModels } from '../models/built-in.js';
import { readModel } from '../models/files.js';
import { WINDOW } from '../models/shape.js';
import { createExamples, drawExamples, drawFrom, putExample, syntheticSeries } from './examples.js';
import { baselines, forecasterQuantiles, measure } from './measure.js';
import { forecasterModel, parametersOf } from './model.js';
import { digest, SERIES } from './runs.js';
import { openSession } from './session.js';
import { train } from './train.js';

const SIZE = { width: 16, blocks: 1 };

describe('synthetic series', () => {
  it('are the same on every machine, finite, and of another seed others', () => {
    const all = syntheticSeries(7, 60);
    expect(all.every((points) => points.length === 1024 && points.every(Number.isFinite))).toBe(true);
    expect(digest(all)).toBe('5fc6bd08c47a647e6bc14bc709f9ff2ed8395445888ffe711863ab81fe4b7790');
    expect(digest(syntheticSeries(8, 60))).not.toBe(digest(all));
  });
});

describe('an example', () => {
  it('is what the detector would have shown its models before the point, also for a flat window', () => {
    const points = Float64Array.from({ length: 400 }, (_, index) => index);
    const examples = createExamples(2);
    putExample(examples, 0, points, 300, WINDOW, 200);
    putExample(examples, 1, new Float64Array(400).fill(5), 300);
    const [mean, spread] = [239.5, Math.sqrt((WINDOW * WINDOW - 1) / 12)];
    expect(examples.targets[0]).toBeCloseTo((300 - mean) / spread, 4);
    expect(examples.windows[WINDOW - 1]).toBeCloseTo((299 - mean) / spread, 4);
    expect(examples.seasons[60]).toBeCloseTo((100 - mean) / spread, 4);
    expect(examples.windows.slice(WINDOW).every((value) => value === 0)).toBe(true);
    expect(examples.targets[1]).toBe(0);
  });
});

describe('training', () => {
  const draw = drawFrom(syntheticSeries(1, 200));
  const once = (seed: number, steps: number) => train({ seed, steps, size: SIZE, rate: 3e-3, draw });

  it('gives the same file bit by bit for the same seed, which can be trained on', async () => {
    const [theta, again, other] = [await once(5, 20), await once(5, 20), await once(6, 20)];
    const model = forecasterModel(theta, SIZE, 'a test', { seed: 5 });
    expect(forecasterModel(again, SIZE, 'a test', { seed: 5 }).card.sha256).toBe(model.card.sha256);
    expect(forecasterModel(other, SIZE, 'a test', { seed: 6 }).card.sha256).not.toBe(model.card.sha256);
    expect(parametersOf(model)).toEqual({ theta, size: SIZE });
    const [robust] = builtInModels();
    if (robust) expect(() => parametersOf(robust)).toThrow('is no forecaster that `faultline train` made');
  });

  it('learns: within 250 steps it forecasts better than the robust model, and nine in ten points are below its 90th percentile', async () => {
    const held = drawExamples(drawFrom(syntheticSeries(2, 60)), 2_000, 2);
    const quality = await measure(held, forecasterQuantiles(await once(5, 250), SIZE));
    const { robust } = baselines();
    expect(quality.pinball).toBeLessThan(robust ? (await measure(held, robust)).pinball : 0);
    expect(Math.abs((quality.coverage[6] ?? 0) - 0.9)).toBeLessThan(0.06);
  });
});

describe('the forecaster that comes with Faultline', () => {
  const { card, onnx, golden } = readModel(fileURLToPath(new URL('../models/shipped/forecaster', import.meta.url)));

  it('is small, gives its known answer, and was trained on the series that its seed makes here', async () => {
    expect(onnx.length).toBeLessThan(2 * 1024 * 1024);
    const session = await openSession(onnx);
    const out = await session.run({ window: [golden.inputs['window'] ?? new Float32Array(), 1, WINDOW] });
    await session.close();
    expect(out['expected']?.[0]).toBeCloseTo(golden.expected, 4);
    expect(out['scale']?.[0]).toBeCloseTo(golden.scale, 4);
    expect(digest(syntheticSeries(Number(card.provenance?.['seed']), SERIES))).toBe(card.provenance?.['dataSha256']);
  });
});

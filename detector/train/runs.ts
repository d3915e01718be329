import { createHash } from 'node:crypto';
import { PipelineError } from '#core/errors.js';
import { rfc3339 } from '#core/words.js';
import type { Model } from '../models/model.js';
import { drawExamples, drawFrom, syntheticSeries, type Draw, type Examples } from './examples.js';
import { SHIPPED_SIZE } from './forecaster.js';
import type { History } from './history.js';
import { baselines, forecasterQuantiles, measure, type Quality, type Quantiles } from './measure.js';
import { forecasterModel, parametersOf } from './model.js';
import { train } from './train.js';

/** What a training gives: the model, and what was measured on series that it never saw, by name of what forecast them. */
export interface Trained {
  readonly model: Model;
  readonly reports: Readonly<Record<string, Readonly<Record<string, Quality>>>>;
}

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  readonly onStep?: (step: number, loss: number) => void;
}

/** Of each training. */
export const SERIES = 3_000;
const RATE = 2e-3;
const FINE_RATE = 3e-4;
const HELD_SERIES = 500;
const HELD_ROWS = 10_000;
/** One for all trainings, so that they compare; further off than a person's seed. */
const HELD_SEED = 4_000_000_007;

const heldOut = (): Examples => drawExamples(drawFrom(syntheticSeries(HELD_SEED, HELD_SERIES)), HELD_ROWS, HELD_SEED);

/** From nothing, on synthetic series of this seed. */
export async function trainGlobal({ seed, steps, onStep }: RunOptions): Promise<Trained> {
  const pool = syntheticSeries(seed, SERIES);
  const theta = await train({ seed, steps, size: SHIPPED_SIZE, rate: RATE, draw: drawFrom(pool), ...(onStep && { onStep }) });
  const held = await measureAll(heldOut(), { forecaster: forecasterQuantiles(theta, SHIPPED_SIZE), ...baselines() });
  const provenance = { seed, steps, dataSha256: digest(pool), heldOut: held };
  return { model: forecasterModel(theta, SHIPPED_SIZE, `faultline train --seed ${seed} --steps ${steps}: synthetic series only.`, provenance), reports: { 'synthetic series, held out': held } };
}

/** On from `base`: half of every batch from the history, half synthetic, so that what the history does not show is not forgotten. Throws MODEL_INVALID when that makes it no better on the history held out. */
export async function trainOn({ trained, held, from, until, abnormal }: History, base: Model, { seed, steps, onStep }: RunOptions): Promise<Trained> {
  const { theta: start, size } = parametersOf(base);
  const [own, synthetic] = [drawFrom(trained), drawFrom(syntheticSeries(seed, SERIES))];
  const draw: Draw = (random, into, row) => (row % 2 === 0 ? own : synthetic)(random, into, row);
  const theta = await train({ seed, steps, size, rate: FINE_RATE, draw, start, ...(onStep && { onStep }) });
  const both = { 'fine-tuned': forecasterQuantiles(theta, size), 'as it was': forecasterQuantiles(start, size) };
  const history = await measureAll(drawExamples(drawFrom(held), HELD_ROWS, HELD_SEED), { ...both, ...baselines() });
  const forgotten = await measureAll(heldOut(), both);
  const [after, before] = [history['fine-tuned']?.pinball ?? Number.NaN, history['as it was']?.pinball ?? Number.NaN];
  if (!(after < before)) throw new PipelineError('MODEL_INVALID', `fine-tuning made it no better on the history held out (pinball ${after.toFixed(4)}, before ${before.toFixed(4)}); nothing was written`);
  const provenance = { seed, steps, base: base.card.sha256, dataSha256: digest(trained), from: rfc3339(from), until: rfc3339(until), abnormal, heldOut: history, synthetic: forgotten };
  return {
    model: forecasterModel(theta, size, `faultline train --tenant --seed ${seed} --steps ${steps}: fine-tuned on quiet history and synthetic series.`, provenance),
    reports: { 'own history, held out by time': history, 'synthetic series, held out': forgotten },
  };
}

/** A forecaster beside what there was, series by series. */
export async function compareOn(all: ReadonlyMap<string, Examples>, model: Model): Promise<{ mean: Record<string, Quality>; best: Record<string, number> }> {
  const { theta, size } = parametersOf(model);
  const models = { forecaster: forecasterQuantiles(theta, size), ...baselines() };
  const found: Record<string, Quality>[] = [];
  for (const examples of all.values()) found.push(await measureAll(examples, models));
  const best: Record<string, number> = Object.fromEntries(Object.keys(models).map((name) => [name, 0]));
  for (const one of found) {
    const [first] = Object.entries(one).toSorted(([, a], [, b]) => a.pinball - b.pinball);
    if (first) best[first[0]] = (best[first[0]] ?? 0) + 1;
  }
  return { mean: Object.fromEntries(Object.keys(models).map((name) => [name, meanOf(found.flatMap((one) => one[name] ?? []))])), best };
}

async function measureAll(examples: Examples, models: Readonly<Record<string, Quantiles>>): Promise<Record<string, Quality>> {
  const all: Record<string, Quality> = {};
  for (const [name, quantiles] of Object.entries(models)) all[name] = await measure(examples, quantiles);
  return all;
}

function meanOf(all: readonly Quality[]): Quality {
  const mean = (of: (quality: Quality) => number): number => all.reduce((sum, quality) => sum + of(quality), 0) / all.length;
  return { pinball: mean(({ pinball }) => pinball), error: mean(({ error }) => error), coverage: (all[0]?.coverage ?? []).map((_, index) => mean(({ coverage }) => coverage[index] ?? 0)) };
}

export function digest(all: readonly Float64Array[]): string {
  const hash = createHash('sha256');
  for (const points of all) hash.update(points);
  return hash.digest('hex');
}

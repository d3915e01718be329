import type { Contribution } from '#core/types.js';
import { PRECISION } from './band.js';
import type { DetectorConfig } from './config.js';
import type { InputName, Forecast } from './models/model.js';

/** A model that judges: its name, where its session is, what it is given, and under what key its calibration is kept: each version errs in its own way. */
export interface Member {
  readonly name: string;
  readonly slot: string;
  readonly inputs: readonly InputName[];
  readonly calibration: string;
  /** The file it comes from, once that is registered. */
  readonly model?: NonNullable<Contribution['model']>;
}

/** Scores rows with a model; ONNX in the process, anything in a test. */
export type Run = (slot: string, rows: number, inputs: Readonly<Record<string, Float32Array>>) => Promise<Forecast>;

export const BUILT_IN_MEMBERS: readonly Member[] = [{ name: 'seasonal', slot: 'seasonal', inputs: ['forecasts', 'errors'], calibration: 'seasonal 1' }, { name: 'robust', slot: 'robust', inputs: ['ranks'], calibration: 'robust 1' }];

/** Between equal scores the first model decides: those that come with the product keep their order, whatever is promoted beside them. */
export function rankOf({ name }: Member): number {
  const rank = BUILT_IN_MEMBERS.findIndex((member) => member.name === name);
  return rank === -1 ? BUILT_IN_MEMBERS.length : rank;
}

/** Two of three points must be outside: were their errors independent, each might be as likely as the root of the budget (½); were they the same, as the budget (1). */
const AGREEMENT = 0.75;
/** How likely noise alone may put one point of a series outside its band. */
export const probabilityOf = (config: Pick<DetectorConfig, 'step' | 'false_alarm_every'>): number => (config.step / config.false_alarm_every) ** AGREEMENT;

/** A forecast's standard deviation in the series' own unit. */
export const scaleOf = (scale: number, centre: number, spread: number): number => Math.max(scale * spread, PRECISION * (Math.abs(centre) + spread));

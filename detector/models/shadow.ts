import { judgeReadings, type Expectation } from '../band.js';
import { createTail, learnError, widthOf, type Tail } from '../calibration.js';
import type { DetectorConfig } from '../config.js';
import { advance, createEpisodeState, type EpisodeState } from '../episode.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import type { Judged, JudgedPart } from '../judged.js';
import type { Said } from '../ask.js';
import { eachTail, knownTails, type KnownTails } from '../known-tails.js';
import { probabilityOf, type Member } from '../members.js';

/** Sums over steps, as a row of `model_shadow` holds them. */
export interface ShadowCounts {
  points: number;
  outsideActive: number;
  outsideShadow: number;
  errorActive: number;
  errorShadow: number;
  msActive: number;
  msShadow: number;
  steps: number;
  skipped: number;
}

/** Judges what the active models judged, once more with a candidate among them: in place of the model of its name, or beside the others. Told to nobody. */
export interface Shadow {
  /** Returns its episodes that changed. Throws MODEL_INVALID when it gives no numbers. */
  observe(judged: Judged): Promise<readonly Anomaly[]>;
  /** A step that was left out. */
  skip(): void;
  /** The sums since the last call. */
  take(): ShadowCounts;
  /** Sums that were taken and could not be kept. */
  putBack(taken: ShadowCounts): void;
  /** What it knows of its errors; of one share of the series, where that is given. */
  tails(share?: number): KnownTails;
}

/** An error of so many standard deviations counts as that many: one spike must not decide a comparison. */
const MOST_ERROR = 10;
/** A series unseen for so long is forgotten. */
const FORGET_MS = 3_600_000;

/** `known` is what it knew of its errors at `now`. */
export function createShadow({ name, slot, inputs, calibration }: Member, config: DetectorConfig, known: readonly KnownTails[], now: UnixMs): Shadow {
  const tails = new Map<string, Tail>();
  const episodes = new Map<string, { state: EpisodeState; seenAt: UnixMs }>();
  const probability = probabilityOf(config);
  for (const [id, tail] of known.flatMap((tails) => [...eachTail(tails)])) {
    tails.set(id, tail);
    episodes.set(id, { state: createEpisodeState(), seenAt: now });
  }
  let counts = none();
  /** How far those were off whose place it might take, since they judge together and since that was last added to the counts. */
  let rivals = new Map<string, { all: number; recent: number }>();

  return {
    tails: (share) => knownTails(calibration, tails, share),
    skip() {
      counts.skipped += 1;
    },
    take() {
      addRivals();
      const taken = counts;
      counts = none();
      return taken;
    },
    putBack(taken) {
      for (const key of Object.keys(counts) as (keyof ShadowCounts)[]) counts[key] += taken[key];
    },
    async observe({ at, parts, runMs, askAgain, hear }) {
      const changed: Anomaly[] = [];
      let asked = false;
      for (const part of parts) {
        if (part.rows === 0) continue;
        const began = performance.now();
        const said = await askAgain(part, { slot, inputs });
        counts.msShadow += performance.now() - began;
        asked = true;
        changed.push(...judgePart(part, said, at, hear));
      }
      if (asked) {
        counts.msActive += runMs;
        counts.steps += 1;
      }
      for (const [id, { seenAt }] of episodes) {
        if (at - seenAt <= FORGET_MS) continue;
        episodes.delete(id);
        tails.delete(id);
      }
      return changed;
    },
  };

  /** It competes with the one that erred least, not with whichever did so in a minute. */
  function addRivals(): void {
    const [best] = [...rivals.values()].toSorted((a, b) => a.all - b.all);
    counts.errorActive += best?.recent ?? 0;
    for (const one of rivals.values()) one.recent = 0;
  }

  function learnRivals(judging: readonly Expectation[], value: number, spread: number): void {
    if (judging.length !== rivals.size || judging.some(({ detector }) => !rivals.has(detector))) {
      addRivals();
      rivals = new Map(judging.map(({ detector }) => [detector, { all: 0, recent: 0 }]));
    }
    for (const { detector, expected } of judging) {
      const rival = rivals.get(detector);
      if (!rival) continue;
      const error = errorOf(value, expected, spread);
      rival.all += error;
      rival.recent += error;
    }
  }

  function judgePart(part: JudgedPart, said: Said, at: UnixMs, hear: Judged['hear']): Anomaly[] {
    const changed: Anomaly[] = [];
    for (let row = 0; row < part.rows; row += 1) {
      const series = part.series[row];
      // What a sign says, no model has an opinion of.
      if (!series || part.signed[row] === 1) continue;
      const place = part.places[row] ?? 0;
      const [expected = 0, scale = 0, spread = 1] = [said.expected[place], said.scale[place], part.rings.spreads[place]];
      if (!Number.isFinite(expected) || !Number.isFinite(scale)) {
        if (part.isAsked(row)) throw new Error(`${name} gave ${expected} ± ${scale} for ${series.service} ${series.metric}`);
        continue;
      }
      const { own: reading } = part.readings(row);
      const expectations = part.expectations(row);
      const tail = tails.get(series.id) ?? createTail();
      tails.set(series.id, tail);
      const width = widthOf(tail, probability);
      const own: Expectation = { detector: name, expected, scale, width };
      const replaced = expectations.find(({ detector }) => detector === name);
      const among = replaced ? expectations.map((one) => (one === replaced ? own : one)) : [...expectations, own];
      const heard = hear(series, judgeReadings(series, part.readings(row), among, config.step / 1000, config.sensitivity));
      const { verdict } = heard;
      const known = episodes.get(series.id) ?? { state: createEpisodeState(), seenAt: at };
      known.seenAt = at;
      episodes.set(series.id, known);
      if (part.troubled[row] === 0 && !known.state.open) {
        learnError(tail, Math.min(Math.abs(reading.value - expected) / scale, width));
        learnRivals(replaced ? [replaced] : expectations, reading.value, spread);
        counts.errorShadow += errorOf(reading.value, expected, spread);
        counts.points += 1;
        if ((part.scores[row] ?? 0) > 1) counts.outsideActive += 1;
        if (verdict.score > 1) counts.outsideShadow += 1;
      }
      const anomaly = advance(known.state, series, at, heard.reading, verdict);
      if (anomaly) changed.push(anomaly);
    }
    return changed;
  }
}

function errorOf(value: number, expected: number, spread: number): number {
  const error = Math.abs(value - expected) / spread;
  return error < MOST_ERROR ? error : MOST_ERROR;
}

const none = (): ShadowCounts => ({ points: 0, outsideActive: 0, outsideShadow: 0, errorActive: 0, errorShadow: 0, msActive: 0, msShadow: 0, steps: 0, skipped: 0 });

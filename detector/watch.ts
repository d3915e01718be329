import { seriesOf } from '#core/series.js';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { createArrivals } from './arrival.js';
import { judge, PRECISION, type Expectation, type Reading, type Verdict } from './band.js';
import { createTail, learnError, widthOf, type Tail } from './calibration.js';
import type { DetectorConfig } from './config.js';
import { abandon, advance, createEpisodeState, isOutside, type EpisodeState } from './episode.js';
import type { LongMemories } from './long/live.js';
import type { Heard } from './long/voice.js';
import { SEASON, WINDOW } from './models/shape.js';
import type { Forecast } from './onnx/inference.js';
import { LOG_PATTERN_METRIC, type Measured } from './readers.js';
import { createWindow, normalise, push, pushYesterday, type Norm, type Window } from './window.js';

interface Watched {
  readonly series: Series;
  readonly window: Window;
  readonly episode: EpisodeState;
  /** How far each model errs on this series, by `calibration`. */
  readonly tails: Map<string, Tail>;
  lastSeenAt: UnixMs;
}

export interface Score extends Omit<Verdict, 'contributions'> {
  readonly series: Series;
  readonly value: number;
}

/** A model that judges: its name, where its session is, whether it wants the day before, and under what key its calibration is kept: each version errs in its own way. */
export interface Member {
  readonly name: string;
  readonly slot: string;
  readonly yesterday: boolean;
  readonly calibration: string;
}

/** What the models were asked in a step and what came of it, row by row. */
export interface Judged {
  readonly at: UnixMs;
  readonly rows: readonly JudgedRow[];
  readonly windows: Float32Array;
  readonly seasons: Float32Array;
  /** Time that the models took. */
  readonly runMs: number;
  /** What the long memories make of a verdict. */
  readonly hear: (series: Series, heard: Heard) => Heard;
}

export interface JudgedRow {
  readonly series: Series;
  readonly reading: Reading;
  readonly norm: Norm;
  readonly expectations: readonly Expectation[];
  readonly score: number;
  /** Whether its episode was open before this point: errors within it teach nothing. */
  readonly troubled: boolean;
}

export interface StepResult {
  readonly judged: Judged;
  readonly scores: readonly Score[];
  /** Episodes that began, go on or ended in this step. */
  readonly anomalies: readonly Anomaly[];
  readonly fresh: readonly Series[];
}

/** Scores rows with a model; ONNX in the process, anything in a test. */
export type Run = (slot: string, rows: number, inputs: Readonly<Record<string, Float32Array>>) => Promise<Forecast>;

/** All series and what is known of them. Without I/O but for `run`. */
export interface Watch {
  /** Judges the readings of one slot that begins at `at`. */
  step(at: UnixMs, measured: Measured, slot: number, yesterday: Measured | undefined): Promise<StepResult>;
  /** Learns a slot without judging it: history read at the start. */
  learn(at: UnixMs, measured: Measured, slot: number): void;
  /** The models that judge from the next step on. `tails` is what a new one knows of its errors, by series id. */
  setMembers(members: readonly Member[], tails?: { readonly calibration: string; readonly of: ReadonlyMap<string, Tail> }): void;
  counts(): { learned: number; learning: number; unwatched: number };
  open(): readonly Anomaly[];
}

export const BUILT_IN_MEMBERS: readonly Member[] = [{ name: 'seasonal', slot: 'seasonal', yesterday: true, calibration: 'seasonal 1' }, { name: 'robust', slot: 'robust', yesterday: false, calibration: 'robust 1' }];

/** Between equal scores the first model decides: those that come with the product keep their order, whatever is promoted beside them. */
function rankOf({ name }: Member): number {
  const rank = BUILT_IN_MEMBERS.findIndex((member) => member.name === name);
  return rank === -1 ? BUILT_IN_MEMBERS.length : rank;
}

/** Two of three points must be outside: were their errors independent, each might be as likely as the root of the budget (½); were they the same, as the budget (1). */
const AGREEMENT = 0.75;
/** How likely noise alone may put one point of a series outside its band. */
export const probabilityOf = (config: Pick<DetectorConfig, 'step' | 'false_alarm_every'>): number => (config.step / config.false_alarm_every) ** AGREEMENT;

/** An episode of a series that no longer reports ends after so many steps. */
const SILENT_STEPS = 12;
/** A series unseen for so long is forgotten. */
const FORGET_MS = 3_600_000;

/** Without `long` there is only what the windows hold. */
export function createWatch(config: DetectorConfig, run: Run, long?: LongMemories): Watch {
  const all = new Map<string, Watched>();
  const arrivals = createArrivals(config.step);
  let unwatched = 0;
  const stepSeconds = config.step / 1000;
  const probability = probabilityOf(config);
  let members = BUILT_IN_MEMBERS;

  function admit(at: UnixMs, measured: Measured, slot: number): Series[] {
    const fresh: Series[] = [];
    unwatched = 0;
    for (const { series, slots } of measured.series.values()) {
      if (!slots.has(slot)) continue;
      const known = all.get(series.id);
      if (known) known.lastSeenAt = at;
      else if (all.size >= config.max_series) unwatched += 1;
      else {
        const window = createWindow();
        if (series.metric === LOG_PATTERN_METRIC) for (let silent = logsKnown(series.service); silent > 0; silent -= 1) push(window, 0);
        all.set(series.id, { series, window, episode: createEpisodeState(), tails: new Map(), lastSeenAt: at });
        fresh.push(series);
      }
    }
    return fresh;
  }

  /** Points that are known of a service's logs: what it says for the first time it did not say in any of them. */
  function logsKnown(service: string): number {
    return all.get(seriesOf('logs', service, '', 'error_logs', '1/s').id)?.window.length ?? 0;
  }

  /** What a series shows in a slot. No spans means no requests, provided that telemetry flows at all. */
  function readingOf({ series, lastSeenAt }: Watched, at: UnixMs, measured: Measured, slot: number): Reading | undefined {
    const found = measured.series.get(series.id)?.slots.get(slot);
    if (found) return found;
    const countsToZero = series.kind === 'rate' || series.kind === 'logs';
    return countsToZero && measured.alive.has(slot) && at - lastSeenAt < FORGET_MS ? { value: 0, count: 0 } : undefined;
  }

  return {
    learn(at, measured, slot) {
      admit(at, measured, slot);
      arrivals.learn(at, measured, slot);
      for (const watched of all.values()) {
        const reading = readingOf(watched, at, measured, slot);
        if (!reading) continue;
        push(watched.window, reading.value);
        long?.feed(watched.series, at, reading);
      }
    },
    async step(at, measured, slot, yesterday) {
      const fresh = admit(at, measured, slot);
      const judged: { watched: Watched; reading: Reading }[] = [];
      const anomalies = arrivals.step(at, measured, slot);
      for (const watched of all.values()) {
        pushYesterday(watched.window, yesterday?.series.get(watched.series.id)?.slots.get(slot)?.value ?? Number.NaN);
        const reading = readingOf(watched, at, measured, slot);
        if (!reading) {
          const ended = at - watched.lastSeenAt > SILENT_STEPS * config.step ? abandon(watched.episode) : undefined;
          if (ended) anomalies.push(ended);
          continue;
        }
        long?.feed(watched.series, at, reading);
        if (watched.window.length >= config.min_points) judged.push({ watched, reading });
        else push(watched.window, reading.value);
      }
      const { verdicts, ...asked } = await verdictsOf(judged);
      const hear = (series: Series, heard: Heard): Heard => long?.hear(series, at, heard) ?? heard;
      const scores: Score[] = [];
      const rows: JudgedRow[] = [];
      for (const [index, { watched, reading }] of judged.entries()) {
        const found = verdicts[index];
        if (!found) continue;
        const { verdict: own, norm, expectations } = found;
        const heard = hear(watched.series, { reading, verdict: own });
        const { verdict } = heard;
        rows.push({ series: watched.series, reading, norm, expectations, score: verdict.score, troubled: watched.episode.open !== undefined });
        const { expected, lower, upper, score } = verdict;
        scores.push({ series: watched.series, value: reading.value, expected, lower, upper, score });
        const anomaly = advance(watched.episode, watched.series, at, heard.reading, verdict);
        if (anomaly) anomalies.push(anomaly);
        // What is abnormal must not become normal until it has lasted: the window remembers what was expected instead. A metric's lone outliers are its nature.
        const lasting = watched.episode.open !== undefined && at - watched.episode.open.startsAt > config.relearn_after;
        const alone = watched.episode.open === undefined && watched.series.kind === 'metric';
        // What only the long memory objects to is what the window holds already.
        const abnormal = !alone && !lasting && isOutside(watched.episode, Math.min(own.score, score));
        push(watched.window, abnormal ? own.expected : reading.value);
      }
      for (const [id, watched] of all) if (at - watched.lastSeenAt > FORGET_MS) all.delete(id);
      return { judged: { at, rows, hear, ...asked }, scores, anomalies, fresh };
    },
    setMembers(next, tails) {
      members = next.toSorted((a, b) => rankOf(a) - rankOf(b));
      if (!tails) return;
      for (const { series, tails: own } of all.values()) {
        const known = tails.of.get(series.id);
        if (known) own.set(tails.calibration, known);
      }
    },
    counts() {
      const learned = [...all.values()].filter((watched) => watched.window.length >= config.min_points).length;
      return { learned, learning: all.size - learned, unwatched };
    },
    open: () => [...arrivals.open(), ...[...all.values()].flatMap((watched) => watched.episode.open ?? [])],
  };

  async function verdictsOf(judged: readonly { watched: Watched; reading: Reading }[]): Promise<Omit<Judged, 'at' | 'rows' | 'hear'> & { verdicts: { verdict: Verdict; norm: Norm; expectations: Expectation[] }[] }> {
    const rows = judged.length;
    const windows = new Float32Array(rows * WINDOW);
    const seasons = new Float32Array(rows * SEASON);
    if (rows === 0) return { windows, seasons, runMs: 0, verdicts: [] };
    const norms: Norm[] = judged.map(({ watched }, row) => normalise(watched.window, row, windows, seasons));
    const began = performance.now();
    const forecasts = await Promise.all(members.map(({ slot, yesterday }) => run(slot, rows, yesterday ? { window: windows, yesterday: seasons } : { window: windows })));
    const runMs = performance.now() - began;
    const verdicts = judged.map(({ watched, reading }, row) => {
      const norm = norms[row] ?? { centre: 0, spread: 1 };
      const expectations = members.map(({ name, calibration }, index): Expectation => {
        const { expected, scale } = inUnits(forecasts[index], row, norm);
        const tail = watched.tails.get(calibration) ?? createTail();
        watched.tails.set(calibration, tail);
        const width = widthOf(tail, probability);
        // An error beyond the band counts as one at its edge: an anomaly must not teach the band to expect it.
        if (!watched.episode.open) learnError(tail, Math.min(Math.abs(reading.value - expected) / scale, width));
        return { detector: name, expected, scale, width };
      });
      return { verdict: judge(watched.series, reading, expectations, stepSeconds, config.sensitivity), norm, expectations };
    });
    return { windows, seasons, runMs, verdicts };
  }
}

/** A forecast of one row in the series' own unit. */
export function inUnits(forecast: Forecast | undefined, row: number, { centre, spread }: Norm): { expected: number; scale: number } {
  return { expected: centre + (forecast?.expected[row] ?? 0) * spread, scale: Math.max((forecast?.scale[row] ?? 0) * spread, PRECISION * (Math.abs(centre) + spread)) };
}

/** Whether a model was asked about numbers: only then is it to blame for an answer that is none. */
export function isAsked({ rows, windows, seasons }: Judged, row: number): boolean {
  const { centre, spread } = rows[row]?.norm ?? { centre: Number.NaN, spread: Number.NaN };
  return Number.isFinite(centre + spread) && windows.subarray(row * WINDOW, (row + 1) * WINDOW).every(Number.isFinite) && seasons.subarray(row * SEASON, (row + 1) * SEASON).every(Number.isFinite);
}

import { setImmediate } from 'node:timers/promises';
import type { Anomaly, Series, UnixMs } from '#core/types.js';
import type { DetectorConfig } from './config.js';
import { abandon } from './episode.js';
import { createLender } from './inputs.js';
import type { Judged } from './judged.js';
import type { Measured } from './measured.js';
import type { Member, Run } from './members.js';
import type { InputName } from './models/model.js';
import type { Forecast } from './onnx/inference.js';
import { isCounted, isNone, type Watched } from './rows.js';

/**
 * What the models are asked in a step. A forecast follows from the points before, so they are asked about every series that is due while its reading is still fetched;
 * about those that come unexpected once it is there.
 */
export interface Questions {
  /** Gives the rows of a block their values of the day before, and asks about those that are due. After an error they are asked about again. */
  ask(watched: Watched, at: UnixMs, yesterday: Measured | undefined, slotBefore: number): void;
  /** Takes the readings of a step: each is asked about by now, or learned where too little is known. Returns episodes that end because nothing comes any more. */
  gather(watched: Watched, at: UnixMs, alive: boolean): Anomaly[];
  /** What the models say of the rows of the part. */
  answers(watched: Watched): Promise<readonly Forecast[]>;
  readonly askAgain: Judged['askAgain'];
  /** When a model answered last, by `performance.now()`. */
  readonly answeredAt: () => number;
}

export interface QuestionsOptions {
  readonly config: Pick<DetectorConfig, 'step' | 'min_points'>;
  readonly run: Run;
  readonly members: () => readonly Member[];
  /** Metric series in no trouble are judged in one of so many steps. */
  readonly every: () => number;
  /** Sees every reading. */
  readonly feed: (series: Series, at: UnixMs, value: number, count: number) => void;
}

/** What is made of the points of a series, not of what follows from them. */
const WHOLE: ReadonlySet<InputName> = new Set(['window', 'sorted', 'yesterday']);

/** A series that has not reported for more steps is stale: its episode ends. */
export const SILENT_STEPS = 12;

export function createQuestions({ config, run, members, every, feed }: QuestionsOptions): Questions {
  const lend = createLender();
  let answeredAt = 0;
  const silentMs = SILENT_STEPS * config.step;

  function waits({ block }: Watched, row: number, series: Series, at: UnixMs): boolean {
    const turn = at / config.step;
    return (every() > 1 && series.kind === 'metric' && !block.episodes.has(row) && (row + turn) % every() !== 0) || (block.lengths[row] ?? 0) < config.min_points;
  }

  function put({ part }: Watched, row: number, series: Series): void {
    part.series[part.rows] = series;
    part.places[part.rows] = row;
    part.rows += 1;
  }

  /** Asks about the rows of a part from `from` on. Those in which nothing moved are the same to any model: of these one is asked about. */
  function asked({ block, part }: Watched, from: number): Promise<readonly Forecast[]> {
    const { rows } = part;
    if (rows === from) return Promise.resolve([]);
    const judging = members();
    const whole = judging.some(({ inputs }) => inputs.some((name) => WHOLE.has(name)));
    const before = part.asked;
    const answers = lend(async (inputs) => {
      // Everything else has its turn between two blocks.
      await setImmediate();
      for (let row = from; row < rows; row += 1) {
        const place = part.places[row] ?? 0;
        const still = block.still(place);
        const kind = block.hasSeason(place) ? 1 : 0;
        const known = still ? (inputs.flat[kind] ?? -1) : -1;
        const to = known === -1 ? inputs.rows : known;
        if (known === -1) {
          inputs.rows += 1;
          if (still) inputs.flat[kind] = to;
        }
        const { centre, spread } = known === -1 || !still ? block.normalise(place, inputs, to, whole) : still;
        part.centres[row] = centre;
        part.spreads[row] = spread;
        part.origins[row] = before + to;
      }
      part.asked = before + inputs.rows;
      return allOf(judging.map((member) => run(member.slot, inputs.rows, inputs.given(member.inputs))));
    });
    const note = (): void => void (answeredAt = performance.now());
    // That it failed matters when the answer is needed.
    answers.then(note, note);
    return answers;
  }

  return {
    ask(watched, at, yesterday, slotBefore) {
      const { block, part } = watched;
      if (watched.askedAt !== at) {
        block.pushSeasons(yesterday, slotBefore);
        part.rows = 0;
        for (let row = 0; row < block.series.length; row += 1) {
          const series = block.series[row];
          if (series && (isCounted(series) ? isNone(block, row, at) : block.isDue(row, at, silentMs)) && !waits(watched, row, series, at)) put(watched, row, series);
        }
        watched.askedAt = at;
      }
      part.ask(members().map(({ name }) => name));
      part.asked = 0;
      watched.answers = [asked(watched, 0)];
    },
    gather(watched, at, alive) {
      const { block, part } = watched;
      const ended: Anomaly[] = [];
      const unexpected: number[] = [];
      const due = part.rows;
      let kept = 0;
      let next = 0;
      for (let row = 0; row < block.series.length; row += 1) {
        const from = next < due && part.places[next] === row ? next : -1;
        if (from !== -1) next += 1;
        const series = block.series[row];
        if (!series) continue;
        const isRead = block.readAt[row] === at;
        if (!isRead && !(alive && isCounted(series) && isNone(block, row, at))) {
          const episode = block.episodes.get(row);
          const silent = episode && at - (block.lastSeenAt[row] ?? 0) > silentMs ? abandon(episode) : undefined;
          if (silent) ended.push(silent);
          continue;
        }
        const value = isRead ? (block.values[row] ?? 0) : 0;
        const count = isRead ? (block.counts[row] ?? 0) : 0;
        feed(series, at, value, count);
        if (series.kind === 'errors') block.pool.take(row, value, count);
        if (from !== -1) {
          part.move(from, kept);
          part.read(kept, value, count, block.pool);
          kept += 1;
        } else if (waits(watched, row, series, at)) block.push(row, value, at);
        else unexpected.push(row);
      }
      part.rows = kept;
      for (const row of unexpected) {
        const series = block.series[row];
        if (!series) continue;
        put(watched, row, series);
        const isRead = block.readAt[row] === at;
        part.read(part.rows - 1, isRead ? (block.values[row] ?? 0) : 0, isRead ? (block.counts[row] ?? 0) : 0, block.pool);
      }
      part.series.length = part.rows;
      if (part.rows > kept) watched.answers.push(asked(watched, kept));
      return ended;
    },
    askAgain: (part, { slot, inputs: names }) =>
      lend((inputs) => {
        for (let row = 0; row < part.rows; row += 1) part.writeAsked(row, inputs, row);
        inputs.rows = part.rows;
        inputs.conclude(names);
        return run(slot, inputs.rows, inputs.given(names));
      }),
    answeredAt: () => answeredAt,
    async answers({ answers }) {
      const [first = [], ...more] = await Promise.all(answers);
      return more.reduce((before, after) => (before.length === 0 ? after : before.map((forecast, member) => joined(forecast, after[member]))), first);
    },
  };
}

/** The first error, when all have ended: what threads are asked must not move before they have answered. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function joined(first: Forecast, then: Forecast | undefined): Forecast {
  return then ? { expected: Float32Array.of(...first.expected, ...then.expected), scale: Float32Array.of(...first.scale, ...then.scale) } : first;
}

import type { Anomaly, Series, UnixMs } from '#core/types.js';
import { Said, type Ask } from './ask.js';
import type { Rule } from './band.js';
import type { Block } from './block.js';
import type { DetectorConfig } from './config.js';
import { abandon, isGone } from './episode.js';
import type { Judged } from './judged.js';
import type { Measured } from './measured.js';
import type { Member } from './members.js';
import type { Pool } from './pool.js';
import { FORGET_MS, mayBeNone, type Watched } from './rows.js';
import { SILENT_STEPS } from './words.js';

/**
 * What the models are asked in a step. A forecast follows from the points before, so they are asked about every series that is due while its reading is still fetched;
 * about those that come unexpected once it is there.
 */
export interface Questions {
  /** Gives the rows of a block their values of the day before, and asks about those that are due. After an error they are asked about again. */
  ask(watched: Watched, at: UnixMs, yesterday: Measured | undefined, slotBefore: number): void;
  /** Takes the readings of a step, and that there was none where silence of a counted row says so: each is asked about by now, or learned where too little is known. Returns episodes that end because nothing comes any more, or go on though nobody is heard. */
  gather(watched: Watched, at: UnixMs, silenceIsNone: (block: Block, row: number) => boolean): Anomaly[];
  /** Resolves when the models have said what they are asked of the rows of the part. */
  answers(watched: Watched): Promise<void>;
  readonly askAgain: Judged['askAgain'];
  /** When a model answered last, by `performance.now()`. */
  readonly answeredAt: () => number;
}

export interface QuestionsOptions {
  readonly config: Pick<DetectorConfig, 'step' | 'min_points'>;
  /** Of models. */
  readonly models: Ask;
  readonly members: () => readonly Member[];
  /** Of metric series in no trouble one of so many points is judged. */
  readonly every: () => number;
  /** Sees every reading. */
  readonly feed: (series: Series, at: UnixMs, value: number, count: number) => void;
}

/** A metric that reports rarely is stale after so many times what its last points were apart. */
const SILENT_POINTS = 3;

/** How long a series may be silent before it is stale. */
export function silentMsOf(block: Block, row: number, stepMs: number): number {
  const least = SILENT_STEPS * stepMs;
  return block.rules[row]?.kind === 'metric' ? Math.max(least, Math.min(FORGET_MS, SILENT_POINTS * block.apartMs(row))) : least;
}

export function createQuestions({ config, models, members, every, feed }: QuestionsOptions): Questions {
  let answeredAt = 0;
  /** Where another model says it, of one part after another. */
  const elsewhere = new Said();

  /** Turns go by points: by steps, what comes in every fourth of them might never have its turn. */
  function waits({ block }: Watched, row: number, { kind }: Rule): boolean {
    return (every() > 1 && kind === 'metric' && !block.episodes.has(row) && (row + block.rings.next(row)) % every() !== 0) || block.rings.known(row) < config.min_points;
  }

  function put({ part }: Watched, row: number, series: Series): void {
    part.series[part.rows] = series;
    part.places[part.rows] = row;
    part.rows += 1;
  }

  /** Shares of failures are pooled. */
  const poolFor = ({ pool }: Block, { kind }: Rule): Pool | undefined => (kind === 'errors' ? pool : undefined);

  /** Asks about the rows of a part from `from` on. */
  function asked({ part }: Watched, from: number): Promise<void> {
    if (part.rows === from) return Promise.resolve();
    const answer = models({
      rings: part.rings,
      places: part.places.slice(from, part.rows),
      members: members().flatMap(({ slot, inputs }, index) => (part.opinions[index] ? { slot, inputs, said: part.opinions[index].said } : [])),
      again: false,
    });
    const note = (): void => void (answeredAt = performance.now());
    // That it failed matters when the answer is needed.
    answer.then(note, note);
    return answer;
  }

  return {
    ask(watched, at, yesterday, slotBefore) {
      const { block, part } = watched;
      if (watched.askedAt !== at) {
        block.rings.turnSeasons();
        part.rows = 0;
        for (let row = 0; row < block.series.length; row += 1) {
          const series = block.series[row];
          const rule = block.rules[row];
          block.noteSeason(row, yesterday, slotBefore);
          if (series && rule && (rule.isCounted ? mayBeNone(block, row, at) : block.isDue(row, at, silentMsOf(block, row, config.step))) && !waits(watched, row, rule)) put(watched, row, series);
          else block.rings.putSeason(row);
        }
        watched.askedAt = at;
      }
      part.ask(members().map(({ name }) => name));
      watched.answers = [asked(watched, 0)];
    },
    gather(watched, at, silenceIsNone) {
      const { block, part } = watched;
      const changed: Anomaly[] = [];
      const unexpected: number[] = [];
      const due = part.rows;
      let kept = 0;
      let next = 0;
      for (let row = 0; row < block.series.length; row += 1) {
        const from = next < due && part.places[next] === row ? next : -1;
        if (from !== -1) next += 1;
        const series = block.series[row];
        const rule = block.rules[row];
        if (!series || !rule) continue;
        const isRead = block.readAt[row] === at;
        if (!isRead && !(rule.isCounted && silenceIsNone(block, row))) {
          const episode = block.episodes.get(row);
          const silentMs = at - (block.lastSeenAt[row] ?? 0);
          // What reports rarely goes on meanwhile. While nobody is heard, a service that was gone is gone still.
          if (episode?.open && (isGone(episode) ? mayBeNone(block, row, at) : silentMs <= silentMsOf(block, row, config.step))) {
            if (silentMs > SILENT_STEPS * config.step) changed.push(episode.open);
          } else {
            const silent = episode && abandon(episode);
            if (silent) changed.push({ ...silent, ended: 'silent' });
          }
          continue;
        }
        const value = isRead ? (block.values[row] ?? 0) : 0;
        const count = isRead ? (block.counts[row] ?? 0) : 0;
        feed(series, at, value, count);
        const pool = poolFor(block, rule);
        pool?.take(row, value, count);
        if (from !== -1) {
          part.move(from, kept);
          part.read(kept, value, count, pool);
          kept += 1;
        } else if (waits(watched, row, rule)) block.push(row, value, at);
        else unexpected.push(row);
      }
      part.rows = kept;
      for (const row of unexpected) {
        const series = block.series[row];
        const rule = block.rules[row];
        if (!series || !rule) continue;
        put(watched, row, series);
        const isRead = block.readAt[row] === at;
        part.read(part.rows - 1, isRead ? (block.values[row] ?? 0) : 0, isRead ? (block.counts[row] ?? 0) : 0, poolFor(block, rule));
      }
      part.series.length = part.rows;
      if (part.rows > kept) watched.answers.push(asked(watched, kept));
      return changed;
    },
    async askAgain(part, member) {
      await models({ rings: part.rings, places: part.places.slice(0, part.rows), members: [{ ...member, said: elsewhere }], again: true });
      return elsewhere;
    },
    answeredAt: () => answeredAt,
    answers: async ({ answers }) => void (await Promise.all(answers)),
  };
}

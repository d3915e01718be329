import type { Anomaly, UnixMs } from '#core/types.js';
import { createBand, judgeReadings, ruleOf, type Expectation } from './band.js';
import type { Block } from './block.js';
import type { DetectorConfig } from './config.js';
import { decide } from './decide.js';
import { advance, createEpisodeState, isBlank, isOutside, noteSurge, relearnMs, type EpisodeState, type Surge } from './episode.js';
import { noteEpisode, withHabit } from './habit.js';
import type { Judged } from './judged.js';
import type { LongMemories } from './long/live.js';
import { probabilityOf, type Member } from './members.js';
import { opine } from './opine.js';
import type { Watched } from './rows.js';

/** Judges what was asked about, once the models have said what they expected. Returns the episodes that began, go on or ended. */
export type Conclude = (watched: Watched, at: UnixMs, members: readonly Member[], hear: Judged['hear']) => Anomaly[];

export function createConclude(config: DetectorConfig, long?: Pick<LongMemories, 'objectsTo'>): Conclude {
  const stepSeconds = config.step / 1000;
  const probability = probabilityOf(config);
  const band = createBand();

  const isRelearned = (open: Anomaly, at: UnixMs, surge: Surge | undefined): boolean => at - open.startsAt > relearnMs(open, config.relearn_after, surge);

  return ({ block, part }, at, members, hear) => {
    const changed: Anomaly[] = [];
    const stateOf = (place: number): EpisodeState | undefined => (block.episodes.size === 0 ? undefined : block.episodes.get(place));
    for (let row = 0; row < part.rows; row += 1) part.troubled[row] = stateOf(part.places[row] ?? 0)?.open ? 1 : 0;
    opine(part, members.map(({ calibration }) => block.tails(calibration)), probability);
    for (let row = 0; row < part.rows; row += 1) {
      const place = part.places[row] ?? 0;
      const series = part.series[row];
      if (!series) continue;
      const state = stateOf(place);
      part.reaches[row] = state?.open && !isRelearned(state.open, at, block.surges.get(place)) ? state.reach : block.reach(place);
      part.silences[row] = part.values[row] === 0 ? block.silence(place, at, config.step) : 0;
      decide(part, row, block.rules[place] ?? ruleOf(series), stepSeconds, config.sensitivity, band);
      const { score } = band;
      const sign = block.signs[place]?.say({ at, value: part.values[row] ?? 0, open: state?.open, isUsual: state?.open !== undefined && isRelearned(state.open, at, undefined), latest: () => block.latest(place, at) });
      part.signed[row] = sign ? 1 : 0;
      if (!state && score <= 1 && !sign && !long?.objectsTo(series)) {
        part.settle(row, band);
        block.push(place, part.values[row] ?? 0, at);
        continue;
      }
      const episode = state ?? createEpisodeState();
      const { expected } = band;
      if (!episode.open) episode.reach = part.reaches[row] ?? Number.NaN;
      const { reading, verdict } = hear(series, sign ?? judgeReadings(series, part.readings(row), sourced(block, place, at, members, part.expectations(row)), stepSeconds, config.sensitivity));
      part.settle(row, verdict);
      const anomaly = advance(episode, series, at, reading, verdict, episode.open && isRelearned(episode.open, at, block.surges.get(place)));
      if (episode.open) changed.push((episode.open = withHabit(episode.open, block.habits.get(place))));
      else if (anomaly) {
        changed.push(anomaly);
        noteEpisode(block.habits, place, anomaly);
        noteSurge(block.surges, place, anomaly);
        // Requests of trouble that is over say nothing of those since.
        block.pool.begin(place);
      }
      // What is abnormal must not become normal until it has lasted: the window remembers what was expected instead. A metric's lone outliers are its nature.
      const lasting = episode.open !== undefined && isRelearned(episode.open, at, block.surges.get(place));
      const alone = episode.open === undefined && series.kind === 'metric';
      // What only the long memory objects to is what the window holds already, and a sign needs no usual.
      const abnormal = !alone && !lasting && !sign && isOutside(episode, Math.min(score, verdict.score));
      block.push(place, abnormal ? expected : (part.values[row] ?? 0), at);
      if (isBlank(episode)) block.episodes.delete(place);
      else block.episodes.set(place, episode);
    }
    return changed;
  };
}

/** With who says so: this runs for what is outside only. */
function sourced(block: Block, place: number, at: UnixMs, members: readonly Member[], expectations: readonly Expectation[]): Expectation[] {
  const { dayBeforeKnown, ...looked } = block.lookedAt(place, at);
  return expectations.map((one) => {
    const member = members.find(({ name }) => name === one.detector);
    const window = { ...looked, dayBefore: dayBeforeKnown && member?.inputs.some((name) => name === 'yesterday' || name === 'forecasts') === true };
    return { ...one, source: member?.model ? { model: member.model, window } : { window } };
  });
}

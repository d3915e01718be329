import type { SeriesState } from '#core/types.js';
import { plural } from '../format/name.js';
import { ago } from '../format/time.js';

export interface JudgedNote {
  /** '' where everything judges: no news is good news then. */
  readonly short: string;
  readonly whole: string;
}

/** Whether a series is judged, in a word or two and in a sentence. */
export function judgedNote({ state, points, needed, lastSeenAt, longMemory }: SeriesState, now: number): JudgedNote {
  switch (state) {
    case 'absent':
      return { short: 'not judged', whole: 'Not judged: the detector has seen nothing of it in the last hour, or has no room for it' };
    case 'learning':
      return { short: `learning, ${points} of ${needed} points`, whole: `Not judged yet: it has ${points} of the ${needed} points that it takes` };
    case 'stale':
      return { short: `last point ${ago(lastSeenAt, now)}`, whole: 'Not judged: it no longer reports' };
    case 'active':
      break;
  }
  const { state: memory, day, of } = longMemory ?? {};
  switch (memory) {
    case 'learning':
      return { short: `long memory: day ${day} of ${of}`, whole: `Judged by its last ${plural(points, 'point')}. What is usual at this time of the day and the week is learned until day ${of}; this is day ${day}` };
    case 'waiting':
      return { short: 'long memory: reads the past', whole: `Judged by its last ${plural(points, 'point')}; its long memory waits for what the store holds of the past` };
    case 'resting':
      return { short: 'long memory rests', whole: `Judged by its last ${plural(points, 'point')}; its long memory rests, because there is no time for it` };
    case 'active':
      return { short: '', whole: `Judged by its last ${plural(points, 'point')} and by what is usual at this time of the day and the week` };
    case undefined:
      return { short: '', whole: `Judged by its last ${plural(points, 'point')}; it has no long memory` };
  }
}

/** What turns surprise into alerts: one per episode, and none for a while unless it gets far worse. */
export interface Alarm {
  /** Feeds one point; true where an alert is raised or still firing. */
  advance(surprise: number): 'raised' | 'firing' | 'quiet';
}

export interface AlarmOptions {
  readonly raise: number;
  readonly calm: number;
  readonly rest: number;
  readonly worse: number;
}

export function createAlarm({ raise, calm, rest, worse }: AlarmOptions): Alarm {
  let open = false;
  let peak = 0;
  let quiet = Infinity;
  return {
    advance(surprise) {
      quiet = surprise >= calm ? 0 : quiet + 1;
      if (quiet > rest) {
        open = false;
        peak = 0;
      }
      if (surprise >= raise && (!open || surprise > peak + worse)) {
        open = true;
        peak = surprise;
        return 'raised';
      }
      return open && surprise >= raise ? 'firing' : 'quiet';
    },
  };
}

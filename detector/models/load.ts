/** What is left out while the models take too long, first to last: the shadow, then models promoted beside those that come with Faultline. Those judge always. */
export type LeftOut = 'nothing' | 'shadow' | 'promoted';

const ORDER: readonly LeftOut[] = ['nothing', 'shadow', 'promoted'];
/** Share of a step beyond which the models are late. */
const LATE_SHARE = 0.5;
/** Steps in time before what was left out last is tried again: a model that is too dear costs one step in so many. */
const CALM_STEPS = 20;

/** Watches the time that models take. `observe` takes that of one step and says what to leave out of the next. */
export function createLoad(stepMs: number): { observe(ms: number): LeftOut } {
  let level = 0;
  let calm = 0;
  return {
    observe(ms) {
      calm += 1;
      if (ms > stepMs * LATE_SHARE) {
        level = Math.min(level + 1, ORDER.length - 1);
        calm = 0;
      } else if (calm >= CALM_STEPS) {
        level = Math.max(level - 1, 0);
        calm = 0;
      }
      return ORDER[level] ?? 'nothing';
    },
  };
}

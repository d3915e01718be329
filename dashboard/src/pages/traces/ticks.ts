const MOST = 6;
/** What a label takes with the space beside it, px. */
const LABEL = 48;

/** Round moments of a lane that is `ms` long and `width` px wide, from 0 on, without the end itself: as many as have room. */
export function ticks(ms: number, width: number): readonly number[] {
  if (!(ms > 0)) return [0];
  const rough = ms / Math.max(1, Math.min(MOST, width / LABEL));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(ms / step - 0.35) }, (_, index) => Number((index * step).toPrecision(12)));
}

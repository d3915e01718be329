const MOST = 6;

/** Round moments of a lane that is `ms` long, from 0 on, without the end itself. */
export function ticks(ms: number): readonly number[] {
  if (!(ms > 0)) return [0];
  const rough = ms / MOST;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(ms / step - 0.35) }, (_, index) => Number((index * step).toPrecision(12)));
}

import type { ValueType } from './ast.js';

/** What a function takes and gives. `optional` arguments at the end may be left out; `repeats` lets the last one be given any number of times more. */
export interface Signature {
  readonly args: readonly ValueType[];
  readonly optional: number;
  readonly repeats: boolean;
  readonly returns: ValueType;
}

const one = (...args: ValueType[]): Signature => ({ args, optional: 0, repeats: false, returns: 'vector' });
const maybe = (...args: ValueType[]): Signature => ({ args, optional: 1, repeats: false, returns: 'vector' });
const many = (optional: number, ...args: ValueType[]): Signature => ({ args, optional, repeats: true, returns: 'vector' });
const scalar = (...args: ValueType[]): Signature => ({ args, optional: 0, repeats: false, returns: 'scalar' });

const named = (names: string, signature: Signature): [string, Signature][] => names.split(' ').map((name) => [name, signature]);

/** Every function of the language. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...named('abs ceil floor exp ln log2 log10 sqrt sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad', one('vector')),
  ...named('absent sort sort_desc timestamp start_timestamp histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar', one('vector')),
  ...named('rate increase delta irate idelta deriv changes resets', one('matrix')),
  ...named('avg_over_time count_over_time first_over_time last_over_time mad_over_time max_over_time min_over_time present_over_time stddev_over_time stdvar_over_time sum_over_time absent_over_time', one('matrix')),
  ...named('ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', one('matrix')),
  ...named('day_of_month day_of_week day_of_year days_in_month hour minute month year', maybe('vector')),
  ['round', maybe('vector', 'scalar')],
  ['clamp', one('vector', 'scalar', 'scalar')],
  ...named('clamp_max clamp_min', one('vector', 'scalar')),
  ...named('double_exponential_smoothing holt_winters', one('matrix', 'scalar', 'scalar')),
  ['predict_linear', one('matrix', 'scalar')],
  ['quantile_over_time', one('scalar', 'matrix')],
  ['histogram_quantile', one('scalar', 'vector')],
  ['histogram_quantiles', many(0, 'vector', 'string', 'scalar')],
  ['histogram_fraction', one('scalar', 'scalar', 'vector')],
  ['label_replace', one('vector', 'string', 'string', 'string', 'string')],
  ['label_join', many(1, 'vector', 'string', 'string', 'string')],
  ...named('sort_by_label sort_by_label_desc', many(1, 'vector', 'string')),
  ['info', maybe('vector', 'vector')],
  ['vector', one('scalar')],
  ['scalar', scalar('vector')],
  ...named('time pi start end step range', scalar()),
  ...named('min_of max_of', scalar('scalar', 'scalar')),
]);

import { operandsOf, type Expr } from './ast.js';
import { syntaxError } from './syntax.js';

/** Functions and aggregations that Prometheus calls experimental. */
const NAMES = new Set([
  'double_exponential_smoothing', 'end', 'histogram_quantiles', 'info', 'limit_ratio', 'limitk', 'mad_over_time', 'max_of', 'min_of', 'range', 'sort_by_label', 'sort_by_label_desc', 'start', 'start_timestamp', 'step',
  'ts_of_first_over_time', 'ts_of_last_over_time', 'ts_of_max_over_time', 'ts_of_min_over_time',
]);

/** Throws QueryError bad_data at what Prometheus understands only with one of its feature flags for PromQL. */
export function refuseExperimental(query: string, expr: Expr): void {
  const found = experimentIn(expr);
  if (found) throw syntaxError(query, expr.start, `${found} experimental and not enabled: see promql.experimental in the configuration`);
  for (const operand of operandsOf(expr)) refuseExperimental(query, operand);
}

function experimentIn(expr: Expr): string | undefined {
  switch (expr.type) {
    case 'number':
    case 'string':
    case 'paren':
    case 'unary':
      return undefined;
    case 'call':
      return NAMES.has(expr.name) ? `the function ${expr.name} is` : undefined;
    case 'aggregation':
      return NAMES.has(expr.op) ? `the aggregation ${expr.op} is` : undefined;
    case 'binary':
      return expr.matching.fillLeft !== undefined || expr.matching.fillRight !== undefined ? 'fill modifiers are' : undefined;
    case 'matrix':
      return isPlain(expr.range.text) ? undefined : ARITHMETIC;
    case 'subquery':
      return [expr.range, expr.step, expr.offset].every((duration) => !duration || isPlain(duration.text)) ? undefined : ARITHMETIC;
    case 'selector':
      if (expr.edges) return `the ${expr.edges} modifier is`;
      return !expr.offset || isPlain(expr.offset.text) ? undefined : ARITHMETIC;
  }
}

const ARITHMETIC = 'arithmetic on durations is';

/** `5m`, `1.5`, `-10`: one duration or number. */
const isPlain = (duration: string): boolean => /^[+-]?\s*[\w.]+$/.test(duration);

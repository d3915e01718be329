import type { Matcher } from '../ast.js';
import { METRIC_NAME } from '../labels.js';

/** A condition on one row, with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Where a row keeps its labels: SQL for the metric's name and for the map of the others. */
export interface LabelColumns {
  readonly name: string;
  readonly labels: string;
}

/** `matchers` as SQL. ClickHouse matches with RE2 like Prometheus; a label that is absent reads as '' from the map. */
export function conditionOf(matchers: readonly Matcher[], columns: LabelColumns, prefix = 'm'): Condition {
  const params: Record<string, string> = {};
  const parts = matchers.map(({ name, op, value }, index) => {
    const parameter = `${prefix}${index}`;
    params[parameter] = op === '=~' || op === '!~' ? `^(?s:${value})$` : value;
    params[`${parameter}l`] = name;
    const column = name === METRIC_NAME ? columns.name : `${columns.labels}[{${parameter}l:String}]`;
    const given = `{${parameter}:String}`;
    switch (op) {
      case '=':
        return `${column} = ${given}`;
      case '!=':
        return `${column} != ${given}`;
      case '=~':
        return `match(${column}, ${given})`;
      case '!~':
        return `NOT match(${column}, ${given})`;
    }
  });
  return { sql: parts.length === 0 ? '1' : parts.join(' AND '), params };
}

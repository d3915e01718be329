import type { Evaluation } from '../eval/turns.js';
import { joinEqual, vector, type Value, type VectorSeries } from '../eval/value.js';
import { isLabelName, labelOf, METRIC_NAME, withLabel } from '../labels.js';
import { executionError } from '../query-error.js';
import { compileRegex } from '../regex.js';
import type { Frame, FunctionTable, PromFunction } from './frame.js';

function relabelled(series: VectorSeries, name: string, value: string): VectorSeries {
  return { ...series, labels: withLabel(series.labels, name, value), dropName: name === METRIC_NAME ? false : series.dropName };
}

/** `$1`, `${1}`, `${name}` and `$$` in Go's replacement syntax; `$1x` names the group `1x`. */
function expand(template: string, groupOf: (group: string) => string): string {
  return template.replace(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_whole, dollar?: string, braced?: string, bare?: string) => {
    return dollar ? '$' : groupOf(braced ?? bare ?? '');
  });
}

function* labelReplace(frame: Frame): Evaluation<Value> {
  const [target, replacement, source, expression] = [frame.text(1), frame.text(2), frame.text(3), frame.text(4)];
  const pattern = compileRegex(expression);
  if (pattern.fault) throw executionError(`invalid regular expression in label_replace(): ${expression}`);
  if (!isLabelName(target)) throw executionError(`invalid destination label name in label_replace(): ${target}`);
  /** What becomes of each value; undefined where it does not match. */
  const known = new Map<string, string | undefined>();
  const replaced: VectorSeries[] = [];
  for (const series of frame.vector(0)) {
    if (frame.context.checkTime()) yield;
    const value = labelOf(series.labels, source);
    if (!known.has(value)) {
      const match = pattern.exec(value);
      known.set(value, match && expand(replacement, match));
    }
    const text = known.get(value);
    replaced.push(text === undefined ? series : relabelled(series, target, text));
  }
  return vector(joinEqual(replaced, true));
}

const labelJoin: PromFunction = (frame) => {
  const target = frame.text(1);
  const separator = frame.text(2);
  const sources = frame.call.args.slice(3).map((_arg, index) => frame.text(index + 3));
  for (const name of sources) if (!isLabelName(name)) throw executionError(`invalid source label name in label_join(): ${name}`);
  if (!isLabelName(target)) throw executionError(`invalid destination label name in label_join(): ${target}`);
  return vector(joinEqual(frame.vector(0).map((series) => relabelled(series, target, sources.map((name) => labelOf(series.labels, name)).join(separator))), true));
};

export const labelFunctions: FunctionTable = { label_replace: labelReplace, label_join: labelJoin };

import { LineCounter } from 'yaml';
import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import { schemaFaults } from '#core/schema-faults.js';
import { offsetOf, placeIn } from '#core/yaml-place.js';
import { optional, parseTexts } from '../../yaml.js';
import { ruleDuration } from '../durations.js';

const labels = optional(z.record(z.string(), z.string()));
const SPECIAL: Readonly<Record<string, number>> = { nan: Number.NaN, '.nan': Number.NaN, inf: Infinity, '+inf': Infinity, '.inf': Infinity, '+.inf': Infinity, '-inf': -Infinity, '-.inf': -Infinity };
const number = z.string().transform((text, context) => {
  const value = SPECIAL[text.toLowerCase()] ?? Number(text);
  if (!Number.isNaN(value) || text.toLowerCase() in SPECIAL) return value;
  context.addIssue({ code: 'custom', message: `not a number: ${JSON.stringify(text)}` });
  return z.NEVER;
});

const test = z.strictObject({
  name: optional(z.string()),
  interval: optional(ruleDuration),
  input_series: optional(z.array(z.strictObject({ series: z.string(), values: z.string() }))),
  alert_rule_test: optional(z.array(z.strictObject({ eval_time: ruleDuration, alertname: z.string(), exp_alerts: optional(z.array(z.strictObject({ exp_labels: labels, exp_annotations: labels }))) }))),
  promql_expr_test: optional(z.array(z.strictObject({ expr: z.string(), eval_time: optional(ruleDuration), exp_samples: optional(z.array(z.strictObject({ labels: optional(z.string()), value: optional(number), histogram: optional(z.string()) }))) }))),
  external_labels: labels,
  external_url: optional(z.string()),
});

const unitFile = z.strictObject({
  rule_files: optional(z.array(z.string())),
  evaluation_interval: optional(ruleDuration),
  group_eval_order: optional(z.array(z.string())),
  fuzzy_compare: optional(z.enum(['true', 'false'])),
  tests: optional(z.array(test)),
});

export type UnitFile = z.output<typeof unitFile>;
export type UnitTest = z.output<typeof test>;

/**
 * Reads a test file of `promtool test rules`: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/.
 * Throws CONFIG_INVALID naming every fault as `file:line: what is wrong`.
 */
export function parseUnitFile(text: string, file: string): UnitFile {
  const lines = new LineCounter();
  const document = parseTexts(text, { lineCounter: lines, prettyErrors: false });
  const at = placeIn(file, lines);
  const refused = (faults: readonly string[]): PipelineError => new PipelineError('CONFIG_INVALID', faults.join('\n'));
  if (document.errors.length > 0) throw refused(document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
  if (document.has('groups')) throw refused([`${at(offsetOf(document, ['groups']))}: this is a rule file, for \`faultline check-rules\`: a file of unit tests names it under rule_files`]);
  const parsed = unitFile.safeParse(document.contents === null ? {} : document.toJS());
  if (parsed.success) return parsed.data;
  throw refused(schemaFaults(unitFile, parsed.error).map(({ path, message }) => `${at(offsetOf(document, path))}: ${path.length > 0 ? `${path.map(String).join('.')}: ` : ''}${message}`));
}

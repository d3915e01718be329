import { parseDocument } from 'yaml';
import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import { ruleDuration } from '../durations.js';

const absent = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());
const labels = absent(z.record(z.string(), z.string()));
const SPECIAL: Readonly<Record<string, number>> = { nan: Number.NaN, '.nan': Number.NaN, inf: Infinity, '+inf': Infinity, '.inf': Infinity, '+.inf': Infinity, '-inf': -Infinity, '-.inf': -Infinity };
const number = z.string().transform((text, context) => {
  const value = SPECIAL[text.toLowerCase()] ?? Number(text);
  if (!Number.isNaN(value) || text.toLowerCase() in SPECIAL) return value;
  context.addIssue({ code: 'custom', message: `not a number: ${JSON.stringify(text)}` });
  return z.NEVER;
});

const test = z.strictObject({
  name: absent(z.string()),
  interval: absent(ruleDuration),
  input_series: absent(z.array(z.strictObject({ series: z.string(), values: z.string() }))),
  alert_rule_test: absent(z.array(z.strictObject({ eval_time: ruleDuration, alertname: z.string(), exp_alerts: absent(z.array(z.strictObject({ exp_labels: labels, exp_annotations: labels }))) }))),
  promql_expr_test: absent(z.array(z.strictObject({ expr: z.string(), eval_time: absent(ruleDuration), exp_samples: absent(z.array(z.strictObject({ labels: absent(z.string()), value: absent(number), histogram: absent(z.string()) }))) }))),
  external_labels: labels,
  external_url: absent(z.string()),
});

const unitFile = z.strictObject({
  rule_files: absent(z.array(z.string())),
  evaluation_interval: absent(ruleDuration),
  group_eval_order: absent(z.array(z.string())),
  fuzzy_compare: absent(z.enum(['true', 'false'])),
  tests: absent(z.array(test)),
});

export type UnitFile = z.output<typeof unitFile>;
export type UnitTest = z.output<typeof test>;

/** Reads a test file of `promtool test rules`: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/. Throws CONFIG_INVALID naming every fault. */
export function parseUnitFile(text: string): UnitFile {
  const document = parseDocument(text, { schema: 'failsafe', merge: true });
  const faults = document.errors.map(({ message }) => message);
  const parsed = faults.length > 0 ? undefined : unitFile.safeParse(document.contents === null ? {} : document.toJS());
  if (parsed?.success) return parsed.data;
  const all = [...faults, ...(parsed?.error.issues ?? []).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)];
  throw new PipelineError('CONFIG_INVALID', all.join('\n'));
}

import { LineCounter, type Document } from 'yaml';
import { z } from 'zod';
import { messageOf } from '#core/errors.js';
import { schemaFaults } from '#core/schema-faults.js';
import type { Labels } from '#core/types.js';
import { offsetOf, placeIn } from '#core/yaml-place.js';
import { ruleDuration } from './durations.js';
import { optional, parseTexts } from '../yaml.js';
import type { Rule, RuleGroup } from './rule.js';
import { compileTemplate, type Template } from './template.js';

const labelName = z.string().min(1).refine((name) => name !== '__name__', '"__name__" is not a valid label name here');
const labels = z.record(labelName, z.string());
/** What a timer can wait. */
const MAX_INTERVAL_MS = 3 * 604_800_000;
const limit = z.string().regex(/^-?\d{1,9}$/, 'expected a whole number').transform(Number);

const ruleSchema = z.strictObject({
  record: optional(z.string()), alert: optional(z.string()), expr: optional(z.string()), for: optional(ruleDuration), keep_firing_for: optional(ruleDuration), labels: optional(labels), annotations: optional(labels),
});
/** `partial_response_strategy` and the like are of other systems: named as unknown. */
const groupSchema = z.strictObject({
  name: z.string().min(1), interval: optional(ruleDuration.refine((ms) => ms > 0 && ms <= MAX_INTERVAL_MS, 'expected more than 0 and at most 3w')), query_offset: optional(ruleDuration), limit: optional(limit), labels: optional(labels), rules: optional(z.array(ruleSchema)),
});
const fileSchema = z.strictObject({ groups: optional(z.array(groupSchema)) });

export interface RuleFileOptions {
  readonly file: string;
  readonly evaluationIntervalMs: number;
  /** The expression on one line. Throws when it is none. */
  readonly normalise: (expr: string) => string;
}

export interface RuleFile {
  readonly groups: readonly RuleGroup[];
  /** `file:line: what is wrong`. A file with any is not to be used. */
  readonly faults: readonly string[];
}

type Path = readonly PropertyKey[];

/** Reads a Prometheus rule file: https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ */
export function parseRuleFile(text: string, { file, evaluationIntervalMs, normalise }: RuleFileOptions): RuleFile {
  const faults: string[] = [];
  const lines = new LineCounter();
  const document = parseTexts(text, { lineCounter: lines, prettyErrors: false });
  const at = placeIn(file, lines);
  for (const error of document.errors) faults.push(`${at(error.pos[0])}: ${error.message}`);
  if (faults.length > 0) return { groups: [], faults };
  const fault = (path: Path, message: string): void => void faults.push(`${at(offsetOf(document, path))}: ${message}`);
  const given: unknown = text.trim() === '' || document.contents === null ? {} : document.toJS();
  if (typeof given === 'object' && given !== null && 'tests' in given) {
    fault(['tests'], 'this is a file of unit tests, for `faultline test-rules`: keep it where rules.files does not find it');
    return { groups: [], faults };
  }
  const parsed = fileSchema.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of schemaFaults(fileSchema, parsed.error)) fault(path, `${whereOf(document, path)}${message}`);
    for (const { path, expr } of expressionsIn(given)) {
      const { wrong } = read(expr, normalise);
      if (wrong !== undefined) fault(path, `${whereOf(document, path.slice(0, -1))}${wrong}`);
    }
    return { groups: [], faults };
  }
  const names = new Set<string>();
  const groups = (parsed.data.groups ?? []).map((group, index): RuleGroup => {
    const path: Path = ['groups', index];
    if (names.has(group.name)) fault([...path, 'name'], `groupname: ${JSON.stringify(group.name)} is repeated in the same file`);
    names.add(group.name);
    const rules = (group.rules ?? []).flatMap((rule, place) => {
      const ruleFault = (key: string, message: string): void => fault([...path, 'rules', place, key], `group ${JSON.stringify(group.name)}, rule ${place + 1}, ${JSON.stringify(rule.record ?? rule.alert ?? '')}: ${message}`);
      return ruleOf(rule, group.labels ?? {}, normalise, ruleFault);
    });
    return { file, name: group.name, intervalMs: group.interval ?? evaluationIntervalMs, queryOffsetMs: group.query_offset ?? 0, limit: group.limit ?? 0, rules };
  });
  return { groups: faults.length > 0 ? [] : groups, faults };
}

function ruleOf(given: z.output<typeof ruleSchema>, groupLabels: Labels, normalise: (expr: string) => string, fault: (key: string, message: string) => void): Rule[] {
  const { record, alert, expr } = given;
  let query = '';
  if (record !== undefined && alert !== undefined) fault('alert', 'only one of "record" and "alert" must be set');
  if (record === undefined && alert === undefined) fault('expr', 'one of "record" or "alert" must be set');
  if (expr === undefined) fault('expr', 'field "expr" must be set in rule');
  else {
    const { line, wrong } = read(expr, normalise);
    query = line;
    if (wrong !== undefined) fault('expr', wrong);
  }
  if (record !== undefined) {
    for (const key of ['annotations', 'for', 'keep_firing_for'] as const) if (given[key] !== undefined) fault(key, `invalid field "${key}" in recording rule`);
    if (/[{}]/.test(record)) fault('record', `braces present in the recording rule name; should it be in expr?: ${record}`);
    return [{ type: 'recording', name: record, expr: expr ?? '', query, labels: { ...groupLabels, ...given.labels } }];
  }
  const compiled = (texts: Labels, key: 'labels' | 'annotations'): [string, Template][] =>
    Object.entries(texts).flatMap(([name, text]): [string, Template][] => {
      try {
        return [[name, compileTemplate(text)]];
      } catch (error) {
        fault(key, `${key === 'labels' ? 'label' : 'annotation'} ${JSON.stringify(name)}: ${messageOf(error)}`);
        return [];
      }
    });
  const labelTexts = { ...groupLabels, ...given.labels };
  const annotations = given.annotations ?? {};
  return [{
    type: 'alerting', name: alert ?? '', expr: expr ?? '', query, labels: labelTexts, annotations, forMs: given.for ?? 0, keepFiringForMs: given.keep_firing_for ?? 0,
    labelTemplates: compiled(labelTexts, 'labels'), annotationTemplates: compiled(annotations, 'annotations'),
  }];
}

/** The expression on one line, or what is wrong with it. */
function read(expr: string, normalise: (expr: string) => string): { line: string; wrong?: string } {
  try {
    return { line: normalise(expr) };
  } catch (error) {
    return { line: '', wrong: `could not parse expression: ${messageOf(error)}` };
  }
}

/** Expressions of a file that is not one, so that a misspelled key does not hide what is wrong with them. */
function* expressionsIn(given: unknown): Generator<{ readonly path: Path; readonly expr: string }> {
  for (const [group, { rules }] of listIn(given, 'groups')) {
    for (const [rule, { expr }] of listIn({ rules }, 'rules')) if (typeof expr === 'string' && expr !== '') yield { path: ['groups', group, 'rules', rule, 'expr'], expr };
  }
}

function* listIn(owner: unknown, key: string): Generator<readonly [place: number, entry: Readonly<Record<string, unknown>>]> {
  const list: unknown = isRecord(owner) ? owner[key] : undefined;
  if (Array.isArray(list)) for (const [place, entry] of list.entries()) if (isRecord(entry)) yield [place, entry];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** `group "x", rule 2: `, as far as the path says. */
function whereOf(document: Document, path: Path): string {
  const [, group, , rule] = path;
  const key = path.at(-1);
  const field = typeof key === 'string' ? `${key}: ` : '';
  if (typeof group !== 'number') return field;
  const name: unknown = document.getIn(['groups', group, 'name']);
  return `group ${typeof name === 'string' ? JSON.stringify(name) : group + 1}${typeof rule === 'number' ? `, rule ${rule + 1}` : ''}: ${field}`;
}

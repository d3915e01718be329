import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf, PipelineError } from '#core/errors.js';
import { glob } from '../alerts/glob.js';
import type { RuleGroup } from '../alerts/rules/rule.js';
import { parseRuleFile, type RuleFile } from '../alerts/rules/rule-file.js';
import { parseUnitFile, type UnitFile } from '../alerts/rules/unit/unit-file.js';
import { runUnitTest } from '../alerts/rules/unit/unit-run.js';
import { parsePromql } from '../promql/parse.js';
import { printLine } from '../promql/print.js';
import { createRuleLab } from './rule-lab.js';

const MINUTE_MS = 60_000;
const indented = (text: string, by: string): string => text.replace(/^/gm, by);
const normalise = (expr: string): string => printLine(parsePromql(expr));

/** `faultline check-rules <file…>`: names every fault of rule files. Sets the exit status to 1 when there is one. */
export async function checkRules(patterns: readonly string[]): Promise<void> {
  if (patterns.length === 0) throw new PipelineError('CONFIG_INVALID', 'name the rule files to check, or configure rules.files');
  for (const file of (await Promise.all(patterns.map(glob))).flat()) {
    console.log(`Checking ${file}`);
    const { groups, faults } = await readRules(file);
    const count = groups.reduce((sum, { rules }) => sum + rules.length, 0);
    console.log(faults.length === 0 ? `  SUCCESS: ${count} ${count === 1 ? 'rule' : 'rules'} found` : `  FAILED:\n${indented(faults.join('\n'), '  ')}`);
    if (faults.length > 0) process.exitCode = 1;
  }
}

/** Every fault of the rule files that these name. */
export async function faultsOfRules(patterns: readonly string[]): Promise<string[]> {
  const files = (await Promise.all(patterns.map(glob))).flat();
  return (await Promise.all(files.map((file) => readRules(file)))).flatMap(({ faults }) => faults);
}

/** `faultline test-rules <file…>`: runs unit tests of rules. Sets the exit status to 1 when one fails. */
export async function testRules(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new PipelineError('CONFIG_INVALID', 'name the files with unit tests of rules');
  for (const file of files) {
    console.log(`Unit testing ${file}`);
    const failures = await runUnitFile(file).catch((error: unknown) => [messageOf(error)]);
    console.log(failures.length === 0 ? '  SUCCESS' : `  FAILED:\n${indented(failures.join('\n'), '    ')}`);
    if (failures.length > 0) process.exitCode = 1;
  }
}

/** What failed in one file of unit tests, one text each. Throws CONFIG_INVALID when it is none. */
export async function runUnitFile(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PipelineError('CONFIG_INVALID', unreadable(file, cause), { cause });
  });
  const unit = parseUnitFile(text, file);
  const failures: string[] = [];
  for (const [index, test] of (unit.tests ?? []).entries()) {
    const groups = await groupsOf(unit, file);
    const failed = await runUnitTest(test, groups, createRuleLab(), unit).catch((error: unknown) => [messageOf(error)]);
    failures.push(...failed.map((failure) => `${test.name ?? `test ${index + 1}`}: ${failure}`));
  }
  return failures;
}

async function groupsOf(unit: UnitFile, file: string): Promise<RuleGroup[]> {
  const patterns = (unit.rule_files ?? []).map((path) => (isAbsolute(path) ? path : join(dirname(file), path)));
  const files = await Promise.all((await Promise.all(patterns.map(glob))).flat().map((path) => readRules(path, unit.evaluation_interval)));
  const faults = files.flatMap((one) => one.faults);
  if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', faults.join('\n'));
  return files.flatMap(({ groups }) => groups);
}

async function readRules(file: string, evaluationIntervalMs = MINUTE_MS): Promise<RuleFile> {
  try {
    return parseRuleFile(await readFile(file, 'utf8'), { file, evaluationIntervalMs, normalise });
  } catch (error) {
    return { groups: [], faults: [unreadable(file, error)] };
  }
}

const unreadable = (file: string, error: unknown): string => `${file}: ${existsNot(error) ? 'there is no such file' : messageOf(error)}`;
const existsNot = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

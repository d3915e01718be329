import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTestStore } from '#store/testing.js';
import { createMemorySubject } from './in-memory.js';
import { createHttpSubject } from './over-http.js';
import { runScript, type Report, type Subject } from './runner.js';

const USAGE = `Usage: npm run conformance -- promql <folder or file> [--json <file>] [--in-memory]

Runs Prometheus' PromQL test scripts (promql/promqltest/testdata of its repository) and exits with 0 only when every evaluation holds.
By default samples go through the embedded store and queries through the HTTP API; --in-memory asks the engine alone.`;

export interface FileReport extends Report {
  readonly file: string;
}

/** Every script in a folder, or one. */
export async function runFiles(path: string, subject: Subject): Promise<FileReport[]> {
  const files = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith('.test')).toSorted().map((name) => join(path, name)) : [path];
  const reports: FileReport[] = [];
  for (const file of files) reports.push({ file: basename(file), ...(await runScript(readFileSync(file, 'utf8'), subject)) });
  return reports;
}

export async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { json: { type: 'string' }, 'in-memory': { type: 'boolean' } } });
  const [suite, path] = positionals;
  if (suite !== 'promql' || !path) {
    console.error(USAGE);
    return 2;
  }
  const store = values['in-memory'] ? undefined : await openTestStore();
  const http = store && (await createHttpSubject(store));
  const reports = await runFiles(path, http ?? createMemorySubject());
  await http?.close();
  await store?.close();
  print(reports);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(reports, undefined, 2)}\n`);
  return reports.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

function print(reports: readonly FileReport[]): void {
  const width = Math.max(...reports.map(({ file }) => file.length));
  for (const { file, passed, failures } of reports) {
    console.log(`${file.padEnd(width)}  ${passed} of ${passed + failures.length} passed`);
    for (const { line, query, message } of failures) console.log(`  ${file}:${line}  ${query}\n    ${message.split('\n')[0]}`);
  }
  const passed = reports.reduce((sum, report) => sum + report.passed, 0);
  const failed = reports.reduce((sum, report) => sum + report.failures.length, 0);
  console.log(`${'total'.padEnd(width)}  ${passed} of ${passed + failed} passed`);
}

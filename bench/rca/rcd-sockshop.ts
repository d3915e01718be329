import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf } from '../../evaluate/csv.js';
import { caseWriter } from './write.js';

/** One folder per fault and run with normal.csv and anomalous.csv; columns are `<entity>_<metric>`. */
export function convert(data: string, out: string): void {
  for (const fault of folders(data)) {
    for (const run of folders(join(data, fault))) {
      const [before, during] = ['normal.csv', 'anomalous.csv'].map((name) => join(data, fault, run, name));
      if (before === undefined || during === undefined || !existsSync(before) || !existsSync(during)) continue;
      const [header = [], ...usual] = fieldsOf(readFileSync(before, 'utf8'));
      const [laterHeader = [], ...later] = fieldsOf(readFileSync(during, 'utf8'));
      const target = caseWriter(out, `${fault}/${run}`);
      target.json({ window: { start: Math.min(...later.map(([at]) => Number(at))) } });
      const columns = header.slice(1).map((name) => ({ name, entity: name.slice(0, name.indexOf('_')), metric: name.slice(name.indexOf('_') + 1) }));
      for (const entity of new Set(columns.map((column) => column.entity))) {
        const own = columns.filter((column) => column.entity === entity);
        const pick = (names: readonly string[], row: readonly string[]): string[] => [row[0] ?? '', ...own.map(({ name }) => row[names.indexOf(name)] ?? '')];
        target.metrics(entity, ['timestamp', ...own.map(({ metric }) => metric)], [...usual.map((row) => pick(header, row)), ...later.map((row) => pick(laterHeader, row))]);
      }
    }
  }
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

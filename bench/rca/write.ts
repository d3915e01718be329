import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvLine } from '../../evaluate/csv.js';

/** Writes cases in the layout of docs/evaluate.md below a folder. */
export interface CaseWriter {
  json(content: object): void;
  /** Rows of timestamp and values; the header's first name is `timestamp`. */
  metrics(entity: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
  table(name: 'graph' | 'calls' | 'alerts' | 'traces' | 'logs', header: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
}

export function caseWriter(root: string, id: string): CaseWriter {
  const folder = join(root, ...id.split('/'));
  mkdirSync(join(folder, 'metrics'), { recursive: true });
  const write = (path: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]): void => writeFileSync(join(folder, path), [header, ...rows].map(csvLine).join(''));
  return {
    json: (content) => writeFileSync(join(folder, 'case.json'), JSON.stringify(content)),
    metrics: (entity, header, rows) => write(join('metrics', `${encodeURIComponent(entity)}.csv`), header, rows),
    table: (name, header, rows) => write(`${name}.csv`, header, rows),
  };
}

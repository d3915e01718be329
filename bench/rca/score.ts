import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupBy } from '../../evaluate/group-by.js';

export interface Accuracy {
  readonly n: number;
  readonly ac1: number;
  readonly ac3: number;
  readonly ac5: number;
  readonly mrr: number;
}

export interface TimelineScore {
  readonly faults: number;
  readonly recall: number;
  readonly precision: number;
  readonly f1: number;
  readonly false_per_hour: number;
  readonly median_ttd_s: number | null;
  readonly rca_all: Accuracy;
}

/** Runs the judges' scorers, which are Python. */
export interface Scorers {
  /** Accuracy over `ids`. */
  rca(truth: string, predictions: string, ids: readonly string[]): Accuracy;
  incidents(truth: string, predictions: string, spans: string): TimelineScore;
}

/** The scorers in `folder`; undefined where there is no Python to run them. */
export function findScorers(folder: string, scratch: string): Scorers | undefined {
  const python = ['python3', 'python'].find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (python === undefined) return undefined;
  const run = (script: string, args: readonly string[]): unknown => JSON.parse(execFileSync(python, [join(folder, script), ...args], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
  return {
    rca(truth, predictions, ids) {
      const list = join(scratch, 'ids.txt');
      writeFileSync(list, ids.join('\n'));
      return (run('rca.py', ['--truth', truth, '--preds', predictions, '--ids', list]) as { all: Accuracy }).all;
    },
    incidents: (truth, predictions, spans) => run('incidents.py', ['--truth', truth, '--preds', predictions, '--span', spans]) as TimelineScore,
  };
}

/** Case ids by the part of the set that they are reported under. */
export function partsOf(truth: Readonly<Record<string, { readonly group: string }>>): Map<string, string[]> {
  return groupBy(Object.keys(truth), (id) => truth[id]?.group.split('/')[0] ?? '');
}

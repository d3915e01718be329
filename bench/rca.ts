import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config.js';
import { findIncidents } from '../evaluate/incidents.js';
import { rankCases } from '../evaluate/rca.js';
import { describeMachine } from './machine.js';
import { BARS, TIMELINE_BARS } from './rca/bars.js';
import { convert as nezha, convertTimelines } from './rca/nezha.js';
import { convert as petshop } from './rca/petshop.js';
import { convert as rcdSockshop } from './rca/rcd-sockshop.js';
import { findScorers, partsOf, type Accuracy, type Scorers } from './rca/score.js';
import { convert as tvdiag } from './rca/tvdiag.js';

const HELP = `usage: npm run bench -- rca --data DIR [--scorers DIR] [--keep DIR] [set …]
  --data     a folder with petshop, nezha, tvdiag and rcd-sockshop, each with its truth.json
  --scorers  where rca.py and incidents.py are; default DIR/score
  --keep     leaves the converted cases and the predictions there`;

const CONVERTERS: Readonly<Record<string, (data: string, out: string) => void>> = { 'rcd-sockshop': rcdSockshop, petshop, nezha, tvdiag };

/** Judges root-cause ranking and grouping on public benchmarks, whose answers only the scorer reads. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { data: { type: 'string' }, scorers: { type: 'string' }, keep: { type: 'string' } } });
  const { data, keep } = values;
  const sets = positionals.length > 0 ? positionals : Object.keys(CONVERTERS);
  if (data === undefined || sets.some((set) => !(set in CONVERTERS))) {
    console.error(HELP);
    process.exitCode = 1;
    return;
  }
  const work = keep ?? mkdtempSync(join(tmpdir(), 'faultline-rca-'));
  try {
    const scorers = findScorers(values.scorers ?? join(data, 'score'), work);
    console.log(`Root cause, judged offline. ${describeMachine()}`);
    if (!scorers) console.log('Neither python3 nor python is on the path: the cases are ranked, but nothing can be scored.');
    for (const set of sets) {
      if (existsSync(join(data, set, 'truth.json'))) await judge(set, join(data, set), work, scorers);
      else console.log(`${set}: not below ${data}`);
    }
  } finally {
    if (keep === undefined) rmSync(work, { recursive: true, force: true });
  }
}

async function judge(set: string, data: string, work: string, scorers: Scorers | undefined): Promise<void> {
  const began = performance.now();
  const cases = join(work, 'cases', set);
  CONVERTERS[set]?.(data, cases);
  const predictions = join(work, `${set}.json`);
  writeFileSync(predictions, JSON.stringify(rankCases(cases)));
  console.log(`\n${set} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  const truthFile = join(data, 'truth.json');
  const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as Record<string, { readonly group: string }>;
  const parts = partsOf(truth);
  if (scorers) {
    const bars = BARS[`${set}/all`];
    if (bars || parts.size > 1) line('all', scorers.rca(truthFile, predictions, Object.keys(truth)), bars);
    if (!bars) for (const [part, ids] of parts) line(part, scorers.rca(truthFile, predictions, ids), BARS[`${set}/${part}`]);
  }
  const spans = join(data, 'spans.json');
  if (!existsSync(spans)) return;
  const timelines = join(work, 'cases', `${set}-timelines`);
  convertTimelines(data, timelines);
  const found = join(work, `${set}-incidents.json`);
  writeFileSync(found, JSON.stringify(await findIncidents(timelines, loadConfig({ env: {}, file: undefined }))));
  if (!scorers) return;
  const score = scorers.incidents(truthFile, found, spans);
  console.log(`  end to end    F1 ${share(score.f1)} (recall ${share(score.recall)}, precision ${share(score.precision)}), ${score.false_per_hour} false/h, found after ${score.median_ttd_s ?? '-'} s, AC@1/3/5 over all faults ${three(score.rca_all)}`);
  console.log(`                ${TIMELINE_BARS}`);
}

function line(part: string, accuracy: Accuracy, bars: (typeof BARS)[string] = []): void {
  console.log(`  ${part.padEnd(13)} AC@1/3/5 ${three(accuracy)}, MRR ${share(accuracy.mrr)}, n ${accuracy.n}`);
  for (const { name, ac1, ac3, ac5 } of bars) {
    const columns = [[accuracy.ac1, ac1], [accuracy.ac3, ac3], [accuracy.ac5, ac5]] as const;
    console.log(`    against ${name}: ${columns.map(([own, bar]) => (bar === undefined ? '-' : `${share(bar)} ${own > bar ? 'beaten' : own === bar ? 'reached' : 'missed'}`)).join(', ')}`);
  }
}

const share = (value: number): string => value.toFixed(3).replace(/^0/, '');
const three = ({ ac1, ac3, ac5 }: Accuracy): string => [ac1, ac3, ac5].map(share).join(' ');

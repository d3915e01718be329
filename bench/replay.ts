import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '#store/open.js';
import { loadConfig } from '../config.js';
import { keepStates } from '../detector/incidents/states.js';
import { openInference } from '../detector/onnx/inference.js';
import { replay } from '../detector/replay.js';
import { isOf, judge, summarise, type Observed, type Planted } from './faults/verdict.js';
import { printSummary, printVerdict, SETTINGS } from './faults/report.js';

const HELP = 'usage: npm run bench -- replay DIR, where DIR was written by npm run bench -- faults --record DIR';

/** What `faults --record` leaves beside the data. Times are epoch milliseconds. */
export interface Recording {
  readonly start: number;
  readonly end: number;
  readonly planted: readonly Planted[];
}

/** Judges a recorded run of the faults anew with the code as it is now: minutes instead of hours, and the same telemetry every time. Unlike live, no telemetry is late and no incident is closed by hand. */
export async function run([folder]: readonly string[]): Promise<void> {
  if (folder === undefined) {
    console.error(HELP);
    process.exitCode = 1;
    return;
  }
  const { start, end, planted } = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8')) as Recording;
  const config = loadConfig({ env: Object.fromEntries(Object.entries(SETTINGS).map(([name, value]) => [`FAULTLINE_${name}`, value])), file: undefined });
  const store = await openStore({ dataDir: join(folder, 'data') });
  const inference = await openInference();
  const states = keepStates();
  const began = performance.now();
  try {
    await replay({ store, config, models: inference.ask, from: start, to: end, events: states.events });
  } finally {
    await inference.close();
    await store.close();
  }
  const seenAt = (at: number): Observed[] =>
    states.all().flatMap((all) => {
      const [opened] = all;
      const latest = all.findLast(({ updatedAt }) => updatedAt <= at);
      return opened && latest ? [{ opened, latest }] : [];
    });
  const verdicts = planted.map((fault) => {
    const early = judge(fault, seenAt(fault.to), planted);
    const late = judge(fault, seenAt(end), planted);
    return early.detected ? { ...early, incidents: late.incidents, others: late.others } : late;
  });
  for (const [index, verdict] of verdicts.entries()) printVerdict(verdict, `${index + 1}/${planted.length}`);
  const outside = seenAt(end).filter(({ opened }) => !planted.some((fault) => isOf(fault, opened)));
  printSummary(summarise(verdicts, outside.length), outside);
  console.log(`Replayed    ${((end - start) / 60_000).toFixed(0)} min in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

import { z } from 'zod';
import { loadConfig } from '../config.js';
import { openInference } from '../detector/onnx/inference.js';
import { CLASSES, KINDS } from './architectures/classes/index.js';
import { judge, type Verdict } from './architectures/judge.js';
import { record } from './architectures/record.js';
import { System } from './architectures/system.js';
import { HEADER, line, tally } from './architectures/tally.js';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';

const optionsSchema = z.strictObject({
  seeds: z.coerce.number().int().min(1).max(1000).default(3),
  only: z.array(z.enum(Object.keys(CLASSES))).default([]),
});
const HELP = 'usage: npm run bench -- architectures [--seeds 3] [--only CLASS …]';

/**
 * Is the cause named in systems unlike the demo shop? Each class makes up a system, what it tells and what breaks in it, one case for each seed; who is to blame is said where it is declared. Each case is ranked told when it broke, and lived through told nothing, by the code that runs live.
 *
 * Told nothing, it is found if an incident opens after the onset; the cause is looked at two steps later, and at the end. Of classes named `none-` nothing is due, and every incident is extra.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const began = performance.now();
  const config = loadConfig({ env: {}, file: undefined });
  const inference = await openInference();
  const byKind = new Map<string, Verdict[]>();
  console.log(`Machine     ${describeMachine()}\n\n${HEADER}`);
  try {
    for (const [kind, classes] of Object.entries(KINDS)) {
      for (const [name, declare] of Object.entries(classes)) {
        if (options.only.length > 0 && !options.only.includes(name)) continue;
        const verdicts: Verdict[] = [];
        for (let seed = 1; seed <= options.seeds; seed += 1) {
          const system = new System(seed, name);
          const answer = declare(system);
          verdicts.push(await judge(record(system, `${name}-${seed}`), answer, config, inference.ask));
        }
        byKind.set(kind, [...(byKind.get(kind) ?? []), ...verdicts]);
        console.log(line(name, tally(verdicts)));
      }
    }
  } finally {
    await inference.close();
  }
  const broken = [...byKind].flatMap(([kind, verdicts]) => (kind === 'nothing' ? [] : verdicts));
  const sums = [...byKind].map(([kind, verdicts]) => line(kind, tally(verdicts)));
  console.log(`\n${[...sums, line('all that broke', tally(broken))].join('\n')}\n\nJudged in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

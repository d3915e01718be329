import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { describeMachine } from './machine.js';

const NAMES = ['otlp', 'remote-write', 'disk', 'growth', 'fuzz'] as const;
type Part = (typeof NAMES)[number];
const DEFAULT: readonly Part[] = ['otlp', 'remote-write'];

const optionsSchema = z.strictObject({
  part: z.enum(NAMES).optional(),
  seconds: z.coerce.number().min(1).max(600).default(10),
  runs: z.coerce.number().int().min(1).max(20).default(5),
  only: z.string().optional(),
  bodies: z.coerce.number().int().min(1).max(100_000_000).default(1_000_000),
  seed: z.coerce.number().int().min(0).default(1),
  json: z.string().min(1).optional(),
});
type Options = z.output<typeof optionsSchema>;
const HELP = `usage: npm run bench -- ingest [--part ${NAMES.join(' | ')}] [--seconds 10] [--runs 5] [--only TEXT-IN-THE-NAME] [--bodies 1000000] [--seed 1] [--json FILE]`;

/** What there is to measure, each in a module of its own. */
const PARTS: Readonly<Record<Part, (options: Options) => Promise<unknown>>> = {
  otlp: async ({ seconds, runs, only }) => (await import('./ingest/otlp.js')).otlp({ seconds, runs, only }),
  'remote-write': async ({ runs }) => (await import('./ingest/remote-write.js')).remoteWrite(runs),
  disk: async () => (await import('./ingest/disk.js')).disk(),
  growth: async ({ seconds }) => (await import('./ingest/growth.js')).growth(seconds),
  fuzz: async ({ bodies, seed, only }) => (await import('./ingest/fuzz.js')).fuzz(bodies, seed, only),
};

export async function run(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const options = optionsSchema.safeParse(parseArgs({ args: [...args], options: { part: text, seconds: text, runs: text, only: text, bodies: text, seed: text, json: text } }).values);
  if (!options.success) {
    console.error(`${z.prettifyError(options.error)}\n${HELP}`);
    process.exitCode = 1;
    return;
  }
  const { part, only, json } = options.data;
  console.log(`Machine     ${describeMachine()}; the sender runs on the same cores`);
  const results: Record<string, unknown> = {};
  for (const name of part ? [part] : only === undefined ? DEFAULT : (['otlp'] as const)) results[name] = await PARTS[name](options.data);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), ...options.data, results }, undefined, 2)}\n`);
}

import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';

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
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const { part, only, json } = options;
  console.log(`Machine     ${describeMachine()}; the sender runs on the same cores`);
  const results: Record<string, unknown> = {};
  for (const name of part ? [part] : only === undefined ? DEFAULT : (['otlp'] as const)) results[name] = await PARTS[name](options);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), ...options, results }, undefined, 2)}\n`);
}

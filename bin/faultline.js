#!/usr/bin/env node
// The launcher: sets up the process before anything loads, builds when needed, then runs the CLI.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

process.env.UV_THREADPOOL_SIZE ??= '10'; // a thread for each session with the embedded ClickHouse (store/engine.ts), and two for files and names; each one more holds some megabytes
process.env.ORT_DISABLE_TELEMETRY = '1'; // ONNX Runtime tells its makers what it is used for, and keeps that in the home folder until it can
setFlagsFromString('--no-flush-bytecode'); // code that has not run for a while stays compiled: whoever opens a dashboard after a quiet night does not wait for that
if (process.pid === 1) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1)); // nothing else ends the first process of a container, until a command that has to stop in order takes them over
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
if (existsSync(join(root, 'tsconfig.json'))) {
  const { buildIfStale } = await import('./build.js');
  await buildIfStale().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
const { runCli } = await import('../dist/cli.js');
await runCli(process.argv.slice(2));

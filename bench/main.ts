/** `npm run bench -- <name> [options]`. Each benchmark prints what it measured, and on which machine. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>>> = {
  faults: () => import('./faults.js'),
  ingest: () => import('./ingest.js'),
  query: () => import('./query.js'),
  store: () => import('./store.js'),
  replay: () => import('./replay.js'),
  detector: () => import('./detector.js'),
  detection: () => import('./detection.js'),
  rca: () => import('./rca.js'),
  architectures: () => import('./architectures.js'),
};

// As the launcher has it.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
const [name = '', ...args] = process.argv.slice(2);
const load = BENCHMARKS[name];
if (load) await (await load()).run(args);
else {
  console.error(`usage: npm run bench -- <${Object.keys(BENCHMARKS).join(' | ')}> [options]`);
  process.exitCode = 1;
}

import { shopOptions } from './options.js';
import { startShop, type Shop } from './shop.js';

const STOP_LIMIT_MS = 1_900;

/** The shop's process: takes its options as one JSON argument, runs until SIGTERM or until its parent is gone. */
const options = shopOptions.parse(JSON.parse(process.argv[2] ?? '{}'));
const say = (line: string): void => console.log(`Demo shop: ${line}`);

let shop: Shop | undefined;
let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(), STOP_LIMIT_MS).unref();
  void (shop?.stop() ?? Promise.resolve()).finally(() => process.exit());
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);

try {
  shop = await startShop(options, say);
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  console.error(taken ? `faultline: the demo's control port ${options.controlPort} is in use; set FAULTLINE_DEMO_CONTROL_PORT to another` : error);
  process.exit(1);
}

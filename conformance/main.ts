import { main } from './promql.js';

process.exitCode = await main(process.argv.slice(2));

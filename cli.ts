import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PipelineError } from '#core/errors.js';
import { createLogger } from '#core/log.js';
import { loadReceivers } from './alerts/receivers/load-receivers.js';
import { requireRoutingFile } from './alerts/routing/load-file.js';
import { runBacktest, type BacktestFlags } from './backtest.js';
import { loadConfig, type Config } from './config.js';
import { runDoctor } from './doctor/command.js';
import { runGpu } from './doctor/gpu/command.js';
import { runIncidents, runRca } from './evaluate/command.js';
import { runModels } from './model-commands.js';
import { checkRules, testRules } from './rule-commands.js';
import { runTrain, type TrainFlags } from './train-command.js';
import { startFaultline, type Faultline } from './main.js';
import { mcpOverStdio } from './server/mcp/server.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string };

const HELP = `Faultline ${version}: OpenTelemetry in, incidents out.

Usage: faultline [command] [options]

Commands
  serve              run everything in one process (the default)
  demo               serve, plus a shop of services whose faults you can watch being found
  backtest <path>    judge recorded series: a CSV or Parquet file, or a folder of them: docs/backtest.md
  backtest --query <promql>
                     judge what a query answers, here or at any Prometheus
  rca                rank root causes of cases in a folder: docs/rca.md
  incidents          find the incidents in timelines in a folder: docs/rca.md
  mcp                answer an agent over stdin and stdout (Model Context Protocol)
  models             list, show, verify, register, shadow, diff, promote, roll back: docs/models.md
  train              train a forecaster, or fine-tune it on your own history: docs/training.md
  doctor             check this machine: what runs where, and why not
  gpu                status, enable, disable: the files for an NVIDIA GPU: docs/gpu.md
  check-config       read the configuration, name every fault, and exit
  check-rules [file…]  read Prometheus rule files, by default those configured, and name every fault
  test-rules <file…>   run unit tests of rules, in promtool's format

Options
  -c, --config <file>   configuration file; default faultline.yaml when there is one
      --check-config    the same as the command
      --input <path>    rca, incidents, train evaluate: the folder to read; backtest: the same as <path>
      --output <path>   backtest, train: the folder or file to write; rca, incidents: the JSON file
      --format <format> backtest: csv or json; default by the name of the output, else csv
      --from <time>, --to <time>, --step <duration>
                        backtest --query: default now-7d, now, 1m
      --from <dir>      gpu enable: the folder that has the files, without a network
      --url <address>   for mcp, models, backtest --query: the Faultline to ask; default http://localhost:8080
      --reason <text>   models: why
      --force           models promote: though a gate is closed
      --seed <n>, --steps <n>
                        train: of its random numbers; how long
      --tenant          train: on from the shipped forecaster, on the last --days <n> of your own history
      --register        train: make the result the next version of its name
  -h, --help            this text
  -v, --version         the version

Every setting is also an environment variable: docs/config.md.`;

/** The demo steps fast so that a newcomer does not wait, and leaves ./data alone. */
const DEMO_DEFAULTS = { data_dir: './data/demo', detector: { step: '5s' } };
const DEFAULT_URL = 'http://localhost:8080';
const STOP_LIMIT_MS = 5_000;

/** Runs one command. Sets the exit status; faults are one plain line on stderr. */
export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' }, 'check-config': { type: 'boolean' }, input: { type: 'string' }, output: { type: 'string' }, url: { type: 'string' },
        format: { type: 'string' }, query: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, step: { type: 'string' }, reason: { type: 'string' }, force: { type: 'boolean' },
        seed: { type: 'string' }, steps: { type: 'string' }, days: { type: 'string' }, tenant: { type: 'boolean' }, register: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' },
      },
    });
    const [given = 'serve', ...rest] = positionals;
    const command = values.help ? 'help' : values.version ? 'version' : values['check-config'] ? 'check-config' : given;
    await run(command, rest, values);
  } catch (error) {
    const known = error instanceof PipelineError || (error instanceof TypeError && 'code' in error);
    console.error(known ? `faultline: ${error.message}` : error);
    process.exitCode = 1;
  }
}

interface Flags extends TrainFlags, BacktestFlags {
  config?: string;
  url?: string;
  reason?: string;
  force?: boolean;
  register?: boolean;
}

async function run(command: string, rest: readonly string[], { config: file, url, reason, force, register, format, query, from, to, step, ...flags }: Flags): Promise<void> {
  const { input, output } = flags;
  switch (command) {
    case 'serve':
      return serve(loadConfig({ env: process.env, file }), false);
    case 'demo':
      return serve(loadConfig({ env: process.env, file, defaults: DEMO_DEFAULTS }), true);
    case 'backtest':
      return runBacktest(rest, { input, output, format, query, from, to, step }, addressOf(url ?? DEFAULT_URL));
    case 'rca':
      return runRca({ input, output });
    case 'incidents':
      return runIncidents({ input, output }, loadConfig({ env: process.env, file }));
    case 'mcp':
      return mcpOverStdio(version, addressOf(url ?? DEFAULT_URL));
    case 'models':
      return runModels(rest, { url: addressOf(url ?? DEFAULT_URL), dataDir: loadConfig({ env: process.env, file }).data_dir, reason: reason ?? '', force: force ?? false });
    case 'train': {
      const folder = await runTrain(rest, flags, loadConfig({ env: process.env, file }));
      if (folder !== undefined && register) await runModels(['register', folder], { url: addressOf(url ?? DEFAULT_URL), dataDir: loadConfig({ env: process.env, file }).data_dir, reason: '', force: false });
      return;
    }
    case 'gpu':
      return runGpu(rest, from);
    case 'doctor':
      return runDoctor({ env: process.env, file });
    case 'check-config': {
      const { alertmanager_config: path } = loadConfig({ env: process.env, file }).alerts;
      if (path !== '') await requireRoutingFile(path, loadReceivers, Date.now());
      console.log('The configuration is valid.');
      return;
    }
    case 'check-rules':
      return checkRules(rest.length > 0 ? rest : loadConfig({ env: process.env, file }).rules.files);
    case 'test-rules':
      return testRules(rest);
    case 'help':
      console.log(HELP);
      return;
    case 'version':
      console.log(version);
      return;
    default:
      throw new PipelineError('CONFIG_INVALID', `no command "${command}"; faultline --help lists them`, { retryable: false });
  }
}

function addressOf(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new PipelineError('CONFIG_INVALID', `${text} is no address such as http://localhost:8080`, { retryable: false });
}

async function serve(config: Config, withDemo: boolean): Promise<void> {
  const began = performance.now();
  const logger = createLogger(config.log_level);
  process.on('unhandledRejection', (error) => logger.error({ error }, 'a failure that nothing handled; carrying on'));
  const faultline = await startFaultline(config, { logger, version, assets: here('./dashboard') });
  const shop = withDemo ? startShop(config) : undefined;
  announce(faultline, config, (performance.now() - began) / 1000, withDemo);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    console.log('Stopping …');
    const limit = setTimeout(() => {
      logger.error('did not stop within 5 s; what was acknowledged is in the queue on disk');
      process.exit(1);
    }, STOP_LIMIT_MS);
    shop?.kill('SIGTERM');
    void faultline.stop().finally(() => {
      clearTimeout(limit);
      process.exit();
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function startShop(config: Config): ChildProcess {
  const options = { otlpHttpUrl: `http://127.0.0.1:${config.otlp_http_port}`, controlPort: config.demo.control_port, host: '127.0.0.1', seed: config.demo.seed, autoFault: config.demo.auto_fault };
  const child = fork(here('./demo/main.js'), [JSON.stringify(options)], { stdio: 'inherit', execArgv: [] });
  child.on('exit', (code) => {
    if (code) console.error(`faultline: the demo shop stopped with status ${code}; Faultline goes on without it`);
  });
  return child;
}

function announce({ endpoints, engine }: Faultline, config: Config, seconds: number, withDemo: boolean): void {
  const lines = [
    `Faultline ${version} is ready (${seconds.toFixed(1)} s).`,
    `  Dashboard   ${endpoints.http}`,
    `  OTLP/HTTP   ${endpoints.otlpHttp}   export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoints.otlpHttp}`,
    `  OTLP/gRPC   ${endpoints.otlpGrpc}`,
    `  Data        ${config.clickhouse_url === '' ? config.data_dir : 'ClickHouse server'} (${engine})`,
  ];
  if (withDemo) {
    lines.push(`  Demo shop   9 services; plant a fault: curl -X POST http://localhost:${config.demo.control_port}/faults/error-burst`);
    if (config.demo.auto_fault) lines.push('              the first fault is planted by itself two and a half minutes from now');
  }
  lines.push('Ctrl-C stops it; the data stays.');
  console.log(lines.join('\n'));
}

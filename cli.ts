import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PipelineError } from '#core/errors.js';
import type { BacktestFlags } from './commands/backtest.js';
import { authorizationFrom } from './commands/token.js';
import type { TrainFlags } from './commands/train.js';
import { configFileOf, loadConfig, type Config } from './config.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

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
  hash-password      read a password and print its hash, for server.auth: docs/auth.md
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

FAULTLINE_TOKEN, or a file named by FAULTLINE_TOKEN_FILE, is the token for the Faultline that is asked: docs/auth.md.
Every setting is also an environment variable: docs/config.md.`;

/** The demo steps fast so that a newcomer does not wait, and leaves ./data alone. */
const DEMO_DEFAULTS = { data_dir: './data/demo', detector: { step: '5s' } };
const DEFAULT_URL = 'http://localhost:8080';

/** Runs one command. Sets the exit status; faults are one plain line on stderr. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const began = performance.now();
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
    await run(command, rest, values, began);
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

/** Each command loads its own code, and no other's. */
async function run(command: string, rest: readonly string[], { config: file, url, reason = '', force = false, register = false, format, query, from, to, step, ...flags }: Flags, began: number): Promise<void> {
  const { input, output } = flags;
  const config = (defaults: Readonly<Record<string, unknown>> = {}): Config => loadConfig({ env: process.env, file, defaults });
  const address = (): string => addressOf(url ?? DEFAULT_URL);
  const authorization = (): string => authorizationFrom(process.env);
  const serve = async (withDemo: boolean): Promise<void> => {
    const defaults = withDemo ? DEMO_DEFAULTS : {};
    const accounts = { file: configFileOf({ env: process.env, file }), read: () => config(defaults).server.auth };
    return (await import('./commands/serve.js')).serve(config(defaults), { version, withDemo, accounts, began });
  };
  switch (command) {
    case 'serve':
      return serve(false);
    case 'demo':
      return serve(true);
    case 'backtest':
      return (await import('./commands/backtest.js')).runBacktest(rest, { input, output, format, query, from, to, step }, address(), authorization());
    case 'rca':
      return (await import('./evaluate/command.js')).runRca({ input, output });
    case 'incidents':
      return (await import('./evaluate/command.js')).runIncidents({ input, output }, config());
    case 'mcp':
      return (await import('./server/mcp/server.js')).mcpOverStdio(version, address(), authorization());
    case 'models':
      return (await import('./commands/models.js')).runModels(rest, { url: address(), authorization: authorization(), dataDir: config().data_dir, reason, force });
    case 'train': {
      const folder = await (await import('./commands/train.js')).runTrain(rest, flags, config());
      if (folder !== undefined && register) await (await import('./commands/models.js')).runModels(['register', folder], { url: address(), authorization: authorization(), dataDir: config().data_dir, reason: '', force: false });
      return;
    }
    case 'gpu':
      return (await import('./doctor/gpu/command.js')).runGpu(rest, from);
    case 'doctor':
      return (await import('./doctor/command.js')).runDoctor({ env: process.env, file });
    case 'hash-password':
      return (await import('./commands/hash-password.js')).printPasswordHash();
    case 'check-config':
      return (await import('./commands/check-config.js')).checkConfig(config());
    case 'check-rules':
      return (await import('./commands/rules.js')).checkRules(rest.length > 0 ? rest : config().rules.files);
    case 'test-rules':
      return (await import('./commands/rules.js')).testRules(rest);
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

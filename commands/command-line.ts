import { parseArgs } from 'node:util';
import { PipelineError } from '#core/errors.js';
import { nearest } from '#core/nearest.js';

const OPTIONS = {
  config: { type: 'string', short: 'c' }, 'check-config': { type: 'boolean' }, input: { type: 'string' }, output: { type: 'string' }, url: { type: 'string' },
  format: { type: 'string' }, query: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, step: { type: 'string' }, reason: { type: 'string' }, force: { type: 'boolean' },
  seed: { type: 'string' }, steps: { type: 'string' }, days: { type: 'string' }, tenant: { type: 'boolean' }, register: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' },
} as const;

type OptionName = keyof typeof OPTIONS;

interface Command {
  /** What stands behind its name, options left out: its forms, one a line. */
  readonly takes?: readonly string[];
  readonly says: string;
  /** Those it reads: what each takes, and what it does. */
  readonly options?: Partial<Readonly<Record<OptionName, readonly [takes: string, says: string]>>>;
}

const CONFIG = { config: ['<file>', 'configuration file; default faultline.yaml when there is one'] } as const;
const URL = { url: ['<address>', 'the Faultline to ask; default http://localhost:8080'] } as const;
const FOLDERS = { input: ['<dir>', 'the folder to read'], output: ['<file>', 'the JSON file to write'] } as const;

const COMMANDS = {
  serve: { says: 'run everything in one process (the default)', options: CONFIG },
  demo: { says: 'serve, plus a shop of services whose faults you can watch being found', options: CONFIG },
  backtest: {
    takes: ['<path>', '--query <promql>'],
    says: 'judge recorded series, a CSV or Parquet file or a folder of them, or what a query answers, here or at any Prometheus: docs/backtest.md',
    options: {
      input: ['<path>', 'the same as <path>'],
      query: ['<promql>', 'judge what it answers'],
      from: ['<time>', 'of --query; default now-7d'],
      to: ['<time>', 'of --query; default now'],
      step: ['<duration>', 'of --query; default 1m'],
      url: ['<address>', 'of --query: the Faultline or Prometheus to ask; default http://localhost:8080'],
      output: ['<path>', 'the file or folder to write; default: to stdout'],
      format: ['<format>', 'csv or json; default by the name of the output, else csv'],
    },
  },
  rca: { says: 'rank root causes of cases in a folder: docs/evaluate.md', options: FOLDERS },
  incidents: { says: 'find the incidents in timelines in a folder: docs/evaluate.md', options: { ...FOLDERS, ...CONFIG } },
  mcp: { says: 'answer an agent over stdin and stdout (Model Context Protocol): docs/mcp.md', options: URL },
  models: {
    takes: ['list', 'show|diff|shadow|retire|promote <name> <version>', 'rollback <name>', 'verify|register <folder>'],
    says: 'see, compare, promote and take back the models that judge: docs/models.md',
    options: { ...URL, reason: ['<text>', 'why, for those who come after you'], force: ['', 'promote though a gate is closed'], ...CONFIG },
  },
  train: {
    takes: ['', 'evaluate [<folder>]'],
    says: 'train a forecaster, or fine-tune it on your own history; evaluate measures one on recorded series: docs/training.md',
    options: {
      seed: ['<n>', 'of its random numbers; default 1'],
      steps: ['<n>', 'how long; default 4000, with --tenant 400'],
      output: ['<dir>', 'the folder to write; default forecaster'],
      tenant: ['', 'on from the shipped forecaster, on your own history'],
      days: ['<n>', 'of --tenant: how many last days of it; default 3'],
      register: ['', 'make the result the next version of its name'],
      input: ['<dir>', 'of evaluate: the folder of recorded series'],
      url: ['<address>', 'of --register: the Faultline to tell; default http://localhost:8080'],
      ...CONFIG,
    },
  },
  doctor: { says: 'check this machine: what runs where, and why not', options: CONFIG },
  gpu: { takes: ['status', 'enable', 'disable'], says: 'the files for an NVIDIA GPU: docs/gpu.md', options: { from: ['<dir>', 'of enable: the folder that has the files, without a network'] } },
  'hash-password': { says: 'read a password and print its hash, for server.auth: docs/auth.md' },
  'check-config': { says: 'read the configuration, name every fault, and exit', options: CONFIG },
  'check-rules': { takes: ['[<file> …]'], says: 'read Prometheus rule files, by default those configured, and name every fault: docs/rules.md', options: CONFIG },
  'test-rules': { takes: ['<file> …'], says: 'run unit tests of rules, in promtool\'s format: docs/rules.md' },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;
const commands: Readonly<Record<string, Command>> = COMMANDS;

/** Asked for in every command. */
const GLOBAL: readonly string[] = ['help', 'version', 'check-config'];

export interface CommandLine {
  readonly command: CommandName | 'help' | 'version';
  readonly rest: readonly string[];
  readonly flags: ReturnType<typeof parsed>['values'];
}

const parsed = (argv: readonly string[]) => parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });

/** Throws CONFIG_INVALID for what no command takes, and for what this one would not read. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { values: flags, positionals } = reading(() => parsed(argv));
  const [given = 'serve', ...rest] = positionals;
  if (flags.version || given === 'version') return { command: 'version', rest, flags };
  if (flags.help) return { command: 'help', rest: positionals.slice(0, 1), flags };
  if (given === 'help') return { command: 'help', rest, flags };
  const command = flags['check-config'] ? 'check-config' : given;
  if (!isCommand(command)) throw unknown(command);
  const { options = {}, takes = [] } = commands[command] ?? {};
  const stray = Object.keys(flags).find((name) => !(name in options) && !GLOBAL.includes(name));
  if (stray !== undefined) throw new PipelineError('CONFIG_INVALID', `${command} does not read --${stray}; faultline ${command} --help says what it takes`);
  if (takes.length === 0 && rest[0] !== undefined && !flags['check-config']) throw new PipelineError('CONFIG_INVALID', `${command} takes no "${rest[0]}"; faultline ${command} --help says what it takes`);
  return { command, rest, flags };
}

const isCommand = (text: string): text is CommandName => Object.hasOwn(COMMANDS, text);

/** Node's own words explain how positional arguments begin with a dash, which helps nobody here. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new PipelineError('CONFIG_INVALID', `${error.message.split('. ')[0]}; faultline --help lists what there is`);
  }
}

function unknown(command: string): PipelineError {
  const near = nearest(command, Object.keys(COMMANDS));
  return new PipelineError('CONFIG_INVALID', `no command "${command}"; ${near === undefined ? '' : `did you mean ${near}? `}faultline --help lists them`);
}

/** What `--help` prints: of one command where `name` is given. */
export function helpText(version: string, name?: string): string {
  if (name === undefined) return overview(version);
  if (!isCommand(name)) throw unknown(name);
  const { takes = [''], says, options = {} } = commands[name] ?? { says: '' };
  const rows = Object.entries(options).map(([option, [value, what]]) => [`  ${option === 'config' ? '-c, ' : '    '}--${option} ${value}`, what] as const);
  return [
    `faultline ${name}: ${says}`,
    '',
    ...takes.map((form, index) => `${index === 0 ? 'Usage: ' : '       '}${`faultline ${name} ${form}`.trimEnd()}${rows.length > 0 ? ' [options]' : ''}`),
    ...(rows.length > 0 ? ['', 'Options', ...columns(rows)] : []),
  ].join('\n');
}

function overview(version: string): string {
  return `Faultline ${version}: OpenTelemetry in, incidents out.

Usage: faultline [command] [options]

Commands
${columns(Object.entries(commands).map(([name, { says }]) => [`  ${name}`, says] as const)).join('\n')}

Options
  -c, --config <file>   configuration file, where a command reads one; default faultline.yaml when there is one
  -h, --help            this text; behind a command, what that one takes
  -v, --version         the version

FAULTLINE_TOKEN, or a file named by FAULTLINE_TOKEN_FILE, is the token for the Faultline that is asked: docs/auth.md.
Every setting is also an environment variable: docs/config.md. Status 0: it went well; 1: it did not, and stderr says why.`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}`);
}

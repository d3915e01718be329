import { readFileSync } from 'node:fs';
import { PipelineError } from '#core/errors.js';
import { helpText, readCommandLine, type CommandLine } from './commands/command-line.js';
import { authorizationFrom } from './commands/token.js';
import { configFileOf, loadConfig, type Config } from './config.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** The demo steps fast so that a newcomer does not wait, and leaves ./data alone. */
const DEMO_DEFAULTS = { data_dir: './data/demo', detector: { step: '5s', delay: '5s' } };
const DEFAULT_URL = 'http://localhost:8080';

/** Runs one command. Sets the exit status; faults are one plain line on stderr. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const began = performance.now();
  try {
    await run(readCommandLine(argv), began);
  } catch (error) {
    console.error(error instanceof PipelineError ? `faultline: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Each command loads its own code, and no other's. */
async function run({ command, rest, flags }: CommandLine, began: number): Promise<void> {
  const { config: file, url, reason = '', force = false, register = false, input, output, format, query, from, to, step } = flags;
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
      console.log(helpText(version, rest[0]));
      return;
    case 'version':
      console.log(version);
      return;
  }
}

function addressOf(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '');
  throw new PipelineError('CONFIG_INVALID', `${text} is no address such as http://localhost:8080`);
}

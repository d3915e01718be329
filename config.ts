import { isIP } from 'node:net';
import { parse } from 'yaml';
import { z } from 'zod';
import { durationWithin } from '#core/duration.js';
import { PipelineError } from '#core/errors.js';
import { nearest } from '#core/nearest.js';
import { schemaFaults } from '#core/schema-faults.js';
import { alertsConfig } from './alerts/config.js';
import { rulesConfig } from './alerts/rules/config.js';
import { keptSlos } from './alerts/rules/slo.js';
import { collectorConfig } from './collector/config.js';
import { detectorConfig } from './detector/config.js';
import { incidentsConfig } from './detector/incidents/config.js';
import { promqlConfig } from './promql/config.js';
import { TOKEN_VARIABLES } from './commands/token.js';
import { DEFAULT_FILE, isRecord, readConfigFile } from './config-file.js';
import { serverConfig } from './server/config.js';
import { tlsConfig } from './tls.js';

const A_PORT = 'expected a port from 0 to 65535';
const port = z.int(A_PORT).min(0, A_PORT).max(65_535, A_PORT);
/** '' or an address. The fault does not repeat it: it may hold a password. */
const address = (example: string) => z.string().refine((text) => text === '' || (/^https?:\/\//.test(text) && URL.canParse(text)), `expected an address such as ${example}`).prefault('');

/** Everything that can be set. Each room owns its part; this file owns what the process as a whole needs. */
export const configSchema = z.strictObject({
  host: z.string().refine((text) => isIP(text) > 0 || /^[\w.-]+$/.test(text), 'expected an address such as 0.0.0.0 or a name, without a port').prefault('127.0.0.1').describe('Address that every port binds to. `0.0.0.0` opens them to the network: set `server.auth` and `tls` first.'),
  http_port: port.prefault(8080).describe('Dashboard, JSON API, `/metrics`. 0 takes a free port.'),
  otlp_http_port: port.prefault(4318).describe('OTLP over HTTP, protobuf and JSON.'),
  otlp_grpc_port: port.prefault(4317).describe('OTLP over gRPC.'),
  clickhouse_http_port: z.union([port, z.literal('auto')], `${A_PORT}, or auto`).prefault('auto').describe('ClickHouse over HTTP, for reading, for clients that take no path; the same as `/clickhouse` of the dashboard\'s port. `auto`: 8123 unless that is in use.'),
  data_dir: z.string().min(1).prefault('./data').describe('Folder of the embedded ClickHouse and of the ingest queue. The demo uses `./data/demo` unless this is set.'),
  clickhouse_url: address('http://user:password@host:8123/database').describe('A ClickHouse server, `http://user:password@host:8123/database`. Empty: the embedded engine.'),
  public_url: address('https://faultline.example.com').refine((text) => !/[?#]/.test(text), 'expected an address without ? and #').transform((text) => text.replace(/\/+$/, '')).describe('Address of the dashboard as people reach it, for links in notifications; its name may ask for the dashboard. Empty: `http://localhost:<http_port>`, with a certificate `https`.'),
  tls: tlsConfig.prefault({}),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).prefault('info').describe('Least severe message that is logged to stderr, as JSON lines.'),
  retention: z
    .strictObject({
      traces: durationWithin('1h', '3650d').prefault('15d').describe('How long spans are kept.'),
      logs: durationWithin('1h', '3650d').prefault('15d').describe('How long log records are kept.'),
      metrics: durationWithin('1h', '3650d').prefault('15d').describe('How long metric samples are kept.'),
      min_free_disk: z.number().min(0).max(0.5).prefault(0.05).describe('Share of the disk that stays free: below it the oldest day of raw telemetry is dropped. Embedded engine only.'),
      rollups: durationWithin('1h', '3650d').prefault('400d').describe('How long one-minute rollups, edges and anomalies are kept.'),
    })
    .prefault({}),
  collector: collectorConfig.prefault({}),
  detector: detectorConfig.prefault({}),
  incidents: incidentsConfig.prefault({}),
  alerts: alertsConfig.prefault({}),
  rules: rulesConfig.prefault({}),
  promql: promqlConfig.prefault({}),
  server: serverConfig.prefault({}),
  self_telemetry: z
    .strictObject({
      enabled: z.boolean().prefault(true).describe('Send this process\'s own traces and metrics to itself, as service `faultline`.'),
      interval: durationWithin('1s', '1h').prefault('15s').describe('Time between two exports of its own metrics.'),
    })
    .prefault({}),
  demo: z
    .strictObject({
      control_port: port.prefault(8090).describe('Where the demo shop takes `POST /faults/<name>`.'),
      auto_fault: z.boolean().prefault(true).describe('Plant a fault after two and a half minutes, and others after it.'),
      seed: z.int().prefault(1).describe('Seed of the shop\'s load and noise.'),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** One setting, for the environment and for docs/config.md. */
export interface Setting {
  readonly path: readonly string[];
  readonly env: string;
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string | number;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly default?: unknown;
  readonly description?: string;
}

/** The variable of a setting is FAULTLINE_ and its path in capitals, but for the one name every ClickHouse tool shares. */
function envName(path: readonly string[]): string {
  const name = path.join('_').toUpperCase();
  return name === 'CLICKHOUSE_URL' ? name : `FAULTLINE_${name}`;
}

const typeOf = ({ enum: choices, const: only, anyOf, type = 'any', ...bounds }: JsonSchema): string => (choices ?? anyOf?.map(typeOf) ?? [only ?? `${type}${boundsOf(bounds)}`]).join(' \\| ');

/** As ` from 0.25 to 4`; those of a whole number as such are none. */
function boundsOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  return `${minimum > Number.MIN_SAFE_INTEGER ? ` from ${minimum}` : ''}${maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ''}`;
}

function* leaves(schema: JsonSchema, path: readonly string[]): Generator<Setting> {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const at = [...path, key];
    if (child.properties) yield* leaves(child, at);
    else yield { path: at, env: envName(at), type: typeOf(child), default: child.default, description: child.description ?? '' };
  }
}

export const settings: readonly Setting[] = [...leaves(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, [])];

/** What Kubernetes tells every pod of the Services beside it: of one called faultline it looks like settings. */
const isOfService = (name: string, value: string): boolean => /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?$/.test(name) || (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value));

const FILE_VARIABLE = 'FAULTLINE_CONFIG';
const NO_SETTINGS: readonly string[] = [FILE_VARIABLE, ...TOKEN_VARIABLES];
const known = new Map(settings.map((setting) => [setting.env, setting]));
const PREFIX = 'FAULTLINE_';

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file given on the command line; it must exist. */
  readonly file?: string | undefined;
  /** Values under those of the file and the environment, by path: the demo's. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** The file that the command line or the environment gives; an empty variable counts as unset. */
const fileGiven = ({ env, file }: Pick<ConfigSource, 'env' | 'file'>): string | undefined => file ?? (env[FILE_VARIABLE] === '' ? undefined : env[FILE_VARIABLE]);

/** The file that is read; it need not exist unless one was given. */
export const configFileOf = (source: Pick<ConfigSource, 'env' | 'file'>): string => fileGiven(source) ?? DEFAULT_FILE;

/** Reads the file, then the environment over it. Throws CONFIG_INVALID naming every fault at once. */
export function loadConfig({ env, file, defaults = {} }: ConfigSource): Config {
  const { content, faults: unread, placeOf } = readConfigFile(fileGiven({ env, file }));
  const faults = [...unread];
  const input = merge(defaults, content);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || NO_SETTINGS.includes(name) || isOfService(name, value)) continue;
    const setting = known.get(name);
    if (setting) put(input, setting.path, setting.type === 'string' ? value : scalar(value));
    else if (name.startsWith(PREFIX)) faults.push(`${name}: no such setting${adviceOn(name)}`);
  }
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    for (const { path, message, mistyped } of schemaFaults(configSchema, parsed.error)) {
      const words = path.map(String);
      const variable = words.map((_, index) => envName(words.slice(0, index + 1))).find((name) => known.has(name) && env[name]);
      const place = placeOf(path);
      const where = variable ?? `${place === undefined ? '' : `${place}: `}${words.join('.') || 'configuration'}`;
      faults.push(`${where}: ${message}${mistyped ? exampleOf(words) : ''}`);
    }
  }
  if (parsed.success) faults.push(...portsGivenTwice(parsed.data));
  if (!parsed.success || faults.length > 0) {
    throw new PipelineError('CONFIG_INVALID', `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
  return { ...parsed.data, rules: { ...parsed.data.rules, slos: keptSlos(parsed.data.rules.slos, parsed.data.retention) } };
}

/** What a variable that is none may stand for. Compared without what all share, so that a short name is not taken for another. */
function adviceOn(name: string): string {
  const names = [...known.keys(), ...NO_SETTINGS].filter((one) => one.startsWith(PREFIX)).map((one) => one.slice(PREFIX.length));
  const meant = nearest(name.slice(PREFIX.length), names);
  return meant === undefined ? '; docs/config.md lists them' : `, did you mean ${PREFIX}${meant}?`;
}

/** `; the default is "15d"`, which shows how such a value is written. */
function exampleOf(path: readonly string[]): string {
  const example = settings.find((setting) => setting.path.join('.') === path.join('.'))?.default;
  return example === undefined || example === '' || typeof example === 'object' ? '' : `; the default is ${JSON.stringify(example)}`;
}

/** Two listeners would find it out one after the other, and blame another program. */
function* portsGivenTwice(config: Config): Generator<string> {
  const owners = new Map<number, string>();
  for (const key of ['http_port', 'otlp_http_port', 'otlp_grpc_port', 'clickhouse_http_port'] as const) {
    const given = config[key];
    if (given === 0 || given === 'auto') continue;
    const owner = owners.get(given);
    if (owner === undefined) owners.set(given, key);
    else yield `${key}: ${given} is already the ${owner}; each needs its own`;
  }
}

function scalar(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function merge(under: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = structuredClone({ ...under });
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return result;
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = isRecord(target[key]) ? target[key] : {};
  target[key] = child;
  put(child, rest, value);
}

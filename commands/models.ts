import { cpSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { userInfo } from 'node:os';
import { messageOf, PipelineError } from '#core/errors.js';
import type { ApiModel, ApiModelDiff, ApiModels } from '#core/models.js';
import { readModel } from '../detector/models/files.js';
import { openInference } from '../detector/onnx/inference.js';

export interface ModelOptions {
  readonly url: string;
  /** The header to send; '' for none. */
  readonly authorization: string;
  readonly dataDir: string;
  readonly reason: string;
  readonly force: boolean;
}

const USAGE = `usage: faultline models list
       faultline models show|diff|shadow|retire|promote <name> <version> [--reason TEXT] [--force]
       faultline models rollback <name> [--reason TEXT]
       faultline models verify|register <folder>`;

const VERSIONED = ['show', 'diff', 'shadow', 'retire', 'promote'];
const NAMED = [...VERSIONED, 'rollback', 'verify', 'register'];

/** The life cycle of models from the command line: asks the Faultline at `url`; \`verify\` needs none. */
export async function runModels([command = 'list', first = '', second = '', ...more]: readonly string[], options: ModelOptions): Promise<void> {
  const isNamed = !NAMED.includes(command) || first !== '';
  const isVersioned = !VERSIONED.includes(command) || /^\d+$/.test(second);
  if (more.length > 0 || !isNamed || !isVersioned) throw usage();
  const decision = { by: userName(), reason: options.reason };
  const path = (action: string): string => `/api/models/${encodeURIComponent(first)}/${encodeURIComponent(second)}/${action}`;
  const ask = <T>(where: string, body?: object): Promise<T> => call<T>(options, where, body);
  switch (command) {
    case 'list': {
      const { models, provider, leftOut } = await ask<ApiModels>('/api/models');
      console.log(table([['name', 'version', 'state', 'since', 'parameters', 'sha256'], ...models.map(({ name, version, state, since, parameters, sha256 }) => [name, String(version), state, new Date(since).toISOString().slice(0, 19), String(parameters), sha256.slice(0, 12)])]));
      console.log(`\nThey run on ${provider}.${leftOut === 'nothing' ? '' : ` They take too long: ${leftOut === 'shadow' ? 'the shadow is' : 'the shadow and what was promoted beside the models of the product are'} left out.`}`);
      return;
    }
    case 'show': {
      const { models, events } = await ask<ApiModels>('/api/models');
      const model = models.find(({ name, version }) => name === first && version === Number(second));
      if (!model) throw new PipelineError('NOT_FOUND', `no ${first} version ${second}; \`faultline models list\` shows what there is`);
      console.log(JSON.stringify({ ...model, events: events.filter(({ name, version }) => name === first && version === model.version) }, undefined, 2));
      return;
    }
    case 'diff':
      return printDiff(await ask<ApiModelDiff>(path('diff')));
    case 'shadow':
    case 'retire':
      return said(await ask<ApiModel>(path(command), decision));
    case 'promote':
      return said(await ask<ApiModel>(path('promote'), { ...decision, force: options.force }));
    case 'rollback':
      return said(await ask<ApiModel>(`/api/models/${encodeURIComponent(first)}/rollback`, decision));
    case 'verify':
      return verify(first);
    case 'register':
      return register(first, options, decision.by);
    default:
      throw usage();
  }
}

/** Whoever runs the command, where the system has a name for them. */
function userName(): string {
  try {
    return userInfo().username || 'cli';
  } catch {
    return 'cli';
  }
}

const usage = (): PipelineError => new PipelineError('CONFIG_INVALID', USAGE);

/** Reads the folder and lets the model give its known answer on the provider in use. */
async function verify(folder: string): Promise<void> {
  const model = readModel(folder);
  const inference = await openInference();
  try {
    const began = performance.now();
    await inference.load(model.card.name, model);
    console.log(`${model.card.name}: sha256 ${model.card.sha256}, ${model.card.parameters} parameters, gives its known answer on ${inference.provider} (loaded in ${(performance.now() - began).toFixed(0)} ms).`);
  } finally {
    await inference.close();
  }
}

/** Puts the folder where Faultline looks; one that runs takes it at once, else the next start does. */
async function register(folder: string, options: ModelOptions, by: string): Promise<void> {
  await verify(folder);
  const target = join(options.dataDir, 'models', `${basename(resolve(folder))}-${readModel(folder).card.sha256.slice(0, 8)}`);
  if (resolve(target) !== resolve(folder)) copy(folder, target);
  console.log(`Copied to ${target}.`);
  try {
    const { registered } = await call<{ registered: readonly ApiModel[] }>(options, '/api/models/scan', { by });
    registered.forEach(said);
    if (registered.length > 0) return;
    const { sha256 } = readModel(folder).card;
    const { models } = await call<ApiModels>(options, '/api/models');
    console.log(models.some((one) => one.sha256 === sha256) ? 'It is registered already.' : `The Faultline at ${options.url} does not look there: it has another data folder. Copy it to models/ of that one, or name that one with FAULTLINE_DATA_DIR.`);
  } catch (error) {
    console.log(`${messageOf(error)}: it is registered at the next start.`);
  }
}

/** What is there already stays, unless a copy was cut off. */
function copy(folder: string, target: string): void {
  try {
    readModel(target);
  } catch {
    try {
      cpSync(folder, target, { recursive: true });
    } catch (cause) {
      throw new PipelineError('DATA_DIR_UNUSABLE', `the model cannot be copied to ${target}: ${messageOf(cause)}`, { cause });
    }
  }
}

function said({ name, version, state }: ApiModel): void {
  console.log(`${name} version ${version} is ${state}.`);
}

function printDiff({ name, version, from, to, steps, skipped, points, alarms, outside, error, msPerStep, changes, gates }: ApiModelDiff): void {
  console.log(`${name} version ${version}, ${((to - from) / 3_600_000).toFixed(1)} h beside the active models: ${steps} steps (${skipped} left out), ${points} points`);
  console.log(`alarms          ${alarms.shadow} beside ${alarms.active}: ${alarms.both} the same, ${alarms.added} added, ${alarms.removed} removed, ${alarms.delayed} later, ${alarms.earlier} earlier`);
  console.log(`outside         ${(outside.shadow * 100).toFixed(3)} % of points beside ${(outside.active * 100).toFixed(3)} %`);
  console.log(`forecast error  ${error.shadow.toFixed(3)} beside ${error.active.toFixed(3)} standard deviations`);
  console.log(`time per step   ${msPerStep.shadow.toFixed(1)} ms beside ${msPerStep.active.toFixed(1)} ms`);
  for (const { gate, passed, text } of gates) console.log(`${passed ? '  open  ' : '  closed'}  ${gate.padEnd(6)}  ${text}`);
  for (const { change, series, startsAt, laterMs } of changes.slice(0, 40)) console.log(`${change.padEnd(8)} ${new Date(startsAt).toISOString().slice(0, 19)}  ${[series.service, series.operation, series.metric].filter(Boolean).join(' ')}${laterMs === 0 ? '' : `  ${laterMs / 1000} s`}`);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

async function call<T>({ url: base, authorization }: Pick<ModelOptions, 'url' | 'authorization'>, path: string, body?: object): Promise<T> {
  const headers = { ...(authorization !== '' && { authorization }), ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(new URL(`${base.replace(/\/+$/, '')}${path}`), body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }).catch((cause: unknown) => {
    throw new PipelineError('STORE_UNAVAILABLE', `no Faultline answers at ${base}; start it, or say where it is with --url`, { cause });
  });
  const answer = await (response.json() as Promise<T & { error?: { message: string } }>).catch((cause: unknown) => {
    throw new PipelineError('QUERY_INVALID', `what answers at ${base} is no Faultline (status ${response.status}): say where it is with --url`, { cause });
  });
  if (!response.ok) throw new PipelineError('QUERY_INVALID', answer.error?.message ?? `${base} answered ${response.status}`);
  return answer;
}

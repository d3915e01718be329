import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, parseDocument, stringify, visit } from 'yaml';
import { messageOf, PipelineError } from '#core/errors.js';
import { stampOf } from '#core/file-stamps.js';
import type { UnixMs } from '#core/types.js';
import { glob } from '../glob.js';
import { faultOfChannel } from '../notify/check-channel.js';
import { parseAlertmanagerFile, type RoutingPlan } from './alertmanager-file.js';
import type { Integration } from './notification.js';

/** The parts of an alertmanager.yml that say how people are told. */
export interface ReceiversSpec {
  readonly global: unknown;
  readonly receivers: unknown;
  readonly templates: unknown;
}

/** What `receivers` makes of them. Faults are sentences without a secret. */
export type LoadReceivers = (spec: ReceiversSpec, baseDir: string) => { readonly integrations: readonly Integration[]; readonly faults: readonly string[] } | Promise<{ readonly integrations: readonly Integration[]; readonly faults: readonly string[] }>;

export interface RoutingFile {
  readonly plan: RoutingPlan;
  readonly integrations: readonly Integration[];
  /** The routing as YAML, without the settings of receivers. */
  readonly original: string;
  /** Paths of its templates, with wildcards. */
  readonly templates: readonly string[];
}

/** What a file and the files of its templates look like on disk. */
export const stampOfRouting = async (path: string, templates: readonly string[]): Promise<string> => stampOf([path, ...(await Promise.all(templates.map(glob))).flat()]);

/** The file, or every fault of it at once, and its templates as far as they are known. */
export type LoadedFile = { readonly file: RoutingFile; readonly faults: readonly []; readonly templates: readonly string[] } | { readonly file: undefined; readonly faults: readonly string[]; readonly templates: readonly string[] };

export async function loadRoutingFile(path: string, loadReceivers: LoadReceivers, now: UnixMs): Promise<LoadedFile> {
  try {
    return await readRouting(await readFile(path, 'utf8'), path, loadReceivers, now);
  } catch (error) {
    return { file: undefined, faults: [`${path}: ${messageOf(error)}`], templates: [] };
  }
}

/** The file. Throws CONFIG_INVALID with every fault of it. */
export async function requireRoutingFile(path: string, loadReceivers: LoadReceivers, now: UnixMs): Promise<RoutingFile> {
  const { file, faults } = await loadRoutingFile(path, loadReceivers, now);
  if (!file) throw new PipelineError('CONFIG_INVALID', `alerts.alertmanager_config has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return file;
}

/** Without a file everything goes to a receiver that tells nobody. */
export function builtInRouting(): RoutingFile {
  const { plan } = parseAlertmanagerFile(BUILT_IN, 'the built-in routing');
  if (!plan) throw new Error('the built-in routing has faults');
  return { plan, integrations: [], original: BUILT_IN, templates: [] };
}

export async function readRouting(text: string, path: string, loadReceivers: LoadReceivers, now: UnixMs): Promise<LoadedFile> {
  const { plan, faults } = parseAlertmanagerFile(text, path);
  const whole = recordOf(asWritten(text));
  const { global, receivers, templates } = whole;
  // A file that is no YAML has been said to be none.
  const loaded = whole === NOTHING ? { integrations: [], faults: [] } : await loadReceivers({ global, receivers, templates }, dirname(path));
  const broken = loaded.faults.length > 0 ? [] : await Promise.all(loaded.integrations.map(async ({ name, channel }) => ({ name, fault: await faultOfChannel(channel, now) })));
  const patterns = (Array.isArray(templates) ? templates : []).filter((each) => typeof each === 'string').map((each) => resolve(dirname(path), each));
  const all = [...faults, ...loaded.faults.map((fault) => `${path}: ${fault}`), ...broken.flatMap(({ name, fault }) => (fault === undefined ? [] : [`${path}: ${name}: ${fault}`]))];
  if (!plan || all.length > 0) return { file: undefined, faults: all, templates: patterns };
  return { file: { plan, integrations: loaded.integrations, original: withoutSecrets(recordOf(parse(text, { merge: true }))), templates: patterns }, faults: [], templates: patterns };
}

const NOTHING = {};
const BUILT_IN = 'route:\n  receiver: none\nreceivers:\n- name: none\n';

/** Every scalar as the text it is, but for the absent one: a password may look like a number. undefined for what is no YAML. */
function asWritten(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) return undefined;
  visit(document, {
    Scalar(_key, node) {
      if (node.value !== null && node.source !== undefined) node.value = node.source;
    },
  });
  return document.toJS();
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : NOTHING);

function withoutSecrets(whole: Readonly<Record<string, unknown>>): string {
  const { route, inhibit_rules: rules, time_intervals: times, mute_time_intervals: muteTimes, receivers, global } = whole;
  const { resolve_timeout: resolveTimeout } = recordOf(global);
  const names = Array.isArray(receivers) ? receivers.map((receiver: unknown) => ({ name: recordOf(receiver)['name'] })) : [];
  return stringify({
    ...(resolveTimeout !== undefined && { global: { resolve_timeout: resolveTimeout } }), route, ...(rules !== undefined && { inhibit_rules: rules }), receivers: names,
    ...(times !== undefined && { time_intervals: times }), ...(muteTimes !== undefined && { mute_time_intervals: muteTimes }),
  }, { aliasDuplicateObjects: false });
}

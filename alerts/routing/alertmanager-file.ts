import { LineCounter } from 'yaml';
import { offsetOf, placeIn } from '#core/yaml-place.js';
import { parseTexts } from '../yaml.js';
import { fileSchema, type FileSpec, type RouteSpec } from './file-schema.js';
import type { InhibitRule } from './inhibit.js';
import { printMatchers, sortMatchers } from './matcher.js';
import type { Route } from './route.js';
import type { TimeInterval } from './time-interval.js';

/** What an alertmanager.yml says about who is told of what and when. */
export interface RoutingPlan {
  readonly route: Route;
  /** In the order of the file. */
  readonly receivers: readonly string[];
  readonly inhibitRules: readonly InhibitRule[];
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  /** How long an alert lasts whose sender names no end. */
  readonly resolveTimeoutMs: number;
}

export interface ParsedFile {
  /** Undefined when there is any fault. */
  readonly plan: RoutingPlan | undefined;
  /** `file:line: what is wrong`, all of them. */
  readonly faults: readonly string[];
}

type Path = readonly PropertyKey[];
type Fault = (path: Path, message: string) => void;

const DEFAULTS = { group_wait: 30_000, group_interval: 300_000, repeat_interval: 14_400_000, resolve_timeout: 300_000 };

/** Reads the routing of an alertmanager.yml. Pure. Source: https://prometheus.io/docs/alerting/latest/configuration/ */
export function parseAlertmanagerFile(text: string, file: string): ParsedFile {
  const faults: string[] = [];
  const lines = new LineCounter();
  const document = parseTexts(text, { lineCounter: lines, prettyErrors: false });
  const at = placeIn(file, lines);
  for (const error of document.errors) faults.push(`${at(error.pos[0])}: ${error.message}`);
  if (faults.length > 0) return { plan: undefined, faults };
  const fault: Fault = (path, message) => void faults.push(`${at(offsetOf(document, path))}: ${message}`);
  const parsed = fileSchema.safeParse(document.contents === null ? {} : document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) fault([...issue.path, key], `${wordsOf([...issue.path, key])}: not a key that is supported here`);
      else fault(issue.path, `${wordsOf(issue.path)}: ${issue.message}`);
    }
    return { plan: undefined, faults };
  }
  const plan = planOf(parsed.data, fault);
  return { plan: faults.length > 0 ? undefined : plan, faults };
}

/** `route.routes[2].receiver` */
const wordsOf = (path: Path): string => path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('').slice(1) || 'file';

function planOf(spec: FileSpec, fault: Fault): RoutingPlan {
  const receivers = (spec.receivers ?? []).map(({ name }) => name);
  receivers.forEach((name, index) => {
    if (receivers.indexOf(name) !== index) fault(['receivers', index, 'name'], `receiver name ${JSON.stringify(name)} is not unique`);
  });
  const timeIntervals = new Map<string, readonly TimeInterval[]>();
  for (const key of ['mute_time_intervals', 'time_intervals'] as const) {
    for (const [index, { name, time_intervals: intervals }] of (spec[key] ?? []).entries()) {
      if (timeIntervals.has(name)) fault([key, index, 'name'], `time interval ${JSON.stringify(name)} is not unique`);
      timeIntervals.set(name, intervals ?? []);
    }
  }
  const { route: root } = spec;
  if (root.receiver === undefined) fault(['route'], 'root route must specify a default receiver');
  if ([root.match, root.match_re, root.matchers].some((list) => list && list.length > 0)) fault(['route'], 'root route must not have any matchers');
  for (const key of ['mute_time_intervals', 'active_time_intervals'] as const) if (root[key]) fault(['route', key], `root route must not have any ${key}`);
  if (root.continue) fault(['route', 'continue'], 'cannot have continue in root route');
  const route = routeOf(root, undefined, ['route'], { receivers: new Set(receivers), times: timeIntervals, fault });
  const inhibitRules = (spec.inhibit_rules ?? []).map((rule): InhibitRule => ({
    source: [...(rule.source_match ?? []), ...(rule.source_match_re ?? []), ...(rule.source_matchers ?? [])],
    target: [...(rule.target_match ?? []), ...(rule.target_match_re ?? []), ...(rule.target_matchers ?? [])],
    equal: rule.equal ?? [],
  }));
  return { route, receivers, inhibitRules, timeIntervals, resolveTimeoutMs: spec.global?.resolve_timeout ?? DEFAULTS.resolve_timeout };
}

interface Known {
  readonly receivers: ReadonlySet<string>;
  readonly times: ReadonlyMap<string, unknown>;
  readonly fault: Fault;
}

function routeOf(spec: RouteSpec, parent: Route | undefined, path: Path, known: Known): Route {
  const { receivers, times, fault } = known;
  if (spec.receiver !== undefined && !receivers.has(spec.receiver)) fault([...path, 'receiver'], `undefined receiver ${JSON.stringify(spec.receiver)} used in route`);
  for (const key of ['mute_time_intervals', 'active_time_intervals'] as const) {
    for (const name of spec[key] ?? []) if (!times.has(name)) fault([...path, key], `undefined time interval ${JSON.stringify(name)} used in route`);
  }
  const groupBy = spec.group_by;
  if (groupBy && new Set(groupBy).size !== groupBy.length) fault([...path, 'group_by'], 'a label is twice in group_by');
  if (groupBy && groupBy.includes('...') && groupBy.length > 1) fault([...path, 'group_by'], 'cannot have wildcard group_by (`...`) and other labels at the same time');
  const matchers = sortMatchers([...(spec.match ?? []), ...(spec.match_re ?? []), ...(spec.matchers ?? [])]);
  const printed = printMatchers(matchers);
  const node: Route = {
    id: path.filter((part) => typeof part === 'number').join('/'),
    key: parent ? `${parent.key}/${printed}` : printed,
    receiver: spec.receiver ?? parent?.receiver ?? '',
    matchers,
    continues: spec.continue ?? false,
    // An empty list says nothing, as Alertmanager has it.
    groupBy: groupBy && groupBy.length > 0 ? (groupBy.includes('...') ? 'all' : groupBy) : (parent?.groupBy ?? []),
    groupWaitMs: spec.group_wait ?? parent?.groupWaitMs ?? DEFAULTS.group_wait,
    groupIntervalMs: spec.group_interval ?? parent?.groupIntervalMs ?? DEFAULTS.group_interval,
    repeatIntervalMs: spec.repeat_interval ?? parent?.repeatIntervalMs ?? DEFAULTS.repeat_interval,
    muteTimes: spec.mute_time_intervals ?? [],
    activeTimes: spec.active_time_intervals ?? [],
    routes: [],
  };
  return { ...node, routes: (spec.routes ?? []).map((child, index) => routeOf(child, node, [...path, 'routes', index], known)) };
}

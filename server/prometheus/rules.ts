import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { labelValue } from '#core/labels.js';
import { QueryError } from '#core/promql.js';
import { compileRe2, regexRoom, type RegexRoom } from '#core/regex.js';
import type { ActiveAlert, RuleGroupState, RuleState } from '#core/rules.js';
import type { Labels, UnixMs } from '#core/types.js';
import { invalid, type Params } from './params.js';

/** Go's zero time: never. */
const NEVER = '0001-01-01T00:00:00Z';
const KINDS: ReadonlyMap<string, RuleState['type']> = new Map(Object.entries({ alert: 'alerting', record: 'recording' }));

/** `data` of GET /api/v1/rules. Source: https://prometheus.io/docs/prometheus/latest/querying/api/#rules */
export function rulesData(groups: readonly RuleGroupState[], params: Params): object {
  const type = params.text('type').toLowerCase();
  const kind = KINDS.get(type);
  if (type !== '' && kind === undefined) throw invalid('type', `not supported value ${JSON.stringify(params.text('type'))}`);
  const excludeAlerts = booleanOf(params, 'exclude_alerts');
  const [names, groupNames, files] = ['rule_name[]', 'rule_group[]', 'file[]'].map((name) => new Set(params.all(name)));
  const among = (set: ReadonlySet<string> | undefined, value: string): boolean => !set || set.size === 0 || set.has(value);
  const room = regexRoom();
  const selectors = params.all('match[]').map((selector) => matchersOf(selector, room));
  const wanted = (rule: RuleState): boolean => (!kind || rule.type === kind) && among(names, rule.name) && (selectors.length === 0 || selectors.some((matches) => matches(rule.labels)));
  const shown = groups
    .filter(({ name, file }) => among(groupNames, name) && among(files, file))
    .map((group) => ({ ...group, rules: group.rules.filter(wanted) }))
    .filter(({ rules }) => rules.length > 0)
    .toSorted((a, b) => compare(a.file, b.file) || compare(a.name, b.name));
  const { page, next } = paged(shown, params);
  return { groups: page.map((group) => groupBody(group, excludeAlerts)), ...(next !== undefined && { groupNextToken: next }) };
}

/** `data` of GET /api/v1/alerts. */
export function alertsData(groups: readonly RuleGroupState[]): object {
  return { alerts: groups.flatMap(({ rules }) => rules.flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map(alertBody) : []))) };
}

function groupBody({ name, file, rules, intervalMs, limit, evaluationMs, lastEvaluationAt }: RuleGroupState, excludeAlerts: boolean): object {
  return { name, file, rules: rules.map((rule) => ruleBody(rule, excludeAlerts)), interval: intervalMs / 1000, limit, evaluationTime: evaluationMs / 1000, lastEvaluation: rfc3339(lastEvaluationAt) };
}

function ruleBody(rule: RuleState, excludeAlerts: boolean): object {
  const { name, query, labels, health, lastError, evaluationMs, lastEvaluationAt, type } = rule;
  const outcome = { health, ...(lastError !== '' && { lastError }), evaluationTime: evaluationMs / 1000, lastEvaluation: rfc3339(lastEvaluationAt), type };
  if (rule.type === 'recording') return { name, query, ...(Object.keys(labels).length > 0 && { labels }), ...outcome };
  const { alerts, annotations, forMs, keepFiringForMs } = rule;
  const state = ['firing', 'pending'].find((one) => alerts.some((alert) => alert.state === one)) ?? 'inactive';
  return { state, name, query, duration: forMs / 1000, keepFiringFor: keepFiringForMs / 1000, labels, annotations, alerts: excludeAlerts ? [] : alerts.map(alertBody), ...outcome };
}

function alertBody({ labels, annotations, state, activeAt, keepFiringSince, value }: ActiveAlert): object {
  return { labels, annotations, state, activeAt: rfc3339(activeAt), ...(keepFiringSince !== null && { keepFiringSince: rfc3339(keepFiringSince) }), value: exponential(value) };
}

/** A page of groups, and the token of the group that the next one begins with. */
function paged(groups: readonly RuleGroupState[], params: Params): { readonly page: readonly RuleGroupState[]; readonly next: string | undefined } {
  const given = params.text('group_limit');
  const token = params.text('group_next_token');
  if (given === '' && token === '') return { page: groups, next: undefined };
  if (given === '') throw new QueryError('bad_data', 'group_limit needs to be present in order to paginate over the groups');
  if (!/^\d{1,9}$/.test(given) || Number(given) === 0) throw invalid('group_limit', 'group_limit needs to be a valid number greater than 0');
  const from = token === '' ? 0 : groups.findIndex((group) => tokenOf(group) === token);
  if (from < 0) throw invalid('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`);
  const following = groups[from + Number(given)];
  return { page: groups.slice(from, from + Number(given)), next: following && tokenOf(following) };
}

const tokenOf = ({ file, name }: RuleGroupState): string => createHash('sha1').update(`${file};${name}`).digest('hex');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As Go writes it: fractions of a second only where there are any. */
function rfc3339(at: UnixMs | null): string {
  return at === null ? NEVER : new Date(at).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** A float with exponent, as Prometheus shows the values of alerts: `1e+00`. */
function exponential(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function booleanOf(params: Params, name: string): boolean {
  const text = params.text(name).toLowerCase();
  if (!['', '0', '1', 't', 'f', 'true', 'false'].includes(text)) throw invalid(name, `strconv.ParseBool: parsing ${JSON.stringify(params.text(name))}: invalid syntax`);
  return ['1', 't', 'true'].includes(text);
}

const MATCHER = /\s*("(?:[^"\\]|\\.)*"|[a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,|(?=\}))/y;

/** `{severity="page", team=~"a|b"}` as a condition on labels. */
function matchersOf(selector: string, room: RegexRoom): (labels: Labels) => boolean {
  const text = selector.trim();
  const conditions: ((labels: Labels) => boolean)[] = [];
  const wrong = (): QueryError => invalid('match[]', `expected matchers such as {severity="page"}, got ${JSON.stringify(selector)}`);
  if (!text.startsWith('{')) throw wrong();
  let at = 1;
  for (;;) {
    MATCHER.lastIndex = at;
    const match = MATCHER.exec(text);
    if (!match) break;
    const [, name = '', op, quoted = ''] = match;
    const plain = (one: string): string => one.replace(/^["']|["']$/g, '').replace(/\\(.)/g, '$1');
    const label = plain(name);
    const value = plain(quoted);
    conditions.push(conditionOf(label, op ?? '=', value, room));
    at = MATCHER.lastIndex;
  }
  if (text.slice(at).trim() !== '}' || conditions.length === 0) throw wrong();
  return (labels) => conditions.every((holds) => holds(labels));
}

function conditionOf(label: string, op: string, value: string, room: RegexRoom): (labels: Labels) => boolean {
  if (op === '=' || op === '!=') return (labels) => (labelValue(labels, label) === value) === (op === '=');
  try {
    const regex = compileRe2(value, RE2JS.DOTALL, room);
    return (labels) => regex.testExact(labelValue(labels, label)) === (op === '=~');
  } catch (cause) {
    throw new QueryError('bad_data', `invalid parameter "match[]": ${String(cause)}`, { cause });
  }
}

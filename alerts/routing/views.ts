import type { AlertFilter, AlertGroupView, AlertView, RoutePreview } from '#core/alert-routing.js';
import { messageOf, PipelineError } from '#core/errors.js';
import { compileRe2, regexRoom } from '#core/regex.js';
import type { UnixMs } from '#core/types.js';
import { labelsOf } from '../rules/rule.js';
import type { KnownAlert } from './alert-book.js';
import { compareLabels, sortAlerts, type Group } from './groups.js';
import { compare, matchesAll, type Matcher } from './matcher.js';
import { parseMatchers } from './matcher-parse.js';
import { groupLabelsOf, routesOf, type Route } from './route.js';
import type { Membership } from './membership.js';
import type { Suppression } from './suppression.js';

/** Throws QUERY_INVALID. */
export function matchersIn(texts: readonly string[] = []): readonly Matcher[] {
  try {
    const room = regexRoom();
    return texts.flatMap((text) => parseMatchers(text, room));
  } catch (error) {
    throw new PipelineError('QUERY_INVALID', messageOf(error), { cause: error });
  }
}

function receiverTest(expression: string | undefined): (receiver: string) => boolean {
  if (expression === undefined || expression === '') return () => true;
  try {
    const regex = compileRe2(expression);
    return (receiver) => regex.testExact(receiver);
  } catch (cause) {
    throw new PipelineError('QUERY_INVALID', `failed to parse receiver param: ${messageOf(cause)}`, { cause });
  }
}

/** How alerts look to those who ask, at one moment. */
export interface Viewing {
  readonly root: Route;
  readonly suppression: Suppression;
  readonly members: Pick<Membership, 'annotated'>;
  readonly now: UnixMs;
}

/** Where an alert with the labels in a text such as `service="checkout", severity="page"` would go. Throws QUERY_INVALID. */
export function previewOf(text: string, { root, suppression }: Viewing): RoutePreview[] {
  const matchers = matchersIn([text]);
  if (matchers.some(({ op }) => op !== '=')) throw new PipelineError('QUERY_INVALID', 'expected labels such as service="checkout", severity="page"');
  const labels = labelsOf(matchers.map(({ name, value }) => [name, value]));
  return routesOf(root, labels).map((route) => ({
    receiver: route.receiver, key: route.key, groupLabels: groupLabelsOf(route, labels), groupWaitMs: route.groupWaitMs, groupIntervalMs: route.groupIntervalMs, repeatIntervalMs: route.repeatIntervalMs, mutedBy: suppression.mutedBy(route),
  }));
}

/** By fingerprint. Those that are over are not shown. */
export function alertViews(alerts: Iterable<KnownAlert>, filter: AlertFilter, viewing: Viewing): AlertView[] {
  const wanted = wantedBy(filter);
  const receiver = receiverTest(filter.receiver);
  const shown: AlertView[] = [];
  for (const alert of alerts) {
    if (alert.endsAt <= viewing.now) continue;
    const view = viewOf(alert, viewing);
    if (wanted(view) && view.receivers.some(receiver)) shown.push(view);
  }
  return shown.toSorted((a, b) => compare(a.fingerprint, b.fingerprint));
}

/** By their labels, then by receiver. A group without an alert to show is left out. */
export function groupViews(groups: Iterable<Group>, filter: AlertFilter, viewing: Viewing): AlertGroupView[] {
  const wanted = wantedBy(filter);
  const receiver = receiverTest(filter.receiver);
  const shown: AlertGroupView[] = [];
  for (const { key, route, labels, alerts, nextAt } of groups) {
    if (!receiver(route.receiver)) continue;
    const mutedBy = viewing.suppression.mutedBy(route);
    if (mutedBy.length > 0 && filter.muted === false) continue;
    const views = sortAlerts([...alerts.values()].filter(({ endsAt }) => endsAt > viewing.now).map((alert) => ({ ...viewOf(alert, viewing), mutedBy })).filter(wanted));
    if (views.length > 0) shown.push({ receiver: route.receiver, labels, key, nextAt, mutedBy, alerts: views });
  }
  return shown.toSorted((a, b) => compareLabels(a.labels, b.labels) || compare(a.receiver, b.receiver));
}

function wantedBy({ active = true, silenced = true, inhibited = true, matchers: texts }: AlertFilter): (view: AlertView) => boolean {
  const matchers = matchersIn(texts);
  return ({ state, silencedBy, inhibitedBy, labels }) => (active || state !== 'active') && (silenced || silencedBy.length === 0) && (inhibited || inhibitedBy.length === 0) && matchesAll(matchers, labels);
}

function viewOf({ fingerprint, labels, annotations, startsAt, endsAt, updatedAt, generatorURL }: KnownAlert, { root, suppression, members }: Viewing): AlertView {
  const routes = routesOf(root, labels);
  const silencedBy = suppression.silencedBy(labels);
  const inhibitedBy = suppression.inhibitedBy(labels);
  const mutedBy = routes.length > 0 && routes.every((route) => suppression.mutedBy(route).length > 0) ? [...new Set(routes.flatMap((route) => suppression.mutedBy(route)))] : [];
  return { fingerprint, labels, annotations: members.annotated(labels, annotations), startsAt, endsAt, updatedAt, generatorURL, receivers: [...new Set(routes.map(({ receiver }) => receiver))], state: silencedBy.length + inhibitedBy.length > 0 ? 'suppressed' : 'active', silencedBy, inhibitedBy, mutedBy };
}

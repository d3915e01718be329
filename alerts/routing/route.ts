import type { Labels } from '#core/types.js';
import { labelsOf } from '../rules/rule.js';
import { matchesAll, printLabels, type Matcher } from './matcher.js';

/** A node of the routing tree with everything it inherits. Source: https://prometheus.io/docs/alerting/latest/configuration/#route */
export interface Route {
  /** Its place in the tree, unique. */
  readonly id: string;
  /** The matchers on the way to it, as Alertmanager writes them into the keys of groups. */
  readonly key: string;
  readonly receiver: string;
  readonly matchers: readonly Matcher[];
  readonly continues: boolean;
  /** 'all' groups by every label. */
  readonly groupBy: readonly string[] | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Names of time intervals. */
  readonly muteTimes: readonly string[];
  readonly activeTimes: readonly string[];
  readonly routes: readonly Route[];
}

/** The nodes that an alert ends at: the deepest of each branch that takes it. Empty when the node itself does not. */
export function routesOf(route: Route, labels: Labels): readonly Route[] {
  if (!matchesAll(route.matchers, labels)) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const taken = routesOf(child, labels);
    found.push(...taken);
    if (taken.length > 0 && !child.continues) break;
  }
  return found.length > 0 ? found : [route];
}

export function* allRoutes(route: Route): Generator<Route> {
  yield route;
  for (const child of route.routes) yield* allRoutes(child);
}

/** The labels that alerts of one group share. */
export function groupLabelsOf({ groupBy }: Pick<Route, 'groupBy'>, labels: Labels): Labels {
  return labelsOf(Object.entries(labels).filter(([name]) => groupBy === 'all' || groupBy.includes(name)));
}

/** `{}/{team="db"}:{alertname="Down"}` */
export const groupKeyOf = ({ key }: Pick<Route, 'key'>, groupLabels: Labels): string => `${key}:${printLabels(groupLabels)}`;

import { labelValue } from '#core/labels.js';
import { alternativesOf, compileRe2, type RegexRoom } from '#core/regex.js';
import type { Labels } from '#core/types.js';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition on one label; a label that is absent counts as empty. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOperator;
  readonly value: string;
  readonly matches: (value: string) => boolean;
}

/** Throws RangeError when `value` is to be an RE2 expression and is none. */
export function matcherOf(name: string, op: MatchOperator, value: string, room?: RegexRoom): Matcher {
  const negated = op.startsWith('!');
  const holds = op === '=' || op === '!=' ? (text: string) => text === value : expressionOf(value, room);
  return { name, op, value, matches: (text) => holds(text) !== negated };
}

/** Whether the whole text matches. Plain alternatives, which most expressions are, need no engine. */
function expressionOf(pattern: string, room?: RegexRoom): (text: string) => boolean {
  const words = alternativesOf(pattern.replace(/^\^\(\?:(.*)\)\$$/s, '$1'));
  if (words) return (text) => words.has(text);
  try {
    const regex = compileRe2(pattern, 0, room);
    return (text) => regex.testExact(text);
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(pattern)} is no RE2 expression: ${cause instanceof Error ? cause.message : 'it cannot be read'}`, { cause });
  }
}

export const matchesAll = (matchers: readonly Matcher[], labels: Labels): boolean => matchers.every(({ name, matches }) => matches(labelValue(labels, name)));

/** By name, value and operator, as Alertmanager orders the matchers of a route: they are part of its groups' keys. */
export function sortMatchers(matchers: readonly Matcher[]): Matcher[] {
  const order = ['=', '!=', '=~', '!~'];
  return matchers.toSorted((a, b) => compare(a.name, b.name) || compare(a.value, b.value) || order.indexOf(a.op) - order.indexOf(b.op));
}

const CLASSIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** `{severity="page",team=~"a|b"}` */
export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`;
}

export function printMatcher({ name, op, value }: Pick<Matcher, 'name' | 'op' | 'value'>): string {
  return `${CLASSIC_NAME.test(name) ? name : quote(name)}${op}${quote(value)}`;
}

/** `{alertname="Down", job="api"}`, as Go prints a label set. */
export function printLabels(labels: Labels): string {
  const names = Object.keys(labels).toSorted(compare);
  return `{${names.map((name) => `${CLASSIC_NAME.test(name) ? name : quote(name)}=${quote(labels[name] ?? '')}`).join(', ')}}`;
}

/** A Go string literal. */
export const quote = (text: string): string => JSON.stringify(text);

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import { labelValue } from '#core/labels.js';
import type { Labels } from '#core/types.js';
import { matchesAll, type Matcher } from './matcher.js';

/** While an alert matches `source`, those that match `target` and have the same values of `equal` are held back. */
export interface InhibitRule {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** Answers which of the `firing` alerts holds back the alert of `labels`: a fingerprint or none. One that matches both sides of a rule is not held back by another that does. */
export function createInhibitor(rules: readonly InhibitRule[], firing: readonly { readonly fingerprint: string; readonly labels: Labels }[]): (labels: Labels) => readonly string[] {
  const indexed = rules.map((rule) => {
    /** The first source of each set of values, and the first that is no target. */
    const sources = new Map<string, string>();
    const pure = new Map<string, string>();
    for (const { fingerprint, labels } of firing) {
      if (!matchesAll(rule.source, labels)) continue;
      const key = valuesOf(rule, labels);
      if (!sources.has(key)) sources.set(key, fingerprint);
      if (!pure.has(key) && !matchesAll(rule.target, labels)) pure.set(key, fingerprint);
    }
    return { rule, sources, pure };
  });
  return (labels) => {
    for (const { rule, sources, pure } of indexed) {
      if (!matchesAll(rule.target, labels)) continue;
      const found = (matchesAll(rule.source, labels) ? pure : sources).get(valuesOf(rule, labels));
      if (found !== undefined) return [found];
    }
    return [];
  };
}

const valuesOf = ({ equal }: InhibitRule, labels: Labels): string => JSON.stringify(equal.map((name) => labelValue(labels, name)));

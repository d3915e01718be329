import { labelValue } from '#core/labels.js';
import type { Labels } from '#core/types.js';
import { matchesAll, type Matcher } from './matcher.js';

/** While an alert matches `source`, those that match `target` and have the same values of `equal` are held back. */
export interface InhibitRule {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

interface Source {
  readonly fingerprint: string;
  readonly isTarget: boolean;
}

/** Answers which of the `firing` alerts hold back the alert of `labels`: their fingerprints. One that matches both sides of a rule is not held back by another that does. */
export function createInhibitor(rules: readonly InhibitRule[], firing: readonly { readonly fingerprint: string; readonly labels: Labels }[]): (labels: Labels) => readonly string[] {
  const indexed = rules.map((rule) => {
    const sources = new Map<string, Source[]>();
    for (const { fingerprint, labels } of firing) {
      if (!matchesAll(rule.source, labels)) continue;
      const key = valuesOf(rule, labels);
      const known = sources.get(key) ?? [];
      known.push({ fingerprint, isTarget: matchesAll(rule.target, labels) });
      sources.set(key, known);
    }
    return { rule, sources };
  });
  return (labels) => {
    const found = indexed.flatMap(({ rule, sources }) => {
      const candidates = sources.get(valuesOf(rule, labels));
      if (!candidates || !matchesAll(rule.target, labels)) return [];
      const isSource = matchesAll(rule.source, labels);
      return candidates.filter(({ isTarget }) => !(isSource && isTarget)).map(({ fingerprint }) => fingerprint);
    });
    return [...new Set(found)];
  };
}

const valuesOf = ({ equal }: InhibitRule, labels: Labels): string => JSON.stringify(equal.map((name) => labelValue(labels, name)));

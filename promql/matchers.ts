import type { Matcher } from './ast.js';
import { labelOf, type LabelSet } from './labels.js';
import { compileRegex } from './regex.js';

/** Whether one value passes one matcher. */
export function matches(matcher: Matcher, value: string): boolean {
  switch (matcher.op) {
    case '=':
      return value === matcher.value;
    case '!=':
      return value !== matcher.value;
    case '=~':
      return compileRegex(matcher.value).test(value);
    case '!~':
      return !compileRegex(matcher.value).test(value);
  }
}

export function matchesAll(matchers: readonly Matcher[], labels: LabelSet): boolean {
  return matchers.every((matcher) => matches(matcher, labelOf(labels, matcher.name)));
}

import { RE2JS } from 're2js';
import { alternativesOf, compileRe2, regexSize, type RegexRoom } from '#core/regex.js';
import { executionError } from './query-error.js';

/** A pattern that must match the whole text, in RE2's syntax and in linear time, as in Prometheus. */
export interface Pattern {
  /** Why the pattern is not one. */
  readonly fault: string | undefined;
  /** Throws QueryError for a text that is too long for a pattern of its size, as `exec` does. */
  test(text: string): boolean;
  /** What a group of the match caught, '' for none; undefined when there is no match. */
  exec(text: string): ((group: string) => string) | undefined;
}

const MOST_KEPT = 1000;
/** Characters, repeated ones as often as they are: about 50 MB. */
const LARGEST_KEPT = 250_000;
/** Characters of the text by those of the pattern: half a second. */
const MOST_WORK = 20_000_000;
const known = new Map<string, Pattern>();
let keptSize = 0;

/** Compiles once per text, for as long as there is `room`; the latest patterns are kept. */
export function compileRegex(source: string, room?: RegexRoom): Pattern {
  const found = known.get(source);
  if (found) return found;
  const pattern = listed(source) ?? build(source, room);
  if (pattern.fault !== undefined) return pattern;
  const own = Math.max(regexSize(source), source.length);
  if (known.size >= MOST_KEPT || keptSize + own > LARGEST_KEPT) {
    known.clear();
    keptSize = 0;
  }
  keptSize += own;
  known.set(source, pattern);
  return pattern;
}

/** A list of plain texts, in parentheses perhaps, as Grafana writes the values of a variable. */
function listed(source: string): Pattern | undefined {
  const [, open, inner] = /^(\((?:\?:)?)(.*)\)$/s.exec(source) ?? [undefined, '', source];
  const texts = alternativesOf(inner ?? '');
  if (!texts) return undefined;
  return {
    fault: undefined,
    test: (text) => texts.has(text),
    exec: (text) => (texts.has(text) ? (group) => (group === '0' || (group === '1' && open === '(') ? text : '') : undefined),
  };
}

function build(source: string, room?: RegexRoom): Pattern {
  try {
    const regex = compileRe2(source, RE2JS.DOTALL, room);
    const names = regex.namedGroups();
    const longest = MOST_WORK / regexSize(source);
    const checkLength = (text: string): void => {
      if (text.length > longest) throw executionError(`the regular expression is too large for a text of ${text.length} characters`);
    };
    return {
      fault: undefined,
      test(text) {
        checkLength(text);
        return regex.testExact(text);
      },
      exec(text) {
        checkLength(text);
        const matcher = regex.matcher(text);
        if (!matcher.matches()) return undefined;
        return (group) => {
          const index = /^\d+$/.test(group) ? Number(group) : names[group];
          return index === undefined || index > matcher.groupCount() ? '' : (matcher.group(index) ?? '');
        };
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { fault: message.replace(/^error parsing regexp: /, ''), test: () => false, exec: () => undefined };
  }
}

import { RE2JS } from 're2js';
import { alternativesOf, compileRe2, regexSize, takeRoom, type RegexRoom } from '#core/regex.js';
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
/** Characters of the text by the instructions of the pattern: a second. */
const MOST_WORK = 10_000_000;

interface Kept {
  readonly pattern: Pattern;
  /** What it takes of the room; a list takes none. */
  readonly size: number;
}
const known = new Map<string, Kept>();
let keptSize = 0;

/** Compiles once per text, and keeps the latest. A pattern takes as much `room` whether it is kept or not, so that a query that was accepted always is. */
export function compileRegex(source: string, room?: RegexRoom): Pattern {
  const found = known.get(source);
  try {
    if (!found) return keep(source, room);
    if (room) takeRoom(room, found.size);
    return found.pattern;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { fault: message.replace(/^error parsing regexp: /, ''), test: () => false, exec: () => undefined };
  }
}

function keep(source: string, room?: RegexRoom): Pattern {
  const list = listed(source);
  const pattern = list ?? compiled(source, room);
  const size = list ? 0 : regexSize(source);
  const own = Math.max(size, source.length);
  if (known.size >= MOST_KEPT || keptSize + own > LARGEST_KEPT) {
    known.clear();
    keptSize = 0;
  }
  keptSize += own;
  known.set(source, { pattern, size });
  return pattern;
}

const AROUND = /^(\((?:\?:)?)(.*)\)$|^\^(.*)$|^(.*)(?<!\\)\$$/s;
const MOST_AROUND = 10;

/** A list of plain texts, in parentheses perhaps, as Grafana writes the values of a variable, or between `^` and `$`, which add nothing. */
function listed(source: string): Pattern | undefined {
  let inner = source;
  let groups = 0;
  for (let depth = 0; depth < MOST_AROUND; depth += 1) {
    const around = AROUND.exec(inner);
    if (!around) break;
    if (around[1] === '(') groups += 1;
    inner = around[2] ?? around[3] ?? around[4] ?? '';
  }
  const texts = alternativesOf(inner);
  if (!texts) return undefined;
  return {
    fault: undefined,
    test: (text) => texts.has(text),
    exec: (text) => (texts.has(text) ? (group) => (/^\d+$/.test(group) && Number(group) <= groups ? text : '') : undefined),
  };
}

function compiled(source: string, room?: RegexRoom): Pattern {
  const regex = compileRe2(source, RE2JS.DOTALL, room);
  const names = regex.namedGroups();
  const longest = MOST_WORK / regex.programSize();
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
}

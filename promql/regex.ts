import { RE2JS } from 're2js';

/** A pattern that must match the whole text, in RE2's syntax and in linear time, as in Prometheus. */
export interface Pattern {
  /** Why the pattern is not one. */
  readonly fault: string | undefined;
  test(text: string): boolean;
  /** What a group of the match caught, '' for none; undefined when there is no match. */
  exec(text: string): ((group: string) => string) | undefined;
}

const LIMIT = 1000;
const known = new Map<string, Pattern>();

/** Compiles once per text; the latest patterns are kept. */
export function compileRegex(source: string): Pattern {
  const found = known.get(source);
  if (found) return found;
  if (known.size >= LIMIT) known.clear();
  const pattern = build(source);
  known.set(source, pattern);
  return pattern;
}

function build(source: string): Pattern {
  try {
    const regex = RE2JS.compile(source, RE2JS.DOTALL);
    const names = regex.namedGroups();
    return {
      fault: undefined,
      test: (text) => regex.testExact(text),
      exec(text) {
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

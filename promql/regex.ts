/** A pattern that must match the whole text, in RE2's syntax as far as JavaScript shares it. */
export interface Pattern {
  /** Why the pattern is not one. */
  readonly fault: string | undefined;
  test(text: string): boolean;
  exec(text: string): RegExpExecArray | null;
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
    const regex = toRegExp(source);
    return { fault: undefined, test: (text) => regex.test(text), exec: (text) => regex.exec(text) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), test: () => false, exec: () => null };
  }
}

/** RE2 knows named groups as `(?P<name>…)`, flags as a leading `(?i)`, `\z` and POSIX classes; it has no look-around and no back-references. */
function toRegExp(source: string): RegExp {
  if (/\(\?<?[=!]/.test(source)) throw new SyntaxError('invalid or unsupported Perl syntax: look-around');
  if (/(?<!\\)(\\\\)*\\[1-9]/.test(source)) throw new SyntaxError('invalid escape sequence: back-reference');
  let flags = 's';
  const body = source
    .replace(/^\(\?([imsU]+)\)/, (_whole, given: string) => {
      if (given.includes('i')) flags += 'i';
      if (given.includes('m')) flags += 'm';
      return '';
    })
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
    .replace(/\[:(\^?)(\w+):\]/g, (whole, not: string, name: string) => (not ? whole : (POSIX[name] ?? whole)));
  return new RegExp(`^(?:${body})$`, flags);
}

const POSIX: Readonly<Record<string, string>> = { alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', punct: '!-\\/:-@\\[-`{-~', word: '\\w', xdigit: '0-9a-fA-F' };

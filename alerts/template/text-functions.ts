import { compileRe2 } from '#core/regex.js';
import type { TemplateFunctions } from './expansion.js';
import { formatV } from './go-format.js';

/** As Go's ReplaceAllString: `$1`, `$name` and `${name}` are what a group caught, `$$` is a dollar. */
function replaceAll(pattern: string, replacement: string, from: string): string {
  const regex = compileRe2(pattern);
  const groups = regex.namedGroups();
  const matcher = regex.matcher(from);
  let out = '';
  let at = 0;
  while (matcher.find()) {
    const caught = replacement.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_whole, dollar?: string, bare?: string, braced?: string) => {
      if (dollar) return dollar;
      const name = bare ?? braced ?? '';
      const group = /^\d+$/.test(name) ? Number(name) : groups[name];
      return group === undefined || group > matcher.groupCount() ? '' : (matcher.group(group) ?? '');
    });
    out += from.slice(at, matcher.start()) + caught;
    at = matcher.end();
  }
  return out + from.slice(at);
}

/** Functions on texts that rules and notifications share. Regular expressions are RE2's. */
export const textFunctions = {
  toUpper: (value) => formatV(value).toUpperCase(),
  toLower: (value) => formatV(value).toLowerCase(),
  match: (pattern, value) => compileRe2(formatV(pattern)).matcher(formatV(value)).find(),
  reReplaceAll: (pattern, replacement, value) => replaceAll(formatV(pattern), formatV(replacement), formatV(value)),
} satisfies TemplateFunctions;

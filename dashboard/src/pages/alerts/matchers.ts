import type { ApiSilence } from '#core/api/alerts.js';
import type { Labels } from '#core/types.js';

export type SilenceMatcher = ApiSilence['matchers'][number];

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const PLAIN = String.raw`[^\s{}!=~,"\\]+`;
const MATCHER = new RegExp(String.raw`\s*(${QUOTED}|${PLAIN})\s*(=~|!~|!=|=)\s*(${QUOTED}|${PLAIN})\s*(?:,|$)`, 'y');

/** The matchers in a text such as `alertname="Down", job=~"a|b"`; null while it is none. */
export function matchersIn(text: string): readonly SilenceMatcher[] | null {
  const inner = text.trim().replace(/^\{([\s\S]*)\}$/, '$1').trim();
  const found: SilenceMatcher[] = [];
  for (let at = 0; at < inner.length; at = MATCHER.lastIndex) {
    MATCHER.lastIndex = at;
    const [whole, name = '', op = '', value = ''] = MATCHER.exec(inner) ?? [];
    const plain = whole === undefined ? null : [unquoted(name), unquoted(value)];
    if (plain === null || plain[0] === null || plain[1] === null) return null;
    found.push({ name: plain[0] ?? '', value: plain[1] ?? '', isRegex: op.endsWith('~'), isEqual: !op.startsWith('!') });
  }
  return found.length > 0 ? found : null;
}

function unquoted(token: string): string | null {
  if (!token.startsWith('"')) return token;
  try {
    return String(JSON.parse(token));
  } catch {
    return null;
  }
}

export function matcherText({ name, value, isRegex, isEqual }: SilenceMatcher): string {
  return `${/^[\w:]+$/.test(name) ? name : JSON.stringify(name)}${isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!='}${JSON.stringify(value)}`;
}

/** All labels of an alert as matchers, its name first. */
export function matchersOf(labels: Labels): string {
  const names = Object.keys(labels).toSorted((a, b) => Number(b === 'alertname') - Number(a === 'alertname') || a.localeCompare(b));
  return names.map((name) => matcherText({ name, value: labels[name] ?? '', isRegex: false, isEqual: true })).join(', ');
}

/** Silences whose matchers, comment or author hold the text. */
export function silencesWith(silences: readonly ApiSilence[], q: string): readonly ApiSilence[] {
  const wanted = q.toLowerCase();
  return silences.filter(({ matchers, comment, createdBy }) => [...matchers.map(matcherText), ...matchers.map(({ name, value }) => `${name}=${value}`), comment, createdBy].some((text) => text.toLowerCase().includes(wanted)));
}

/** What a key asks for. `go` carries the page. */
export type Command = { readonly kind: 'go'; readonly to: string } | { readonly kind: 'next' | 'previous' | 'search' | 'time' | 'help' | 'palette' | 'rail' | 'live' };

export const GO: Readonly<Record<string, { readonly to: string; readonly name: string }>> = {
  h: { to: '/', name: 'Home' },
  i: { to: '/incidents', name: 'Incidents' },
  q: { to: '/incidents/mutes', name: 'Mutes and expected events' },
  s: { to: '/services', name: 'Services' },
  t: { to: '/traces', name: 'Traces' },
  l: { to: '/logs', name: 'Logs' },
  m: { to: '/metrics', name: 'Metrics' },
  e: { to: '/metrics/query', name: 'Query' },
  a: { to: '/alerts', name: 'Alerts' },
  o: { to: '/slos', name: 'SLOs' },
  c: { to: '/scaling', name: 'Scaling' },
  d: { to: '/models', name: 'Models' },
  u: { to: '/status', name: 'Status' },
};

const SINGLE: Readonly<Record<string, Command>> = {
  j: { kind: 'next' }, k: { kind: 'previous' }, '/': { kind: 'search' }, t: { kind: 'time' }, '?': { kind: 'help' }, '[': { kind: 'rail' }, p: { kind: 'live' },
};

/** Longest pause inside `g i`. */
const PAUSE_MS = 1_200;

interface Pressed {
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  /** A field has the focus: letters are text. */
  readonly typing: boolean;
  readonly at: number;
}

/** Turns presses into commands; remembers a `g` for a moment. */
export function createKeys(): (pressed: Pressed) => Command | null {
  let goUntil = 0;
  return ({ key, ctrl, alt, typing, at }) => {
    if (ctrl && !alt && key.toLowerCase() === 'k') return { kind: 'palette' };
    if (ctrl || alt || typing) return null;
    if (at < goUntil) {
      goUntil = 0;
      const page = GO[key];
      if (page) return { kind: 'go', to: page.to };
    }
    if (key === 'g') {
      goUntil = at + PAUSE_MS;
      return null;
    }
    return SINGLE[key] ?? null;
  };
}

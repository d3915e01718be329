/** Reads typed search params from a URL that anyone may have typed. */
type Search = Readonly<Record<string, unknown>>;

export function textIn(search: Search, key: string): string | undefined {
  const value = search[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberIn(search: Search, key: string): number | undefined {
  const text = textIn(search, key) ?? search[key];
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function oneOf<const Choice extends string>(search: Search, key: string, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === search[key]);
}

/** Plain text in the URL, `?q=card&from=now-1h`, rather than JSON. */
export function parseSearch(text: string): Record<string, unknown> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Search): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) if (typeof value === 'string' || typeof value === 'number') params.set(key, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

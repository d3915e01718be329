const MS_PER: Readonly<Record<string, number>> = { us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, min: 60_000 };

/** Milliseconds of `340`, `340ms`, `1.5 s`, `2m`; a bare number is milliseconds. Undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|min)?\s*$/i.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (MS_PER[(match[2] ?? 'ms').toLowerCase()] ?? 1);
}

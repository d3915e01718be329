/** Two answers of the query API, value by value. */

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

const TOLERANCE = 1e-9;

export interface Comparison {
  readonly values: number;
  /** The first difference in words; undefined when there is none. */
  readonly difference: string | undefined;
}

/** Series may come in any order; values may differ by a rounding error. */
export function compareAnswers(ours: QueryAnswer, theirs: QueryAnswer): Comparison {
  if (ours.status !== theirs.status) return { values: 0, difference: `${ours.status} (${ours.error}) against ${theirs.status} (${theirs.error})` };
  const left = byLabels(ours.data?.result as readonly Sample[]);
  const right = byLabels(theirs.data?.result as readonly Sample[]);
  let values = 0;
  for (const [key, theirSeries] of right) {
    const ourSeries = left.get(key);
    if (!ourSeries) return { values, difference: `only the other has ${key}` };
    const a = ourSeries.values ?? (ourSeries.value ? [ourSeries.value] : []);
    const b = theirSeries.values ?? (theirSeries.value ? [theirSeries.value] : []);
    if (a.length !== b.length) return { values, difference: `${key} has ${a.length} values against ${b.length}` };
    for (const [at, [time, text]] of b.entries()) {
      const [ownTime, ownText] = a[at] ?? [Number.NaN, 'nothing'];
      if (ownTime !== time || !isClose(ownText, text)) return { values, difference: `${key} at ${time} is ${ownText} (at ${ownTime}) against ${text}` };
      values += 1;
    }
  }
  for (const key of left.keys()) if (!right.has(key)) return { values, difference: `only Faultline has ${key}` };
  return { values, difference: undefined };
}

function byLabels(result: readonly Sample[]): Map<string, Sample> {
  return new Map(result.map((series) => [JSON.stringify(Object.entries(series.metric).toSorted(([a], [b]) => (a < b ? -1 : 1))), series]));
}

function isClose(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y));
}

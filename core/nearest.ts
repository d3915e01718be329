/** Letters that a mistyped word is away from the one that was meant, at most. */
const FARTHEST = 2;

/** Which of `names` somebody meant who wrote `word`; undefined where none is like it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const [near] = names.map((name) => ({ name, away: distance(word, name) })).toSorted((a, b) => a.away - b.away);
  return near && near.away <= Math.min(FARTHEST, near.name.length - 1) ? near.name : undefined;
}

/** How many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

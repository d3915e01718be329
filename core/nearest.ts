/** Letters that a mistyped word is away from the one that was meant, at most: one for each so many of its own. */
const FARTHEST = 2;
const LETTERS = 3;

/** Which of `names` somebody meant who wrote `word`; undefined where none is like it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const [near] = names.map((name) => ({ name, away: distance(word, name) })).toSorted((a, b) => a.away - b.away);
  return near && near.away <= farthest(near.name.length) ? near.name : undefined;
}

/** A name of one letter is never meant. */
const farthest = (letters: number): number => Math.min(FARTHEST, letters - 1, Math.max(1, Math.floor(letters / LETTERS)));

/** `, did you mean http_port?`, or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const meant = nearest(word, names);
  return meant === undefined ? '' : `, did you mean ${meant}?`;
}

/** How many letters to add, drop, change, or swap with the one before. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? (before[j - 1] ?? 0) + 1 : Infinity;
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1), swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

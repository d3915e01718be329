/** SVG path of `values` over a box, broken at gaps. `low` lies at the bottom, `high` at the top. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number, low: number, high: number): string {
  const step = width / Math.max(1, values.length - 1);
  const span = high - low || 1;
  const place = (value: number, index: number): string => `${round(index * step)} ${round(height - ((value - low) / span) * height)}`;
  let path = '';
  values.forEach((value, index) => {
    if (value === null) return;
    const joined = (values[index - 1] ?? null) !== null;
    path += `${joined ? 'L' : 'M'}${place(value, index)}`;
    // A point alone has no line; a very short one makes the round cap show.
    if (!joined && (values[index + 1] ?? null) === null) path += 'h0.01';
  });
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

interface Sortable<Row> {
  readonly key: string;
  readonly value?: (row: Row) => number | string;
}

/** Rows in the order that `sort` names (`key` up, `-key` down), equal ones as they came; as they came for a name nobody knows. */
export function sorted<Row>(rows: readonly Row[], columns: readonly Sortable<Row>[], sort: string | undefined): readonly Row[] {
  const down = sort?.startsWith('-') ?? false;
  const column = columns.find(({ key }) => key === sort?.replace(/^-/, ''));
  if (!column?.value) return rows;
  const { value } = column;
  return rows.toSorted((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

/** Rows of a CSV text as records by the header's names. Fields may be quoted as in RFC 4180; missing ones are ''. */
export function parseCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = fieldsOf(text);
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? ''])));
}

/** All rows, the header included; empty lines are left out. */
export function fieldsOf(text: string): string[][] {
  if (text.startsWith('\uFEFF')) return fieldsOf(text.slice(1));
  if (!text.includes('"')) return text.split(/\r?\n/).filter((line) => line !== '').map((line) => line.split(','));
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') {
      row.push(field);
      field = '';
    } else if (character === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
    } else if (character !== '\r') field += character;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  return rows.filter((one) => one.length > 1 || one[0] !== '');
}

/** One row as text, quoted where it must be. */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(String(field)) ? `"${String(field).replaceAll('"', '""')}"` : String(field))).join(',')}\n`;
}

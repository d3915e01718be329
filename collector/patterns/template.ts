/** What stands for a part that varies. */
export const WILDCARD = '<*>';
const MAX_TOKENS = 48;

const VARYING = new RegExp(
  [
    '"[^"]*"|(?<!\\w)\'[^\']*\'(?!\\w)', // quoted parts
    '\\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\b', // UUIDs
    '\\b[0-9a-fA-F]{16,}\\b', // hashes and trace ids
    '[A-Za-z0-9]*\\d[A-Za-z0-9]*(?:[.:,]\\d[A-Za-z0-9]*)*', // words and numbers with digits, addresses, times
  ].join('|'),
  'g',
);

/** How a terminal is told colours. */
const COLOURS = new RegExp(`${String.fromCodePoint(0x1b)}\\[[\\d;:]*m`, 'g');

/** The words of a message's first line, without colours, what varies by its looks replaced by WILDCARD; what follows the first 48 is left out. */
export function tokensOf(body: string): string[] {
  const end = body.indexOf('\n');
  const line = end < 0 ? body : body.slice(0, end);
  return line.replace(COLOURS, '').replace(VARYING, WILDCARD).split(/\s+/, MAX_TOKENS).filter(Boolean);
}

/** Share of the template's words that a message of the same length repeats, 0..1. */
export function similarity(template: readonly string[], tokens: readonly string[]): number {
  let same = 0;
  for (let index = 0; index < template.length; index += 1) if (template[index] === tokens[index]) same += 1;
  return template.length === 0 ? 1 : same / template.length;
}

/** The template that fits both: words that differ vary. Returns the same array when nothing changes. */
export function merged(template: readonly string[], tokens: readonly string[]): readonly string[] {
  return template.every((word, index) => word === tokens[index] || word === WILDCARD) ? template : template.map((word, index) => (word === tokens[index] ? word : WILDCARD));
}

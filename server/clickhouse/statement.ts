/**
 * What a statement may be. The engine's `readonly = 1` refuses writes, SETTINGS and table functions such as url(), but measured on 26.7 it lets these through:
 * INTO OUTFILE writes a file, the function file() reads any file, KILL QUERY stops our own queries, DESCRIBE of a table function connects to where it says, EXISTS tells which files there are, and so does the answer for a table whose name is a path, since the embedded engine's database looks for files behind its tables.
 * They are looked for in the text of `formatQuery`: the engine's own parser has removed comments, joined quoting styles to two and refused a second statement by then.
 */

const TOKEN = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*|\S/gs;
const STATEMENTS = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'EXPLAIN', 'EXISTS', '(']);
/** Functions that reach outside the tables. As names alone too: `arrayMap(file, …)` and `APPLY file` call them. */
const OUTWARD = new Set(['file', 'catboostEvaluate', 'eval']);
/** Functions that look for a table, and so for a file, by a text that may be worked out. */
const LOOKUPS = new Set([
  'hasColumnInTable', 'mergeTreeAnalyzeIndexes', 'mergeTreeIndex', 'mergeTreeProjection', 'mergeTreeTextIndex', 'prometheusQuery', 'prometheusQueryRange',
  'timeSeriesData', 'timeSeriesMetrics', 'timeSeriesSamples', 'timeSeriesSelector', 'timeSeriesTags',
]);
/** Quoted, and from the root or upwards. */
const OUTWARD_PATH = /^[`"](?:\/|(?:.*\/)?\.\.(?:\/|.$))/s;

/** A statement that passed, and the format that it names itself; '' when it names none. */
export interface Statement {
  readonly sql: string;
  readonly format: string;
}

/** Thrown for a statement that only reads as far as the engine knows. `message` is for the person who sent it. */
export class StatementRefused extends Error {}

/** Checks `sql`, an answer of `formatQuery`, and the values of its parameters. Throws StatementRefused. */
export function checkStatement(sql: string, params: Readonly<Record<string, string>>): Statement {
  const tokens: readonly string[] = sql.match(TOKEN) ?? [];
  const [first = ''] = tokens;
  if (!STATEMENTS.has(first)) throw new StatementRefused(`${first || 'an empty statement'} is not served here: this endpoint only reads (SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS)`);
  tokens.forEach((token, index) => {
    const before = tokens[index - 1] ?? '';
    if (token === 'OUTFILE' && before === 'INTO') throw new StatementRefused('INTO OUTFILE would write to the disk of the server: leave it out and save the answer where you are');
    if (before !== '.' && before !== '{') checkName(unquoted(token));
    if (OUTWARD_PATH.test(token)) throw new StatementRefused(`${token} is the path of a file: a name of a table or a column begins with no / here and has no .. in it`);
  });
  // A parameter of type Identifier can name a function as well as a column, and may be written with escapes.
  for (const [, name = ''] of sql.matchAll(/\{(\w+):Identifier\}/g)) {
    const value = params[name] ?? '';
    if (!/^\w+(\.\w+)*$/.test(value)) throw new StatementRefused(`parameter ${name}: an identifier is letters, digits and _ here`);
    checkName(value);
  }
  if (first === 'DESCRIBE' && describesFunction(tokens)) throw new StatementRefused('DESCRIBE of a table function would make the server open files and connections: describe tables or subqueries');
  if (first === 'EXISTS' && !tokens.every((token) => /^(\w+|\.)$/.test(unquoted(token)))) throw new StatementRefused('EXISTS takes plain names of tables here');
  const clause = tokens.lastIndexOf('FORMAT');
  return { sql, format: clause > 0 ? (tokens[clause + 1] ?? '') : '' };
}

/** Anything in parentheses but a subquery. */
function describesFunction(tokens: readonly string[]): boolean {
  return tokens.includes('(') && !(tokens[2] === '(' && ['SELECT', 'WITH', '('].includes(tokens[3] ?? ''));
}

function unquoted(token: string): string {
  return token.replace(/^[`"](.*)[`"]$/s, '$1');
}

function checkName(name: string): void {
  if (OUTWARD.has(name)) throw new StatementRefused(`${name} names a function that reaches outside the tables, so it is not served here; give a column of that name another alias`);
  if (LOOKUPS.has(name)) throw new StatementRefused(`${name} names a function that looks for a table by a text, which may be the path of a file, so it is not served here`);
}

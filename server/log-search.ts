import { PipelineError } from '#core/errors.js';
import { contains } from './contains.js';
import { inResource } from './in-resource.js';

/** Each is looked for in every record. */
const MAX_TERMS = 20;
/** `-` before it, unless it is a flag such as `--port`; then a phrase, or an attribute with a value between quotes, which end at the end while somebody types, or what has no space. */
const TERM = /(-(?=[^\s-]))?("[^"]*(?:"(?=\s|$)|$)|[A-Za-z_][\w./-]*!?="[^"]*(?:"(?=\s|$)|$)|\S+)/g;
const ATTRIBUTE = /^([A-Za-z_][\w./-]*)(!?=)(?:"([^"]*)"?|(.+))$/;
/** Without the colours of a terminal, which may begin in the middle of a text. */
const PLAIN_BODY = "replaceRegexpAll(Body, '\\x1b\\\\[[0-9;]*m', '')";

/** SQL conditions that a record meets, all of them, and their parameters. */
export interface LogSearch {
  readonly conditions: readonly string[];
  readonly params: Readonly<Record<string, string>>;
}

/**
 * What a search for log records means: words and "phrases", all of them, `-` before what is not there, `key=value` and `key!=value` of attributes.
 *
 * Throws: QUERY_INVALID where it is not understood.
 */
export function logSearch(q: string): LogSearch {
  const terms = [...q.matchAll(TERM)];
  if (terms.length > MAX_TERMS) throw new PipelineError('QUERY_INVALID', `q: ${terms.length} words, ${MAX_TERMS} at most; between quotes they are one`);
  const conditions: string[] = [];
  const params: Record<string, string> = {};
  for (const [at, [, minus, term = '']] of terms.entries()) {
    if (terms.length > 1) {
      if (term === 'AND') continue;
      if (term === 'OR' || term === 'NOT') throw new PipelineError('QUERY_INVALID', `q: ${term} is not understood: all words have to be there, - before one leaves it out, and "${term}" finds it`);
    }
    const [, key, operator, quoted, bare] = ATTRIBUTE.exec(term) ?? [];
    const text = /^"([^"]*)"?$/.exec(term)?.[1] ?? term;
    // A quote that somebody has just opened.
    if (text === '') continue;
    params[`text${at}`] = text;
    let condition = inRecord(text, `text${at}`);
    if (key !== undefined) {
      params[`key${at}`] = key;
      params[`value${at}`] = quoted ?? bare ?? '';
      const has = ['LogAttributes', 'ResourceAttributes'].map((map) => `(mapContains(${map}, {key${at}:String}) AND ${map}[{key${at}:String}] = {value${at}:String})`).join(' OR ');
      // A body may say it of itself: `order=7 failed`.
      condition = operator === '=' ? `(${has} OR ${condition})` : `NOT (${has})`;
    }
    conditions.push(minus ? `NOT ${condition}` : condition);
  }
  return { conditions, params };
}

const inRecord = (text: string, param: string): string =>
  `(${contains('Body', text, param)} OR (position(Body, '\\x1b') > 0 AND ${contains(PLAIN_BODY, text, param)}) OR arrayExists(v -> ${contains('v', text, param)}, mapValues(LogAttributes)) OR ${inResource(text, param)})`;

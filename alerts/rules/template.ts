import type { PromSeries } from '#core/promql.js';
import type { Labels } from '#core/types.js';
import { expandAsync, type TemplateFunctions } from '../template/expansion.js';
import { formatV } from '../template/go-format.js';
import { parseTemplate } from '../template/parse.js';
import { GoValue } from '../template/value.js';
import { ruleFunctions, samplesOf } from './template-functions.js';

/** What a template speaks of: one sample of its rule. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** Answers the function `query`. */
  readonly query: (expr: string) => Promise<readonly PromSeries[]>;
}

/** Text with `{{ … }}` in it. */
export interface Template {
  /** Rejects with an Error when it cannot be filled in. */
  expand(data: TemplateData): Promise<string>;
}

const MAX_TEXT = 100_000;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(ruleFunctions), 'query', 'externalURL', 'pathPrefix']);

/** Throws SyntaxError. */
export function compileTemplate(text: string): Template {
  if (!text.includes('{{')) return { expand: () => Promise.resolve(text) };
  const { nodes, defines, uses } = parseTemplate(text, KNOWN);
  for (const name of uses) if (!defines.has(name)) throw new SyntaxError(`template ${JSON.stringify(name)} is not defined`);
  const templates = new Map([...defines].map(([name, body]) => [name, { nodes: body, builtIn: false }]));
  return {
    async expand(data) {
      const { labels, value, externalLabels, externalUrl } = data;
      const dot = new GoValue({ type: 'data', fields: { Labels: labels, Value: value, ExternalLabels: externalLabels, ExternalURL: externalUrl } });
      const variables = { $labels: labels, $value: value, $externalLabels: externalLabels, $externalURL: externalUrl };
      return expandAsync(nodes, { dot, variables, functions: functionsFor(data), templates, maxText: MAX_TEXT });
    },
  };
}

function functionsFor({ externalUrl, query }: TemplateData): TemplateFunctions {
  return {
    ...ruleFunctions,
    query: (expr) => query(formatV(expr)).then(samplesOf),
    externalURL: () => externalUrl,
    pathPrefix: () => new URL(externalUrl).pathname.replace(/\/$/, ''),
  };
}

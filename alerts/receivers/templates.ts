import { readFile } from 'node:fs/promises';
import { messageOf } from '#core/errors.js';
import { glob } from '../glob.js';
import { expand, type Definition, type Medium, type TemplateFunctions } from '../template/expansion.js';
import { formatV } from '../template/go-format.js';
import { createHtmlMedium } from '../template/html-medium.js';
import { parseTemplate, type ParsedTemplate } from '../template/parse.js';
import type { GoValue } from '../template/value.js';
import { BUILT_IN } from './built-in.js';
import { escapeMarkdown, escapeSlack, NOTIFICATION_FUNCTIONS } from './data.js';

/** What a text is read as where it arrives. HTML escapes every value; the others those of the built-in templates, because the user's own are written for Alertmanager, which escapes none. */
export type MediumName = 'text' | 'html' | 'slack' | 'markdown';

/** Throws an Error when the template cannot be filled in. */
export type Filled = (data: GoValue, medium: MediumName) => string;

export interface Templates {
  /** Throws SyntaxError when the text is none, or calls a template that there is not. */
  compile(text: string): Filled;
  /** No file has one of this name. */
  isBuiltIn(name: string): boolean;
}

/** Enough for some thousand alerts in one mail. */
const MAX_TEXT = 2_000_000;
const MAX_FILE_BYTES = 1_048_576;

const ESCAPES: Readonly<Record<Exclude<MediumName, 'html'>, (text: string) => string>> = { text: (text) => text, slack: escapeSlack, markdown: escapeMarkdown };

function mediumOf(name: MediumName): Medium {
  if (name === 'html') return createHtmlMedium();
  return { literal: (text) => text, value: (value, builtIn) => (builtIn ? ESCAPES[name](formatV(value)) : formatV(value)) };
}

/** The built-in templates, and over them those of the files that `patterns` name. A file with a fault adds nothing. */
export async function loadTemplates(patterns: readonly string[], functions: TemplateFunctions): Promise<{ readonly templates: Templates; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const definitions = new Map<string, Definition>();
  const add = ({ defines }: ParsedTemplate, builtIn: boolean): void => {
    for (const [name, nodes] of defines) definitions.set(name, { nodes, builtIn });
  };
  add(parseTemplate(BUILT_IN, NOTIFICATION_FUNCTIONS), true);
  const used: { readonly file: string; readonly uses: ReadonlySet<string> }[] = [];
  for (const file of new Set((await Promise.all(patterns.map(glob))).flat())) {
    try {
      const text = await readFile(file, 'utf8');
      if (text.length > MAX_FILE_BYTES) throw new RangeError(`has more than ${MAX_FILE_BYTES} characters`);
      const parsed = parseTemplate(text, NOTIFICATION_FUNCTIONS);
      used.push({ file, uses: parsed.uses });
      add(parsed, false);
    } catch (error) {
      faults.push(`${file}: ${messageOf(error)}`);
    }
  }
  const missing = (uses: ReadonlySet<string>, own?: ReadonlyMap<string, unknown>): string[] => [...uses].filter((name) => !definitions.has(name) && !own?.has(name)).map((name) => `template ${JSON.stringify(name)} is not defined`);
  for (const { file, uses } of used) for (const fault of missing(uses)) faults.push(`${file}: ${fault}`);

  return {
    faults,
    templates: {
      isBuiltIn: (name) => definitions.get(name)?.builtIn ?? false,
      compile(text) {
        if (!text.includes('{{')) return () => text;
        const parsed = parseTemplate(text, NOTIFICATION_FUNCTIONS);
        const [fault] = missing(parsed.uses, parsed.defines);
        if (fault) throw new SyntaxError(fault);
        const templates = new Map([...definitions, ...[...parsed.defines].map(([name, nodes]): [string, Definition] => [name, { nodes, builtIn: false }])]);
        return (data, medium) => expand(parsed.nodes, { dot: data, functions, templates, medium: mediumOf(medium), maxText: MAX_TEXT });
      },
    },
  };
}

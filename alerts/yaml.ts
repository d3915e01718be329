import { parseDocument, type Document, type ParseOptions, type ScalarTag } from 'yaml';
import { z } from 'zod';

/** `~` and the like without quotes: to Go an empty text where a text is asked for. */
const NOTHING: ScalarTag = { tag: 'tag:yaml.org,2002:null', default: true, test: /^(?:~|[Nn]ull|NULL)?$/, resolve: () => '' };

/** YAML whose scalars are the texts that they are: `severity: 1` is the label value "1". */
export function parseTexts(text: string, options?: ParseOptions): Document {
  const document = parseDocument(text, { schema: 'failsafe', customTags: [NOTHING], merge: true, ...options });
  for (const error of document.errors) if (error.code === 'MULTIPLE_DOCS') error.message = 'another document begins here: a file has one, so what follows `---` belongs into a file of its own';
  return document;
}

/** A key without a value is an absent one. */
export const optional = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());

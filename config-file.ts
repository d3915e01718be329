import { existsSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '#core/errors.js';
import { offsetOf, placeIn } from '#core/yaml-place.js';

export const DEFAULT_FILE = 'faultline.yaml';

export interface ConfigFile {
  readonly content: Readonly<Record<string, unknown>>;
  /** `file:line: what is wrong`. */
  readonly faults: readonly string[];
  /** `file:line` of a setting; undefined for what the file does not give. */
  readonly placeOf: (path: readonly PropertyKey[]) => string | undefined;
}

/** Reads YAML, `given` or the default file, which need not exist. */
export function readConfigFile(given: string | undefined): ConfigFile {
  const file = given ?? DEFAULT_FILE;
  const refused = (...faults: readonly string[]): ConfigFile => ({ content: {}, faults, placeOf: () => undefined });
  if (given === undefined && !existsSync(file)) return refused();
  try {
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
    const at = placeIn(file, lines);
    if (document.errors.length > 0) return refused(...document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
    const content: unknown = document.toJS() ?? {};
    if (!isRecord(content)) return refused(`${file}: expected keys and values at the top level`);
    return { content: written(content), faults: [], placeOf: (path) => (path.length > 0 && document.hasIn(path.slice(0, 1)) ? at(offsetOf(document, path)) : undefined) };
  } catch (error) {
    return refused(`${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'this is a folder; name the file in it' : messageOf(error);
}

/** A key without a value, or with nothing but comments below it, says nothing. */
function written(part: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(part).flatMap(([key, value]) => (value === null ? [] : [[key, isRecord(value) ? written(value) : value]])));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

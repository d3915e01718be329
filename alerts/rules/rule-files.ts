import { readFile } from 'node:fs/promises';
import { messageOf } from '#core/errors.js';
import { stampOf } from '#core/file-stamps.js';
import { glob } from '../glob.js';
import type { RuleGroup } from './rule.js';
import { parseRuleFile, type RuleFileOptions } from './rule-file.js';

export interface LoadedRules {
  readonly groups: readonly RuleGroup[];
  readonly faults: readonly string[];
}

/** The rule files on disk, as last usable. */
export interface RuleFiles {
  /** The groups of every file, or undefined when no file changed since the last call. */
  load(): Promise<LoadedRules | undefined>;
}

interface KnownFile {
  /** Of the file as last read: time, size and identity. */
  readonly stamp: string;
  readonly groups: readonly RuleGroup[];
  readonly faults: readonly string[];
}

/** `builtIn` are groups that are always there. A file that cannot be read or used keeps the groups it last had; one that is gone from a glob has none. */
export function createRuleFiles(patterns: readonly string[], options: Omit<RuleFileOptions, 'file'>, builtIn: readonly RuleGroup[] = []): RuleFiles {
  let known: ReadonlyMap<string, KnownFile> | undefined;

  async function read(file: string, before: KnownFile | undefined): Promise<KnownFile> {
    const stamp = await stampOf([file]);
    if (before?.stamp === stamp) return before;
    try {
      const { groups, faults } = parseRuleFile(await readFile(file, 'utf8'), { ...options, file });
      return faults.length > 0 ? { stamp, groups: before?.groups ?? [], faults } : { stamp, groups, faults: [] };
    } catch (error) {
      return { stamp, groups: before?.groups ?? [], faults: [`${file}: ${messageOf(error)}`] };
    }
  }

  return {
    async load() {
      const paths = [...new Set((await Promise.all(patterns.map(glob))).flat())];
      const now = new Map<string, KnownFile>();
      for (const path of paths) now.set(path, await read(path, known?.get(path)));
      const same = known !== undefined && known.size === now.size && [...now].every(([path, file]) => known?.get(path) === file);
      known = now;
      if (same) return undefined;
      const files = [...now.values()];
      return { groups: [...builtIn, ...files.flatMap(({ groups }) => groups)], faults: files.flatMap(({ faults }) => faults) };
    },
  };
}

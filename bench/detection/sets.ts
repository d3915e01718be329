import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.array(z.object({ id: z.string(), dims: z.number(), eval_start: z.number() }));
const causesSchema = z.record(z.string(), z.array(z.object({ start: z.number(), end: z.number(), dims: z.array(z.string()) })));

/** Labelled series of one or of several columns; a set that has both counts twice. */
export interface LabelledSet {
  readonly name: string;
  readonly folder: string;
  readonly ids: readonly string[];
  /** Whether the NAB scorer can read its labels too. */
  readonly hasWindows: boolean;
  /** Stretches of rows, and the columns that were to blame. */
  readonly causes: readonly { readonly id: string; readonly from: number; readonly to: number; readonly columns: readonly string[] }[];
}

/** Every folder in `data` with a manifest.json, series/ and labels/. */
export function findSets(data: string): LabelledSet[] {
  return readdirSync(data)
    .toSorted()
    .filter((name) => ['manifest.json', 'series', 'labels'].every((part) => existsSync(join(data, name, part))))
    .flatMap((name) => {
      const folder = join(data, name);
      const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
      const interpretation = join(folder, 'interpretation.json');
      const known = existsSync(interpretation) ? causesSchema.parse(JSON.parse(readFileSync(interpretation, 'utf8'))) : {};
      const part = (suffix: string, chosen: typeof manifest): LabelledSet => ({
        name: name + suffix,
        folder,
        ids: chosen.map(({ id }) => id),
        hasWindows: existsSync(join(folder, 'labels', 'combined_windows.json')),
        causes: chosen.flatMap(({ id, eval_start: begin }) => (known[id] ?? []).map(({ start, end, dims }) => ({ id, from: begin + start, to: begin + end, columns: dims }))),
      });
      const one = manifest.filter(({ dims }) => dims === 1);
      const several = manifest.filter(({ dims }) => dims > 1);
      return one.length > 0 && several.length > 0 ? [part(' (one column)', one), part(' (several)', several)] : [part('', manifest)];
    });
}

import { expect, it } from 'vitest';
import { describedIn } from './described.js';
import { DictionaryColumn, MapColumn, nativeBlock, StringColumn } from './native.js';

/** One block of a series `name`, with `text` in all columns that are skipped. */
function block(name: string, text: string): Buffer {
  const [names, types, units] = ['name', 'type', 'unit'].map((column) => new DictionaryColumn(column));
  const labels = new MapColumn('labels');
  const description = new StringColumn('description');
  names?.push(name);
  types?.push('gauge');
  units?.push(text);
  labels.pushRecord({ url: text });
  description.push(text);
  return nativeBlock([units, labels, description, names, types].filter((column) => column !== undefined));
}

it.each([127, 128, 200, 20_000])('a text of %i bytes beside them hides neither names nor the blocks behind', (size) => {
  const found = [...describedIn(Buffer.concat([block('first', 'x'.repeat(size)), block('second', '')]))];
  expect(found.map(({ names, types }) => [names.texts[names.numbers[0] ?? -1], types.texts[types.numbers[0] ?? -1]])).toEqual([['first', 'gauge'], ['second', 'gauge']]);
});

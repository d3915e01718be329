import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArrayColumn, DictionaryColumn, MapArrayColumn, MapColumn, nativeBlock, type NativeColumn, SharedMapColumn, StringColumn } from './native.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
  await store.command('CREATE TABLE texts (text LowCardinality(String)) ENGINE = MergeTree ORDER BY tuple()');
  await store.command('CREATE TABLE maps (own Map(LowCardinality(String), String), shared Map(LowCardinality(String), String), lists Array(LowCardinality(String)), nested Array(Map(LowCardinality(String), String))) ENGINE = MergeTree ORDER BY tuple()');
});
afterAll(() => store.close());

let files = 0;
async function insert(table: string, blocks: readonly (readonly NativeColumn[])[]): Promise<void> {
  const path = join(store.dataDir, `${(files += 1)}.native`);
  writeFileSync(path, Buffer.concat(blocks.map((columns) => nativeBlock(columns))));
  await store.command(`TRUNCATE TABLE ${table}`);
  await store.insertNativeFile(table, path, `file ${files}`);
}

function dictionaryOf(texts: readonly string[]): DictionaryColumn {
  const column = new DictionaryColumn('text');
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(`<${text}>`);
    if (index % 2 === 0) column.push(text);
    else column.pushBytes(bytes, 1, bytes.length - 1);
  }
  return column;
}

describe('a column of texts that repeat', () => {
  it.each([1, 2, 255, 256, 257, 65_536, 65_537])('has %i of them in ClickHouse', async (count) => {
    const texts = Array.from({ length: count + 20 }, (_, row) => (row % count === 0 ? '' : `${'é'.repeat(row % 3)}${row % count}`));
    await insert('texts', [[dictionaryOf(texts)]]);
    expect((await store.query<{ text: string }>('SELECT text FROM texts')).map(({ text }) => text)).toEqual(texts);
  });

  it('is what it was filled with last', () => {
    const column = dictionaryOf(['a', 'b', 'a', 'c']);
    column.reset();
    for (const text of ['c', 'c', 'a']) column.push(text);
    column.repeat(1, 2);
    expect(column.texts()).toEqual(['c', 'c', 'a', 'c', 'a', 'c', 'a']);
    expect(column.textBytes).toBe(14);
  });

  it('may follow one of plain texts in a file, as after an update', async () => {
    const plain = new StringColumn('text');
    for (const text of ['a', 'b']) plain.push(text);
    await insert('texts', [[plain], [dictionaryOf(['b', 'c'])], [plain]]);
    expect((await store.query<{ text: string }>('SELECT text FROM texts')).map(({ text }) => text)).toEqual(['a', 'b', 'b', 'c', 'a', 'b']);
    await insert('texts', [[dictionaryOf(['b', 'c'])], [plain]]);
    expect((await store.query<{ text: string }>('SELECT text FROM texts')).map(({ text }) => text)).toEqual(['b', 'c', 'a', 'b']);
  });
});

it('maps and lists arrive, many of them empty', async () => {
  const own = new MapColumn('own');
  const shared = new SharedMapColumn('shared');
  const lists = new ArrayColumn('lists', new DictionaryColumn(''));
  const nested = new MapArrayColumn('nested');
  const records: Record<string, string>[] = [{}, { service: 'cart', version: '1' }, { version: '2', service: 'cart' }];
  const maps = records.map((record) => {
    const map = new MapColumn('');
    map.pushRecord(record);
    return map;
  });
  const rows = Array.from({ length: 40 }, (_, row) => ({ own: records[row % 3] ?? {}, shared: Math.floor(row / 9) % 3, lists: row % 5 === 0 ? ['x', `y${row}`] : [], nested: row > 30 ? [{}, { at: String(row) }] : [] }));
  const fill = (): void => {
    for (const row of rows) {
      own.pushRecord(row.own);
      const map = maps[row.shared];
      if (map) shared.push(map);
      for (const text of row.lists) lists.items.push(text);
      lists.endRow();
      for (const record of row.nested) nested.items.pushRecord(record);
      nested.endRow();
    }
  };
  const columns = [own, shared, lists, nested];
  fill();
  for (const column of columns) column.reset();
  fill();
  await insert('maps', [columns]);
  expect(await store.query('SELECT * FROM maps')).toEqual(rows.map((row) => ({ ...row, shared: records[row.shared] })));
});

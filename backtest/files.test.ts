import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from 'chdb';
import { describe, expect, it } from 'vitest';
import { readTable } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
const START = 1_700_000_000;

/** Writes rows of `SELECT columns FROM numbers(3000)` as Parquet, and reads them as the command would. */
function parquet(name: string, columns: string): { table: ReturnType<typeof readTable>; notes: string[] } {
  const path = join(folder, name);
  query(`INSERT INTO FUNCTION file('${path}', Parquet) SELECT ${columns} FROM numbers(3000) SETTINGS max_threads = 1, output_format_parquet_row_group_size = 500`, 'CSV');
  const notes: string[] = [];
  return { table: readTable(path, (line) => notes.push(line)), notes };
}
function csv(text: string, note: (line: string) => void = () => {}): ReturnType<typeof readTable> {
  writeFileSync(join(folder, 'a.csv'), text);
  return readTable(join(folder, 'a.csv'), note);
}
const numbers = (of: (row: number) => number): Float64Array => Float64Array.from({ length: 3000 }, (_, row) => of(row));

describe('a Parquet file', () => {
  it('has its times where the name says so, its numbers in the order of rows, and gaps for what is null', () => {
    const { table, notes } = parquet('a.parquet', `toString(number) AS host, number / 4 AS cpu, if(number % 5 = 2, NULL, toInt32(number)) AS jobs, map('a', 1) AS tags, toDateTime64(${START}.25 + 60 * number, 3, 'UTC') AS time`);
    expect(notes).toEqual(['a.parquet: not judged, for they hold no numbers: host (String), tags (Map(String, UInt8))']);
    expect(table).toMatchObject({ name: 'a', names: ['cpu', 'jobs'] });
    expect(table.stamps.slice(0, 2)).toEqual(['2023-11-14T22:13:20.250Z', '2023-11-14T22:14:20.250Z']);
    expect(table.times).toEqual(numbers((row) => START * 1000 + 250 + row * 60_000));
    expect(table.columns).toEqual([numbers((row) => row / 4), numbers((row) => (row % 5 === 2 ? Number.NaN : row))]);
  });

  it.each([
    ['seconds', `${START} + 60 * number`],
    ['milliseconds', `(${START} + 60 * number) * 1000`],
    ['nanoseconds', `(${START} + 60 * number) * 1000000000`],
    ['text', `formatDateTime(toDateTime(${START} + 60 * number, 'UTC'), '%Y-%m-%d %H:%i:%S')`],
    ['a day and a time', `toDateTime(${START} + 60 * number, 'UTC')`],
  ])('may hold times as %s', (name, column) => {
    const { table } = parquet(`${name.replaceAll(' ', '')}.parquet`, `${column} AS at, number AS value`);
    expect(table.times).toEqual(numbers((row) => (START + 60 * row) * 1000));
  });

  it('may end with any number', () => {
    const { table } = parquet('quarters.parquet', `${START} + 60 * number AS time, number / 4 AS value`);
    expect(table.columns).toEqual([numbers((row) => row / 4)]);
  });

  it('has its times in the first of several such columns as the order of names goes, whatever that of the file is', () => {
    const { table } = parquet('both.parquet', `toDate('2023-11-14') AS date, number AS value, ${START} + 60 * number AS Timestamp`);
    expect(table.times).toEqual(numbers((row) => (START + 60 * row) * 1000));
  });

  it('is not read whole to be known', () => {
    const path = join(folder, 'large.parquet');
    writeFileSync(path, 'PAR1');
    // More than a Buffer holds, and no room on the disk.
    truncateSync(path, 5 * 1024 ** 3);
    expect(() => readTable(path, () => {})).toThrow(/large\.parquet cannot be read as Parquet/);
    rmSync(path);
  });

  it('may be named as a pattern of files is, but not hold no rows', () => {
    parquet('many1.parquet', `${START} + number AS time, number AS value`);
    query(`INSERT INTO FUNCTION file('${join(folder, 'few.parquet')}', Parquet) SELECT ${START} + number AS time, number AS value FROM numbers(3)`, 'CSV');
    renameSync(join(folder, 'few.parquet'), join(folder, 'many*{1,2}.parquet'));
    expect(readTable(join(folder, 'many*{1,2}.parquet'), () => {}).columns).toEqual([Float64Array.of(0, 1, 2)]);
    query(`INSERT INTO FUNCTION file('${join(folder, 'empty.parquet')}', Parquet) SELECT toInt64(number) AS time, number AS value FROM numbers(0)`, 'CSV');
    expect(() => readTable(join(folder, 'empty.parquet'), () => {})).toThrow('empty.parquet has no rows');
  });

  it('is refused without numbers, and when it only looks like one', () => {
    expect(() => parquet('none.parquet', `toDateTime(${START} + number) AS time, 'a' AS host`)).toThrow('it needs a column of times and one or more columns of numbers');
    writeFileSync(join(folder, 'bad.parquet'), 'PAR1 and no more');
    expect(() => readTable(join(folder, 'bad.parquet'), () => {})).toThrow(/bad\.parquet cannot be read as Parquet: .*Not a Parquet file/s);
    writeFileSync(join(folder, 'text.parquet'), 'time,value\n1,2\n');
    expect(() => readTable(join(folder, 'text.parquet'), () => {})).toThrow('text.parquet is no Parquet file: it does not begin with PAR1; if it is CSV, name it so');
  });
});

describe('the order of rows', () => {
  it('is turned round where the newest is first', () => {
    writeFileSync(join(folder, 'b.csv'), 'timestamp,value\n2023-11-14T22:15:20Z,3\n2023-11-14T22:14:20Z,2\n2023-11-14T22:13:20Z,1\n');
    const notes: string[] = [];
    const table = readTable(join(folder, 'b.csv'), (line) => notes.push(line));
    expect(table.columns).toEqual([Float64Array.of(1, 2, 3)]);
    expect(table.stamps[0]).toBe('2023-11-14T22:13:20Z');
    expect(notes).toEqual(['b.csv: has its newest row first; it is judged, and written, oldest first']);
  });

  it('leaves out what is no newer than a row before, and says so', () => {
    writeFileSync(join(folder, 'c.csv'), 'timestamp,value\n1700000000,1\n1700000060,2\n4102444800,3\n1700000120,4\n1700000180,5\n');
    const notes: string[] = [];
    readTable(join(folder, 'c.csv'), (line) => notes.push(line));
    expect(notes).toEqual(['c.csv: not judged, for they are no newer than a row before them: 2 of 5 rows, the first is row 4 with "1700000120" after "4102444800"']);
  });
});

describe('a CSV file', () => {
  it('may be quoted, with a mark before it', () => {
    const table = csv('\uFEFF"Time","cpu, mean","say ""hi"""\r\n"2023-11-14 22:13:20","1.5",2\r\n2023-11-14T22:14:20Z,,"2,5"\r\n');
    expect(table.names).toEqual(['cpu, mean', 'say "hi"']);
    expect(table.times).toEqual(Float64Array.of(START * 1000, START * 1000 + 60_000));
    expect(table.columns).toEqual([Float64Array.of(1.5, Number.NaN), Float64Array.of(2, Number.NaN)]);
  });

  it.each([
    ['old line ends', 'time,a,b\r1,1.5,2\r2,3,4\r'],
    ['semicolons, and decimal commas', 'time;a;b\n1;1,5;2\n2;3;4\n'],
    ['tabs, and an index without a name', '\ta\tb\n1\t1.5\t2\n2\t3\t4\n'],
    ['an index without a name, and quotes', ',"a","b"\n1,"1.5",2\n2,3,4\n'],
    ['a column of words', 'Zeit,host,a,b,\n1,web-1,1.5,2,\n2,web-1,3,4,\n'],
  ])('may have %s', (_what, text) => {
    expect(csv(text)).toMatchObject({ names: ['a', 'b'], times: Float64Array.of(1000, 2000), columns: [Float64Array.of(1.5, 3), Float64Array.of(2, 4)] });
  });

  it('leaves out columns without a number, and says so; without any, and words in their place, it is refused', () => {
    const notes: string[] = [];
    csv('time,host,value,\n1,web-1,1,\n2,web-1,2,\n', (line) => notes.push(line));
    csv('time,value\n1,\n2,NaN\n', (line) => notes.push(line));
    expect(notes).toEqual(['a.csv: not judged, for they hold no numbers: host, column 4', 'a.csv: not judged, for they hold no numbers: value']);
    expect(() => csv('time,value\n1,\n2,"100,123.45"\n')).toThrow('a.csv: no value is a number that can be read, the first is "100,123.45"; write 1234.5');
    expect(() => csv('time,value\n')).toThrow('a.csv has no rows');
    expect(() => csv('time|value\n1|2\n')).toThrow('a.csv needs a header: timestamp and one or more columns of values, with commas, semicolons or tabs between them');
  });

  it('that is none is refused without its bytes', () => {
    const bytes = '\u001b]0;x\u0007\u007f\u009b'.repeat(30);
    for (const text of [`time,value\n1,${bytes}\n`, `time,value\n${bytes},1\n`]) expect(() => csv(text)).toThrow(/^a\.csv: no [^"]*"\\u001b\]0;x\\u0007\\u007f\\u009b[\x20-\x7e]+…"; write [\x20-\x7e]+$/);
    const notes: string[] = [];
    csv(`time,value,${bytes}\n1,1,a\n${bytes},2,b\n`, (line) => notes.push(line));
    expect(notes).toHaveLength(2);
    for (const note of notes) expect(note).not.toMatch(/\p{Cc}/u);
  });

  it.each([
    ['2023-11-14 22:13:20,123', START * 1000 + 123],
    ['2023-11-14T22:13:20.1234567Z', START * 1000 + 123],
    ['2023-11-14 23:13:20+01', START * 1000],
    ['2023-11-14t22:13:20 UTC', START * 1000],
    ['2023-11-14T17:43:20-0430', START * 1000],
    ['2023-11-14T22:13', START * 1000 - 20_000],
    ['20231114', Date.UTC(2023, 10, 14)],
    ['20231114T221320Z', START * 1000],
    ['1700000000.25', START * 1000 + 250],
    ['1700000000000', START * 1000],
    ['14.11.2023 22:13:20', Number.NaN],
    ['2023/11/14 22:13:20', Number.NaN],
    ['Nov 14 2023 22:13:20', Number.NaN],
    ['2023-13-14', Number.NaN],
  ])('has its times as ISO or as an epoch: %s', (stamp, at) => {
    expect(csv(`time,value\n"${stamp}",1\n0,2\n`).times[0]).toBe(at);
  });

  it('without a single time that can be read is refused, and rows without one are told', () => {
    expect(() => csv('time,value\n14.11.2023 22:13:20,1\n14.11.2023 22:14:20,2\n')).toThrow('a.csv: no row has a time that can be read, the first is "14.11.2023 22:13:20"; write ISO such as 2023-11-14T22:13:20Z, or an epoch');
    writeFileSync(join(folder, 'b.csv'), 'time,value\n1,1\nlater,2\n,3\n4,4\n');
    const notes: string[] = [];
    expect(readTable(join(folder, 'b.csv'), (line) => notes.push(line)).times).toHaveLength(4);
    expect(notes).toEqual(['b.csv: not judged, for their times cannot be read: 2 of 4 rows, the first is row 2 with "later"']);
  });
});

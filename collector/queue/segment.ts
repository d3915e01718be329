import { crc32 } from 'node:zlib';
import { crc32Combine } from './crc32-combine.js';

/** A file of acknowledged Native blocks for one table. */
export interface Segment {
  /** Names it in ClickHouse: an insert with a token seen before is a no-op. Never used twice. */
  readonly token: string;
  readonly table: string;
  /** First and last commit that it holds. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  readonly createdAt: number;
  /** Whether ClickHouse may have it already: it must then go under its own token, and never as a part of another. */
  readonly claimed: boolean;
  /** Those that go as one. They stay files of their own; it is their list. */
  readonly parts?: readonly Segment[];
}

/** first commit, last commit, run, checksum, table; `.insert` once it is claimed, `.joint` for the list of those that are claimed together. */
const NAME = /^((\d{16})-(\d{16})-[0-9a-f]{8}-[0-9a-f]{8}-(\w+))\.(native|insert|joint)$/;
const numbered = (value: number): string => String(value).padStart(16, '0');
const hex = (value: number): string => value.toString(16).padStart(8, '0');
const checksumOf = ({ token }: Pick<Segment, 'token'>): number => Number.parseInt(token.split('-')[3] ?? '', 16);

/** Commit numbers follow the clock, which can be set back: the run keeps tokens apart. */
export const tokenOf = ({ table, first, last, checksum }: Whole, run: string): string => `${numbered(first)}-${numbered(last)}-${run}-${hex(checksum)}-${table}`;

export const nameOf = ({ token, claimed, parts }: Segment): string => `${token}.${parts ? 'joint' : claimed ? 'insert' : 'native'}`;

/** What the name of a file says of its segment, and whether it is its list; undefined for other files. */
export function segmentNamed(name: string): { readonly segment: Omit<Segment, 'bytes' | 'createdAt'>; readonly isList: boolean } | undefined {
  const [, token, first, last, table = '', state] = NAME.exec(name) ?? [];
  return token === undefined ? undefined : { segment: { token, table, first: Number(first), last: Number(last), claimed: state !== 'native' }, isList: state === 'joint' };
}

/** Whether it holds what was written. */
export const isWhole = (segment: Pick<Segment, 'token'>, content: Buffer): boolean => crc32(content) === checksumOf(segment);

/** What goes into the token of a segment. */
export type Whole = Pick<Segment, 'table' | 'first' | 'last' | 'bytes'> & { readonly checksum: number };

/** What several segments are together. The checksum is made of theirs: a part that is not what was written is then noticed, instead of being sealed. */
export function wholeOf(segments: readonly Segment[]): Whole {
  const [first] = segments;
  const last = segments.at(-1);
  if (!first || !last || first === last) throw new RangeError('two segments or more make another');
  return { table: first.table, first: first.first, last: last.last, bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0), checksum: segments.reduce((sum, segment) => crc32Combine(sum, checksumOf(segment), segment.bytes), 0) };
}

export const oldest = (segments: readonly Segment[]): number => segments.reduce((least, { createdAt }) => Math.min(least, createdAt), Infinity);

/** A name a line, and the checksum of these lines. */
export function listOf(segments: readonly Segment[]): string {
  const names = segments.map(nameOf).join('\n');
  return `${names}\n${crc32(names)}`;
}

/** Empty when it is not what was written. */
export function namesIn(list: string): readonly string[] {
  const end = list.lastIndexOf('\n');
  const names = list.slice(0, end);
  return end > 0 && String(crc32(names)) === list.slice(end + 1) ? names.split('\n') : [];
}

/** Parts of a merged segment whose removal was cut off are in it already. */
export function separate(segments: readonly Segment[]): { kept: Segment[]; copied: Segment[] } {
  const kept: Segment[] = [];
  const copied: Segment[] = [];
  const covered = new Map<string, number>();
  for (const segment of segments.toSorted((a, b) => a.first - b.first || b.last - a.last)) {
    if (segment.last <= (covered.get(segment.table) ?? -1)) copied.push(segment);
    else {
      kept.push(segment);
      covered.set(segment.table, segment.last);
    }
  }
  return { kept, copied };
}

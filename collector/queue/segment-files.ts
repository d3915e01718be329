import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of acknowledged Native blocks for one table. Its name is its deduplication token. */
export interface Segment {
  readonly name: string;
  readonly table: string;
  /** First and last commit that it holds. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  readonly createdAt: number;
}

const NAME = /^(\d{16})-(\d{16})-(\w+)\.native$/;
const numbered = (value: number): string => String(value).padStart(16, '0');

/** The folder of segments. A segment exists in full or not at all: written aside, synced, then renamed. */
export interface SegmentFiles {
  path(segment: Segment): string;
  /** Writes and syncs the file; it counts once `sync` has run. */
  write(table: string, first: number, last: number, parts: readonly Buffer[]): Promise<Segment>;
  /** Makes names durable. */
  sync(): Promise<void>;
  /** One segment holding all of `segments`, which are then gone. A crash in between leaves either them or it. */
  merge(segments: readonly Segment[]): Promise<Segment>;
  remove(segment: Segment): Promise<void>;
  /** Keeps a segment that can never be inserted where a person can look at it. */
  setAside(segment: Segment): Promise<void>;
  /** What an earlier run left, oldest first. */
  recover(): Promise<Segment[]>;
}

export function createSegmentFiles(folder: string, clock: () => number): SegmentFiles {
  const rejected = join(folder, 'rejected');
  const path = (segment: Segment): string => join(folder, segment.name);

  async function sync(): Promise<void> {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async function write(table: string, first: number, last: number, parts: readonly Buffer[]): Promise<Segment> {
    const name = `${numbered(first)}-${numbered(last)}-${table}.native`;
    const aside = join(folder, `${name}.part`);
    const handle = await open(aside, 'w', 0o600);
    try {
      await handle.writev([...parts]);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(aside, join(folder, name));
    return { name, table, first, last, bytes: parts.reduce((sum, part) => sum + part.length, 0), createdAt: clock() };
  }

  return {
    path,
    write,
    sync,
    async merge(segments) {
      const [first] = segments;
      const last = segments.at(-1);
      if (!first || !last || first === last) throw new RangeError('merge needs two segments or more');
      const parts = await Promise.all(segments.map((segment) => readFile(path(segment))));
      const merged = await write(first.table, first.first, last.last, parts);
      await sync();
      await Promise.all(segments.map((segment) => rm(path(segment), { force: true })));
      return { ...merged, createdAt: first.createdAt };
    },
    remove: (segment) => rm(path(segment), { force: true }),
    async setAside(segment) {
      await rename(path(segment), join(rejected, segment.name));
    },
    async recover() {
      await mkdir(rejected, { recursive: true, mode: 0o700 });
      const found: Segment[] = [];
      for (const name of await readdir(folder)) {
        const match = NAME.exec(name);
        if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
        if (!match) continue;
        const { size, mtimeMs } = await stat(join(folder, name));
        found.push({ name, table: match[3] ?? '', first: Number(match[1]), last: Number(match[2]), bytes: size, createdAt: mtimeMs });
      }
      const inside = (a: Segment, b: Segment): boolean => a !== b && a.table === b.table && a.first >= b.first && a.last <= b.last;
      const [copied, kept] = [found.filter((a) => found.some((b) => inside(a, b))), found.filter((a) => !found.some((b) => inside(a, b)))];
      await Promise.all(copied.map((segment) => rm(path(segment), { force: true })));
      return kept.toSorted((a, b) => a.first - b.first);
    },
  };
}

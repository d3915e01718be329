import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
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
}

/** first commit, last commit, run, checksum, table; `.insert` once it is claimed. */
const NAME = /^((\d{16})-(\d{16})-[0-9a-f]{8}-([0-9a-f]{8})-(\w+))\.(native|insert)$/;
/** What segments are copied through when they are joined. Buffers are kept: each one that comes and goes brings the next sweep of the whole heap nearer. */
const COPY_BYTES = 1024 * 1024;
const numbered = (value: number): string => String(value).padStart(16, '0');
const nameOf = ({ token, claimed }: Pick<Segment, 'token' | 'claimed'>): string => `${token}.${claimed ? 'insert' : 'native'}`;

/** The folder of segments. A segment exists in full or not at all: written aside, synced, then renamed. */
export interface SegmentFiles {
  path(segment: Segment): string;
  read(segment: Segment): Promise<Buffer>;
  /** One segment for each table, durable when it resolves. When it rejects there are none of them. */
  write(commit: number, parts: ReadonlyMap<string, readonly Buffer[]>): Promise<Segment[]>;
  /** One durable segment holding all of `segments`, which still exist. A crash before they are removed leaves it alone. */
  merge(segments: readonly Segment[]): Promise<Segment>;
  /** Marks a segment, durably, as one that ClickHouse may have. */
  claim(segment: Segment): Promise<Segment>;
  remove(segments: readonly Segment[]): Promise<void>;
  /** Keeps a segment that can never be inserted where a person can look at it. */
  setAside(segment: Segment): Promise<void>;
  /** What an earlier run left, oldest first, and what of it is damaged and was set aside. */
  recover(): Promise<{ readonly segments: Segment[]; readonly damaged: Segment[] }>;
}

export function createSegmentFiles(folder: string, clock: () => number): SegmentFiles {
  const rejected = join(folder, 'rejected');
  // Commit numbers follow the clock, which can be set back: the run keeps tokens apart.
  const run = randomBytes(4).toString('hex');
  const copyBuffers: Buffer[] = [];
  const path = (segment: Segment): string => join(folder, nameOf(segment));

  async function sync(): Promise<void> {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A whole and synced file of so many `bytes` beside its name, and the name it is to get. */
  async function writeAside({ table, first, last, bytes, checksum }: Pick<Segment, 'table' | 'first' | 'last' | 'bytes'> & { readonly checksum: number }, fill: (file: FileHandle) => Promise<number>): Promise<Segment> {
    const segment: Segment = { token: `${numbered(first)}-${numbered(last)}-${run}-${checksum.toString(16).padStart(8, '0')}-${table}`, table, first, last, bytes, createdAt: clock(), claimed: false };
    const aside = `${path(segment)}.part`;
    try {
      const handle = await open(aside, 'w', 0o600);
      try {
        // On a disk that fills up midway a write takes less than it was given, and does not fail.
        const written = await fill(handle);
        if (written !== bytes) throw new Error(`only ${written} of ${bytes} bytes were written; is the disk full?`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(aside, { force: true }).catch(() => undefined);
      throw error;
    }
    return segment;
  }

  async function publish(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) await rename(`${path(segment)}.part`, path(segment));
    await sync();
  }

  const remove = async (segments: readonly Segment[]): Promise<void> => void (await Promise.all(segments.map((segment) => unlink(path(segment)).catch(unlessMissing))));

  async function setAside(segment: Segment): Promise<void> {
    await rename(path(segment), join(rejected, nameOf(segment)));
  }

  return {
    path,
    read: (segment) => readFile(path(segment)),
    remove,
    setAside,
    async write(commit, parts) {
      const outcomes = await Promise.allSettled([...parts].map(([table, buffers]) => {
        const bytes = buffers.reduce((sum, part) => sum + part.length, 0);
        return writeAside({ table, first: commit, last: commit, bytes, checksum: buffers.reduce((sum, part) => crc32(part, sum), 0) }, async (file) => (await file.writev([...buffers])).bytesWritten);
      }));
      const written = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      try {
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
        await publish(written);
        return written;
      } catch (error) {
        // The sender will send all of it again.
        await Promise.allSettled(written.flatMap((segment) => [rm(`${path(segment)}.part`, { force: true }), rm(path(segment), { force: true })]));
        throw error;
      }
    },
    async merge(segments) {
      const [first] = segments;
      const last = segments.at(-1);
      if (!first || !last || first === last) throw new RangeError('merge needs two segments or more');
      // From theirs: a part that is not what was written is then noticed, instead of being sealed.
      const checksum = segments.reduce((sum, segment) => crc32Combine(sum, checksumOf(segment), segment.bytes), 0);
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
      const merged = await writeAside({ table: first.table, first: first.first, last: last.last, bytes, checksum }, async (file) => {
        const buffer = copyBuffers.pop() ?? Buffer.allocUnsafeSlow(COPY_BYTES);
        let written = 0;
        for (const segment of segments) written += await append(file, path(segment), segment.bytes, buffer);
        copyBuffers.push(buffer);
        return written;
      });
      await publish([merged]);
      return { ...merged, createdAt: first.createdAt };
    },
    async claim(segment) {
      if (segment.claimed) return segment;
      const claimed = { ...segment, claimed: true };
      await rename(path(segment), path(claimed));
      await sync();
      return claimed;
    },
    async recover() {
      await mkdir(rejected, { recursive: true, mode: 0o700 });
      const whole: Segment[] = [];
      const damaged: Segment[] = [];
      for (const name of await readdir(folder)) {
        if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
        const match = NAME.exec(name);
        if (!match) continue;
        const [, token = '', first, last, checksum, table = '', state] = match;
        const [content, { mtimeMs }] = await Promise.all([readFile(join(folder, name)), stat(join(folder, name))]);
        const segment: Segment = { token, table, first: Number(first), last: Number(last), bytes: content.length, createdAt: mtimeMs, claimed: state === 'insert' };
        (crc32(content) === Number.parseInt(checksum ?? '', 16) ? whole : damaged).push(segment);
      }
      for (const segment of damaged) await setAside(segment);
      const { kept, copied } = separate(whole);
      await remove(copied);
      return { segments: kept, damaged };
    },
  };
}

/** `rm` with `force` would look at each file first. */
function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

const checksumOf = ({ token }: Segment): number => Number.parseInt(token.split('-')[3] ?? '', 16);

/** Appends what `from` holds through `buffer`. Returns the bytes that were written. */
async function append(to: FileHandle, from: string, bytes: number, buffer: Buffer): Promise<number> {
  const source = await open(from, 'r');
  let at = 0;
  try {
    while (at < bytes) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (bytesRead === 0) throw new Error(`${from} is shorter than it was`);
      const { bytesWritten } = await to.write(buffer, 0, bytesRead);
      at += bytesWritten;
      if (bytesWritten < bytesRead) break;
    }
    return at;
  } finally {
    await source.close();
  }
}

/** Parts of a merged segment whose removal was cut off are in it already. */
function separate(segments: readonly Segment[]): { kept: Segment[]; copied: Segment[] } {
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

import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isWhole, listOf, nameOf, namesIn, oldest, segmentNamed, separate, tokenOf, wholeOf, type Segment, type Whole } from './segment.js';

/** Neither is a segment: what was being written, and what the parts of a joint segment hold one after the other. */
const PASSING = /\.(part|copy)$/;
/** What segments are copied through when they are joined. Buffers are kept: each one that comes and goes brings the next sweep of the whole heap nearer. */
const COPY_BYTES = 1024 * 1024;

/** The folder of segments. A segment exists in full or not at all: written aside, renamed, synced; and only then told of. */
export interface SegmentFiles {
  /** What ClickHouse reads. Of a joint segment it is there between `lay` and `lift`. */
  path(segment: Segment): string;
  read(segment: Segment): Promise<Buffer>;
  /** Rejects where `bytes` more cannot be written and synced. Leaves nothing. */
  probe(bytes: number): Promise<void>;
  /** One segment for each table, durable when it resolves. When it rejects there are none of them. */
  write(commit: number, parts: ReadonlyMap<string, readonly Buffer[]>): Promise<Segment[]>;
  /** One durable segment holding all of `segments`, which still exist. A crash before they are removed leaves it alone. */
  merge(segments: readonly Segment[]): Promise<Segment>;
  /** Marks a segment, durably, as one that ClickHouse may have. */
  claim(segment: Segment): Promise<Segment>;
  /** Marks `segments`, durably, as one that ClickHouse may have, and lays it out. Only their list is synced: they are on disk already, and the same bytes can be laid out again. */
  join(segments: readonly Segment[]): Promise<Segment>;
  /** Lays a joint segment out, unless it is. */
  lay(segment: Segment): Promise<void>;
  lift(segment: Segment): Promise<void>;
  /** Durably makes a joint segment its parts again. */
  part(segment: Segment): Promise<void>;
  /** The parts of a joint segment first: its list says that what is missing was inserted. */
  remove(segments: readonly Segment[]): Promise<void>;
  /** Keeps a segment that can never be inserted where a person can look at it. */
  setAside(segment: Segment): Promise<void>;
  /** What an earlier run left, oldest first, and what of it is damaged and was set aside. */
  recover(): Promise<{ readonly segments: Segment[]; readonly damaged: Segment[] }>;
}

export function createSegmentFiles(folder: string, clock: () => number): SegmentFiles {
  const rejected = join(folder, 'rejected');
  const run = randomBytes(4).toString('hex');
  const copyBuffers: Buffer[] = [];
  /** Joint segments that are laid out. */
  const laid = new Set<string>();
  const place = (segment: Segment): string => join(folder, nameOf(segment));
  const aside = (segment: Segment): string => `${place(segment)}.part`;
  const path = (segment: Segment): string => (segment.parts ? join(folder, `${segment.token}.copy`) : place(segment));

  async function sync(): Promise<void> {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => close(handle));
  }

  const segmentOf = (whole: Whole): Segment => ({ token: tokenOf(whole, run), table: whole.table, first: whole.first, last: whole.last, bytes: whole.bytes, createdAt: clock(), claimed: false });

  /**
   * Makes whole, durable files, all of them or none. In four steps, as senders wait for it and each step for its turn behind a slice of decoding.
   * Names come before syncs, so that both are synced at once: a power cut may leave a file that nobody was told of, and its checksum says whether it is whole.
   */
  async function create(files: readonly NewFile[]): Promise<void> {
    const handles: FileHandle[] = [];
    const opened = async (path: string, flags: string): Promise<FileHandle> => {
      const handle = await open(path, flags, 0o600);
      handles.push(handle);
      return handle;
    };
    try {
      await all(files.map(async ({ segment, bytes, fill }) => writeAll(await opened(aside(segment), 'w'), bytes, fill)));
      await all([opened(folder, 'r'), ...files.map(({ segment }) => rename(aside(segment), place(segment)))]);
      await all(handles.map((handle) => handle.sync()));
    } catch (error) {
      await Promise.allSettled(files.flatMap(({ segment }) => [rm(aside(segment), { force: true }), rm(place(segment), { force: true })]));
      throw error;
    } finally {
      for (const handle of handles) close(handle);
    }
  }

  /** Writes what `segments` hold, one after the other. Returns the bytes that were written. */
  async function copy(segments: readonly Segment[], file: FileHandle): Promise<number> {
    const buffer = copyBuffers.pop() ?? Buffer.allocUnsafeSlow(COPY_BYTES);
    let written = 0;
    for (const segment of segments) written += await append(file, place(segment), segment.bytes, buffer);
    copyBuffers.push(buffer);
    return written;
  }

  async function lay(segment: Segment): Promise<void> {
    const { parts, token, bytes } = segment;
    if (!parts || laid.has(token)) return;
    const handle = await open(path(segment), 'w', 0o600);
    try {
      await writeAll(handle, bytes, (file) => copy(parts, file));
      laid.add(token);
    } finally {
      await handle.close();
      if (!laid.has(token)) await lift(segment);
    }
  }

  async function lift(segment: Segment): Promise<void> {
    if (!segment.parts) return;
    laid.delete(segment.token);
    await unlink(path(segment)).catch(unlessMissing);
  }

  async function part(segment: Segment): Promise<void> {
    await lift(segment);
    await unlink(place(segment)).catch(unlessMissing);
    // Later its parts go one by one, which must not look as if all of it had gone.
    await sync();
  }

  async function remove(segments: readonly Segment[]): Promise<void> {
    await Promise.all(segments.map(async (segment) => {
      if (segment.parts) await remove(segment.parts);
      await lift(segment);
      await unlink(place(segment)).catch(unlessMissing);
    }));
  }

  async function setAside(segment: Segment): Promise<void> {
    await rename(place(segment), join(rejected, nameOf(segment)));
  }

  return {
    path,
    read: async ({ parts, ...segment }) => Buffer.concat(await Promise.all((parts ?? [segment]).map((one) => readFile(place(one))))),
    lay,
    lift,
    part,
    remove,
    setAside,
    async probe(bytes) {
      const path = join(folder, 'probe.part');
      const file = await open(path, 'w', 0o600);
      try {
        await writeAll(file, bytes, fillRandom(bytes));
        await file.sync();
      } finally {
        close(file);
        await rm(path, { force: true });
      }
    },
    async write(commit, parts) {
      const files = [...parts].map(([table, buffers]): NewFile => {
        const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
        const segment = segmentOf({ table, first: commit, last: commit, bytes, checksum: buffers.reduce((sum, buffer) => crc32(buffer, sum), 0) });
        return { segment, bytes, fill: async (file) => (await file.writev([...buffers])).bytesWritten };
      });
      await create(files);
      return files.map(({ segment }) => segment);
    },
    async merge(segments) {
      const merged = { ...segmentOf(wholeOf(segments)), createdAt: oldest(segments) };
      await create([{ segment: merged, bytes: merged.bytes, fill: (file) => copy(segments, file) }]);
      return merged;
    },
    async claim(segment) {
      if (segment.claimed) return segment;
      const claimed = { ...segment, claimed: true };
      await rename(place(segment), place(claimed));
      await sync();
      return claimed;
    },
    async join(segments) {
      const joint: Segment = { ...segmentOf(wholeOf(segments)), createdAt: oldest(segments), claimed: true, parts: segments };
      const list = Buffer.from(listOf(segments));
      try {
        await lay(joint);
        await create([{ segment: joint, bytes: list.length, fill: async (file) => (await file.write(list)).bytesWritten }]);
        return joint;
      } catch (error) {
        await lift(joint).catch(() => undefined);
        throw error;
      }
    },
    async recover() {
      await mkdir(rejected, { recursive: true, mode: 0o700 });
      const whole = new Map<string, Segment>();
      const damaged: Segment[] = [];
      const lists: { readonly segment: Segment; readonly list: string }[] = [];
      for (const name of await readdir(folder)) {
        if (PASSING.test(name)) await rm(join(folder, name), { force: true });
        const found = segmentNamed(name);
        if (!found) continue;
        const [content, { mtimeMs }] = await Promise.all([readFile(join(folder, name)), stat(join(folder, name))]);
        const segment: Segment = { ...found.segment, bytes: content.length, createdAt: mtimeMs };
        if (found.isList) lists.push({ segment, list: content.toString() });
        else if (isWhole(segment, content)) whole.set(name, segment);
        else damaged.push(segment);
      }
      const joint: Segment[] = [];
      for (const { segment, list } of lists) {
        const names = namesIn(list);
        const parts = names.flatMap((name) => whole.get(name) ?? []);
        const isBroken = damaged.some((one) => names.includes(nameOf(one)));
        for (const name of isBroken ? [] : names) whole.delete(name);
        const found: Segment = { ...segment, parts };
        // One that is missing went after all of them had been inserted; where one is damaged, the others go by themselves.
        if (isBroken || names.length === 0) await part(found);
        else if (parts.length < names.length) await remove([found]);
        else joint.push({ ...found, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), createdAt: oldest(parts) });
      }
      for (const segment of damaged) await setAside(segment);
      const { kept, copied } = separate([...joint, ...whole.values()]);
      await remove(copied);
      return { segments: kept, damaged };
    },
  };
}

/** A segment's file, or its list, of so many bytes; `fill` returns how many it wrote. */
interface NewFile {
  readonly segment: Segment;
  readonly bytes: number;
  readonly fill: (file: FileHandle) => Promise<number>;
}

/** Zeros would take no room where files are compressed. */
function fillRandom(bytes: number): NewFile['fill'] {
  const random = randomBytes(Math.min(bytes, COPY_BYTES));
  return async (file) => {
    let at = 0;
    while (at < bytes) {
      const wanted = Math.min(random.length, bytes - at);
      const { bytesWritten } = await file.write(random, 0, wanted);
      at += bytesWritten;
      if (bytesWritten < wanted) break;
    }
    return at;
  };
}

/** On a disk that fills up midway a write takes less than it was given, and does not fail. */
async function writeAll(file: FileHandle, bytes: number, fill: (file: FileHandle) => Promise<number>): Promise<void> {
  const written = await fill(file);
  if (written !== bytes) throw new Error(`only ${written} of ${bytes} bytes were written; is the disk full?`);
}

/** Ends when all of them have, so that nothing comes after what is done about a failure. */
async function all(steps: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(steps)) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Not waited for: what it holds is synced, or no longer wanted. */
function close(handle: FileHandle): void {
  handle.close().catch(() => undefined);
}

/** `rm` with `force` would look at each file first. */
function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

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

import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

interface Entry {
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly at: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
/** The end record and the longest comment after it. */
const LONGEST_END = 22 + 65_535;
const STORED = 0;
const DEFLATED = 8;

/**
 * Writes one file of a zip (below 4 GB) to `to`, a piece at a time. Throws when the archive is damaged or has no such file.
 * Source: PKWARE, .ZIP File Format Specification, version 6.3.10, sections 4.3 and 4.4.
 */
export async function extract(archive: string, name: string, to: string): Promise<void> {
  const file = await open(archive, 'r');
  let entry: Entry | undefined;
  let begin = 0;
  try {
    entry = (await entriesOf(file)).get(name);
    if (!entry) throw new Error(`it has no ${name}`);
    const local = await read(file, entry.at, 30);
    begin = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  } finally {
    await file.close();
  }
  if (entry.method !== STORED && entry.method !== DEFLATED) throw new Error(`${name} is packed in a way that is not known here (${entry.method})`);
  let sum = 0;
  let size = 0;
  await pipeline(
    createReadStream(archive, { start: begin, end: begin + entry.packed - 1 }),
    entry.method === STORED ? new PassThrough() : createInflateRaw(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sum = crc32(chunk, sum);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(to),
  );
  if (sum !== entry.crc || size !== entry.size) throw new Error(`${name} is damaged`);
}

async function entriesOf(file: FileHandle): Promise<Map<string, Entry>> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - LONGEST_END), Math.min(size, LONGEST_END));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error('it is no zip archive, or is cut short');
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries = new Map<string, Entry>();
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL; ) {
    const length = directory.readUInt16LE(at + 28);
    entries.set(directory.toString('utf8', at + 46, at + 46 + length), { method: directory.readUInt16LE(at + 10), crc: directory.readUInt32LE(at + 16), packed: directory.readUInt32LE(at + 20), size: directory.readUInt32LE(at + 24), at: directory.readUInt32LE(at + 42) });
    at += 46 + length + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function read(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  if (bytesRead < length) throw new Error('it is cut short');
  return buffer;
}

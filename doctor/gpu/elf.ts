import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What a Linux library says of itself. */
export interface Library {
  readonly arch: string;
  /** The file is as long as its own tables say. */
  readonly whole: boolean;
  /** Libraries that must be there for it to load. */
  readonly needed: readonly string[];
}

const MACHINES: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };
const LOAD = 1;
const DYNAMIC = 2;
const NEEDED = 1;
const STRING_TABLE = 5;
const LONGEST_NAME = 256;

/**
 * Reads the header of a 64-bit little-endian ELF file; undefined for anything else.
 * Source: Tool Interface Standard, Executable and Linking Format, version 1.2, and its 64-bit form (elf(5)).
 */
export function readLibrary(path: string): Library | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const read = (from: number, length: number): DataView => {
      const bytes = new Uint8Array(length);
      const got = readSync(file, bytes, 0, length, from);
      return new DataView(bytes.buffer, 0, got);
    };
    const head = read(0, 64);
    if (head.byteLength < 64 || head.getUint32(0) !== 0x7f454c46 || head.getUint8(4) !== 2 || head.getUint8(5) !== 1) return undefined;
    const number = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
    const arch = MACHINES[head.getUint16(18, true)] ?? 'another processor';
    const [programsAt, sectionsAt] = [number(head, 32), number(head, 40)];
    const [programSize, programs, sectionSize, sections] = [54, 56, 58, 60].map((at) => head.getUint16(at, true)) as [number, number, number, number];
    const whole = Math.max(programsAt + programSize * programs, sectionsAt + sectionSize * sections) <= size;
    if (!whole) return { arch, whole, needed: [] };
    const table = read(programsAt, programSize * programs);
    const segments = Array.from({ length: programs }, (_, index) => index * programSize).map((at) => ({ type: table.getUint32(at, true), offset: number(table, at + 8), address: number(table, at + 16), size: number(table, at + 32) }));
    const dynamic = segments.find(({ type }) => type === DYNAMIC);
    if (!dynamic) return { arch, whole, needed: [] };
    const entries = read(dynamic.offset, dynamic.size);
    const tagged = (tag: number): number[] => Array.from({ length: Math.floor(entries.byteLength / 16) }, (_, index) => index * 16).filter((at) => number(entries, at) === tag).map((at) => number(entries, at + 8));
    const strings = tagged(STRING_TABLE)[0] ?? 0;
    const home = segments.find(({ type, address, size: length }) => type === LOAD && strings >= address && strings < address + length);
    const base = strings - (home?.address ?? 0) + (home?.offset ?? 0);
    return { arch, whole, needed: tagged(NEEDED).map((at) => textOf(read(base + at, LONGEST_NAME))) };
  } finally {
    closeSync(file);
  }
}

function textOf(view: DataView): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes.toString('latin1', 0, Math.max(0, bytes.indexOf(0)));
}

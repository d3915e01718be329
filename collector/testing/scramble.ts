import protobuf from 'protobufjs';
import type { Rng } from './rng.js';

/** One field as it stands on the wire. */
interface Part {
  readonly field: number;
  readonly bytes: Buffer;
}

/**
 * The same message in another legal encoding: fields in another order (those of one number, and those of one `oneof`, keep theirs),
 * fields nobody knows in between, packed lists unpacked, and messages that occur once sent in two parts.
 */
export function scramble(type: protobuf.Type, bytes: Buffer, rng: Rng): Buffer {
  const reader = protobuf.Reader.create(bytes);
  const lanes = new Map<string, Part[]>();
  const add = (lane: string, part: Part): void => void lanes.set(lane, [...(lanes.get(lane) ?? []), part]);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const number = tag >>> 3;
    const field = type.fieldsById[number];
    if (!field) throw new Error(`no field ${number} in ${type.name}`);
    const lane = field.partOf?.name ?? field.name;
    const inner = field.resolve().resolvedType;
    if (inner instanceof protobuf.Type) {
      const message = Buffer.from(reader.bytes());
      for (const part of splits(inner, message, field.repeated || field.partOf !== null, rng)) add(lane, { field: number, bytes: delimited(number, scramble(inner, part, rng)) });
    } else if (field.repeated && (tag & 7) === 2 && field.type !== 'string' && field.type !== 'bytes' && rng(2) === 0) {
      const packed = Buffer.from(reader.bytes());
      for (const value of unpacked(field, packed)) add(lane, { field: number, bytes: value });
    } else {
      reader.skipType(tag & 7);
      add(lane, { field: number, bytes: Buffer.from(bytes.subarray(from, reader.pos)) });
    }
  }
  const queues = [...lanes.values()];
  const out: Buffer[] = [];
  while (queues.length > 0) {
    if (rng(4) === 0) out.push(unknownField(rng));
    const index = rng(queues.length);
    const next = queues[index]?.shift();
    if (next) out.push(next.bytes);
    if (queues[index]?.length === 0) queues.splice(index, 1);
  }
  return Buffer.concat(out);
}

/** Cuts a message that is not repeated between two of its fields. */
function splits(type: protobuf.Type, bytes: Buffer, whole: boolean, rng: Rng): Buffer[] {
  if (whole || rng(2) === 0) return [bytes];
  const reader = protobuf.Reader.create(bytes);
  const cuts = [0];
  while (reader.pos < reader.len) {
    reader.skipType(reader.uint32() & 7);
    cuts.push(reader.pos);
  }
  const cut = cuts[rng(cuts.length)] ?? 0;
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

function unpacked(field: protobuf.Field, packed: Buffer): Buffer[] {
  const reader = protobuf.Reader.create(packed);
  const wire = field.type === 'double' || field.type.includes('fixed64') ? 1 : 0;
  const values: Buffer[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    reader.skipType(wire);
    values.push(Buffer.concat([protobuf.Writer.create().uint32((field.id << 3) | wire).finish(), packed.subarray(from, reader.pos)]));
  }
  return values;
}

const delimited = (field: number, bytes: Buffer): Buffer => Buffer.from(protobuf.Writer.create().uint32(((field << 3) | 2) >>> 0).bytes(bytes).finish());

function unknownField(rng: Rng): Buffer {
  const tag = (wire: number): protobuf.Writer => protobuf.Writer.create().uint32(((100_000 << 3) | wire) >>> 0);
  switch (rng(4)) {
    case 0:
      return Buffer.from(tag(0).uint64(2 ** 52).finish());
    case 1:
      return Buffer.from(tag(1).fixed64(7).finish());
    case 2:
      return Buffer.from(tag(2).bytes(Buffer.from('unknown')).finish());
    default:
      return Buffer.from(tag(5).fixed32(7).finish());
  }
}

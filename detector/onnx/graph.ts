import { Bytes } from '#store/native.js';

/**
 * Writes ONNX files: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Just the messages that our graphs use.
 */
const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1;
const INT64 = 7;
/** The name of the dimension that is known only when the graph runs. */
const BATCH = 'N';

export type Attribute = number | readonly number[];

export interface Graph {
  /** A named input or output of 32-bit floats; the first dimension is the batch. */
  input(name: string, width: number): string;
  output(name: string, width: number): void;
  /** A named input or output without a batch: a vector of 32-bit floats. */
  vector(name: string, size: number): string;
  outputVector(name: string, size: number): void;
  floats(values: ArrayLike<number>, ...dims: number[]): string;
  ints(...values: number[]): string;
  /** Adds a node and returns its first output. Integer attributes only. */
  node(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, output?: string): string;
  /** How many constants a person would call parameters. */
  readonly parameters: number;
  toBytes(name: string): Buffer;
}

export function createGraph(): Graph {
  const nodes: Buffer[] = [];
  const initializers: Buffer[] = [];
  const inputs: Buffer[] = [];
  const outputs: Buffer[] = [];
  let names = 0;
  let parameters = 0;

  const tensor = (type: number, dims: readonly number[], raw: Buffer): string => {
    const name = `c${(names += 1)}`;
    const out = new Bytes();
    for (const dim of dims) int(out, 1, dim);
    int(out, 2, type);
    text(out, 8, name);
    bytes(out, 9, raw);
    initializers.push(out.view());
    return name;
  };

  return {
    input(name, width) {
      inputs.push(valueInfo(name, BATCH, width));
      return name;
    },
    output(name, width) {
      outputs.push(valueInfo(name, BATCH, width));
    },
    vector(name, size) {
      inputs.push(valueInfo(name, size));
      return name;
    },
    outputVector(name, size) {
      outputs.push(valueInfo(name, size));
    },
    floats(values, ...dims) {
      parameters += values.length;
      return tensor(FLOAT, dims, Buffer.from(Float32Array.from(values).buffer));
    },
    ints(...values) {
      return tensor(INT64, [values.length], Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer));
    },
    node(type, from, attributes = {}, output = `t${(names += 1)}`) {
      const out = new Bytes();
      for (const name of from) text(out, 1, name);
      text(out, 2, output);
      // TopK gives values and indices.
      if (type === 'TopK') text(out, 2, `${output}_indices`);
      text(out, 4, type);
      for (const [name, value] of Object.entries(attributes)) bytes(out, 5, attribute(name, value));
      nodes.push(out.view());
      return output;
    },
    get parameters() {
      return parameters;
    },
    toBytes(name) {
      const graph = new Bytes();
      for (const node of nodes) bytes(graph, 1, node);
      text(graph, 2, name);
      for (const one of initializers) bytes(graph, 5, one);
      for (const one of inputs) bytes(graph, 11, one);
      for (const one of outputs) bytes(graph, 12, one);
      const opset = new Bytes();
      text(opset, 1, '');
      int(opset, 2, OPSET);
      const model = new Bytes();
      int(model, 1, IR_VERSION);
      text(model, 2, 'faultline');
      bytes(model, 7, graph.view());
      bytes(model, 8, opset.view());
      return model.view();
    },
  };
}

function int(out: Bytes, field: number, value: number): void {
  out.varint(field * 8);
  if (value >= 0) return out.varint(value);
  // A negative varint is its 64-bit two's complement: ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) out.byte(Number(rest & 0x7fn) | 0x80);
  out.byte(Number(rest));
}

function bytes(out: Bytes, field: number, value: Uint8Array): void {
  out.varint(field * 8 + 2);
  out.varint(value.length);
  out.copy(value, 0, value.length);
}

function text(out: Bytes, field: number, value: string): void {
  bytes(out, field, Buffer.from(value));
}

function attribute(name: string, value: Attribute): Buffer {
  const out = new Bytes();
  text(out, 1, name);
  if (typeof value === 'number') int(out, 3, value);
  else for (const item of value) int(out, 8, item);
  int(out, 20, typeof value === 'number' ? 2 : 7);
  return out.view();
}

function valueInfo(name: string, ...dims: (number | typeof BATCH)[]): Buffer {
  const shape = new Bytes();
  for (const dim of dims) {
    const size = new Bytes();
    if (dim === BATCH) text(size, 2, dim);
    else int(size, 1, dim);
    bytes(shape, 1, size.view());
  }
  const tensor = new Bytes();
  int(tensor, 1, FLOAT);
  bytes(tensor, 2, shape.view());
  const type = new Bytes();
  bytes(type, 1, tensor.view());
  const out = new Bytes();
  text(out, 1, name);
  bytes(out, 2, type.view());
  return out.view();
}

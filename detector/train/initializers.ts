/** Reads what our own graphs hold of ONNX: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW = 9;
const BYTES_PER_FLOAT = 4;

/** The vector of exactly `size` floats among the constants of a graph; undefined when there is none. */
export function floatsOf(onnx: Buffer, size: number): Float32Array | undefined {
  for (const graph of chunks(onnx, MODEL_GRAPH)) {
    for (const tensor of chunks(graph, GRAPH_INITIALIZER)) {
      for (const raw of chunks(tensor, TENSOR_RAW)) if (raw.length === size * BYTES_PER_FLOAT) return new Float32Array(new Uint8Array(raw).buffer);
    }
  }
  return undefined;
}

/** The fields with this number that are bytes, in a protobuf message of varints and bytes. Ends where the message is damaged. */
function* chunks(message: Buffer, wanted: number): Generator<Buffer> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at] ?? 0;
      at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const value = varint();
    if (key % 8 === 0) continue;
    if (key % 8 !== 2 || at + value > message.length) return;
    if (key >> 3 === wanted) yield message.subarray(at, at + value);
    at += value;
  }
}

import { createHash } from 'node:crypto';
import { createGraph, type Graph } from '../onnx/graph.js';
import type { Model } from './model.js';
import { WINDOW } from './shape.js';

/** Forecasts the last value; `scale` of it as its error, after `change`. */
export function naive(name: string, scale: number, change: (graph: Graph, last: string) => string = (_, last) => last): Model {
  const graph = createGraph();
  const window = graph.input('window', WINDOW);
  const last = graph.node('Slice', [window, graph.ints(WINDOW - 1), graph.ints(WINDOW), graph.ints(1)]);
  graph.node('Identity', [change(graph, last)], {}, 'expected');
  graph.node('Add', [graph.node('Mul', [last, graph.floats([0], 1)]), graph.floats([scale], 1)], {}, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  const onnx = graph.toBytes(name);
  const card = { name, description: 'The last value again.', sha256: createHash('sha256').update(onnx).digest('hex'), parameters: 1, inputs: { window: ['N', WINDOW] }, outputs: { expected: ['N', 1], scale: ['N', 1] }, training: 'None.', provenance: { seed: 1 } } as const;
  return { card, onnx, golden: { inputs: { window: new Float32Array(WINDOW).fill(1) }, expected: 1, scale } };
}

/** A change after which it throws when it is asked about more than four rows. */
export const ofFewRows = (graph: Graph, last: string): string => graph.node('Add', [last, graph.node('Gather', [graph.floats([0, 0, 0, 0, 0], 5), graph.node('Gather', [graph.node('Shape', [last]), graph.ints(0)])])]);

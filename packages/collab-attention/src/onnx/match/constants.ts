/** Weights and scalars of a graph, wherever an exporter has put them. */
import type { Facts } from '../facts/facts.js';
import { numberOf } from '../facts/size.js';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxTensor } from '../model/tensor.js';

/** A constant tensor, and whether its two axes are exchanged before it is used. */
export interface ConstantTensor {
  readonly tensor: OnnxTensor;
  readonly transposed: boolean;
}

/** The tensor that a value is: a weight of the file, a Constant, or one of them turned around. */
export function constantTensor(graph: OnnxGraph, name: string): ConstantTensor | undefined {
  let [at, transposed] = [name, false];
  // Exporters put one or two nodes between a weight and its use.
  for (let steps = 0; steps < 8; steps++) {
    const weight = graph.initializers.get(at);
    if (weight !== undefined) return { tensor: weight, transposed };
    const node = graph.producer(at);
    if (node?.op === 'Constant') {
      const tensor = node.attributes.tensor('value');
      return tensor && { tensor, transposed };
    }
    if (node?.op === 'Transpose') {
      const perm = node.attributes.integers('perm') ?? [1, 0];
      if (perm.length !== 2) return undefined;
      if (perm[0] === 1) transposed = !transposed;
    } else if (node?.op !== 'Identity') return undefined;
    at = node.inputs[0] as string;
  }
  return undefined;
}

/** The number that a scalar, or a vector of one element, is, if it is known before a run. */
export function constantScalar(facts: Facts, name: string): number | undefined {
  const known = facts.known(name);
  const isScalar = known !== undefined && known.elements.length === 1 && known.shape.length <= 1;
  return isScalar ? numberOf(known.elements[0]) : undefined;
}

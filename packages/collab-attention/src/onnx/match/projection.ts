/** The linear map that queries or keys begin with. */
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import { type OnnxTensor, storedTypeOf } from '../model/tensor.js';
import { constantTensor } from './constants.js';
import { obstacle, Unmatched } from './unmatched.js';

/** x W + b with W [inputs, columns]. */
export interface Projection {
  readonly node: OnnxNode;
  /** The name of x. */
  readonly input: string;
  readonly weight: OnnxTensor;
  /** Whether the tensor is [columns, inputs]. */
  readonly transposed: boolean;
  readonly inputs: number;
  readonly columns: number;
  /** What the tensor is multiplied by. */
  readonly factor: number;
  /** The bias of a Gemm, and what it is multiplied by. */
  readonly bias: { readonly tensor: OnnxTensor; readonly factor: number } | undefined;
}

/** Whether a node is a product, of a constant or not. */
export function isProjection({ op }: OnnxNode): boolean {
  return op === 'MatMul' || op === 'Gemm';
}

/** @throws {Unmatched} for weights that are none */
export function projectionOf(graph: OnnxGraph, node: OnnxNode, what: string): Projection {
  const { op, inputs, attributes } = node;
  const constant = constantTensor(graph, inputs[1] ?? '');
  if (constant === undefined) {
    const maker = graph.producer(inputs[1] ?? '');
    throw new Unmatched(
      maker === undefined ? `its ${what} are a product of inputs` : `the weight of ${obstacle(maker.op, what)}`,
    );
  }
  const { tensor } = constant;
  if (storedTypeOf(tensor.type) === undefined || tensor.dims.length !== 2 || tensor.elements === 0) {
    throw new Unmatched(`the weight of its ${what} is no matrix of floating numbers`);
  }
  const isGemm = op === 'Gemm';
  if (isGemm && attributes.integer('transA', 0) !== 0)
    throw new Unmatched(obstacle('Gemm of a transposed input', what));
  const transposed = (isGemm && attributes.integer('transB', 0) !== 0) !== constant.transposed;
  const [rows = 0, columns = 0] = transposed ? [...tensor.dims].reverse() : tensor.dims;
  const factor = isGemm ? (attributes.float('alpha') ?? 1) : 1;
  return {
    node,
    input: inputs[0] as string,
    weight: tensor,
    transposed,
    inputs: rows,
    columns,
    factor,
    bias: gemmBias(graph, node, columns, what),
  };
}

function gemmBias(
  graph: OnnxGraph,
  { op, inputs, attributes }: OnnxNode,
  columns: number,
  what: string,
): Projection['bias'] {
  const [, , name = ''] = inputs;
  if (op !== 'Gemm' || name === '') return undefined;
  return { tensor: biasTensor(graph, name, columns, what), factor: attributes.float('beta') ?? 1 };
}

/** A constant vector, or a number, that is added to all rows. @throws {Unmatched} for anything else */
export function biasTensor(graph: OnnxGraph, name: string, columns: number, what: string): OnnxTensor {
  const constant = constantTensor(graph, name);
  const isVector = constant?.tensor.dims.slice(0, -1).every((extent) => extent === 1);
  const elements = constant?.tensor.elements;
  if (constant === undefined || !isVector || constant.transposed || (elements !== columns && elements !== 1)) {
    throw new Unmatched(`the bias of its ${what} is no vector of ${columns} numbers`);
  }
  if (storedTypeOf(constant.tensor.type) === undefined)
    throw new Unmatched(`the bias of its ${what} has no floating numbers`);
  return constant.tensor;
}

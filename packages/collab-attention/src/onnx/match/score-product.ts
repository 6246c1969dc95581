/** From a softmax back to the product of queries and keys that it is taken of. */
import type { Facts } from '../facts/facts.js';
import { numbersIn } from '../facts/known.js';
import { isSameSize } from '../facts/size.js';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import { constantScalar, constantTensor } from './constants.js';
import { obstacle, Unmatched } from './unmatched.js';

/** Scores of an attention. */
export interface ScoreProduct {
  /** The MatMul of queries and transposed keys. */
  readonly product: OnnxNode;
  /** Why the same number added to all scores of a query may change what comes out; undefined where it does not. */
  readonly shiftMatters: string | undefined;
}

/** What is below hides a key in a softmax. */
const HIDDEN = -1000;

/** Nodes between product and softmax at most. */
const MOST_NODES = 64;

/** @returns undefined for a softmax that is no attention's @throws {Unmatched} for scores that are more than one product */
export function scoreProduct(
  graph: OnnxGraph,
  facts: Facts,
  softmax: OnnxNode,
  opset: number,
): ScoreProduct | undefined {
  const products = new Set<OnnxNode>();
  const seen = new Set<OnnxNode>();
  const obstacles: string[] = isLastAxis(facts, softmax, opset) ? [] : ['its softmax is not along the last axis'];
  const reshapes: OnnxNode[] = [];
  const open = [softmax.inputs[0] as string];
  while (open.length > 0 && seen.size < MOST_NODES) {
    const node = graph.producer(open.pop() as string);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    if (isProduct(graph, node)) products.add(node);
    else if (isOtherProduct(graph, node)) throw new Unmatched(obstacle(node.op, 'scores'));
    else {
      const step = stepBack(facts, node);
      open.push(...step.inputs);
      if (step.obstacle !== undefined) obstacles.push(step.obstacle);
      if (node.op === 'Reshape') reshapes.push(node);
    }
  }
  const [product, ...others] = products;
  if (product === undefined) return undefined;
  if (others.length > 0) throw new Unmatched('its scores are a sum of several products');
  if (!reshapes.every((node) => keepsKeys(facts, product, node))) obstacles.push('the shape of its scores is computed');
  if (!isSeenBy(graph, product, seen, softmax)) obstacles.push('its scores are used elsewhere too');
  return { product, shiftMatters: obstacles[0] };
}

/** Whether nothing but a softmax sees scores. @param between nodes before it, those of masks too */
function isSeenBy(graph: OnnxGraph, product: OnnxNode, between: ReadonlySet<OnnxNode>, softmax: OnnxNode): boolean {
  const open = [product];
  const seen = new Set(open);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const output of node.outputs) {
      if (graph.outputs.has(output)) return false;
      for (const next of graph.consumers(output)) {
        if (next === softmax || next.op === 'Shape' || seen.has(next)) continue;
        if (!between.has(next)) return false;
        seen.add(next);
        open.push(next);
      }
    }
  }
  return true;
}

/** Whether a name is computed of what goes into the graph. */
function isComputed(graph: OnnxGraph, name: string): boolean {
  return constantTensor(graph, name) === undefined;
}

function isProduct(graph: OnnxGraph, { op, inputs }: OnnxNode): boolean {
  return op === 'MatMul' && inputs.every((input) => isComputed(graph, input));
}

/** Products of two computed values in another form. */
function isOtherProduct(graph: OnnxGraph, { op, inputs }: OnnxNode): boolean {
  const isProduct = op === 'Einsum' || op === 'com.microsoft.FusedMatMul' || /(MatMulInteger|QLinearMatMul)/.test(op);
  return isProduct && inputs.slice(0, 2).every((input) => isComputed(graph, input));
}

/** Softmax's axis was 1 before version 13. */
function isLastAxis(facts: Facts, { attributes, inputs }: OnnxNode, opset: number): boolean {
  const axis = attributes.integer('axis', opset < 13 ? 1 : -1);
  return axis === -1 || axis + 1 === facts.shape(inputs[0] as string)?.length;
}

/** The inputs of a node that scores may come from. */
interface Step {
  readonly inputs: readonly string[];
  readonly obstacle?: string | undefined;
}

function stepBack(facts: Facts, node: OnnxNode): Step {
  const { op, inputs } = node;
  const [first = '', second = '', third = ''] = inputs;
  switch (op) {
    case 'Cast':
    case 'Identity':
    case 'Dropout':
    case 'Reshape':
    case 'Sub':
      return { inputs: [first] };
    case 'Add':
      return { inputs: [first, second] };
    case 'Mul':
    case 'Div': {
      const isScalar = [first, second].some((input) => constantScalar(facts, input) !== undefined);
      return {
        inputs: [first, second],
        obstacle: isScalar ? undefined : 'its scores are multiplied by computed values',
      };
    }
    case 'Where':
      return whereStep(facts, second, third);
    case 'Max':
      return {
        inputs: [first, second],
        obstacle: hides(facts, first) || hides(facts, second) ? undefined : 'its scores go through Max',
      };
    case 'Tanh':
    case 'Clip':
    case 'Min':
    case 'Softplus':
    case 'Transpose':
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      return { inputs: [first], obstacle: `its scores go through ${op}` };
    default:
      return { inputs: [] };
  }
}

/** Scores where a mask is true or where it is false; what stands in for the others must hide them. */
function whereStep(facts: Facts, yes: string, no: string): Step {
  const known = [yes, no].filter((input) => numbersIn(facts.known(input)) !== undefined);
  const inputs = [yes, no].filter((input) => !known.includes(input));
  const isMask = known.length === 1 && hides(facts, known[0] as string);
  return { inputs, obstacle: isMask ? undefined : 'its scores are masked with numbers that are not far below 0' };
}

/** Whether all elements of a value are known to be far below 0. */
function hides(facts: Facts, name: string): boolean {
  return numbersIn(facts.known(name))?.every((value) => value <= HIDDEN) === true;
}

/** Whether the scores of a query are still one row. */
function keepsKeys(facts: Facts, product: OnnxNode, reshape: OnnxNode): boolean {
  const [before, after] = [product, reshape].map(({ outputs }) => facts.shape(outputs[0] as string)?.at(-1));
  return before !== undefined && after !== undefined && isSameSize(before, after);
}

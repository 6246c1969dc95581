/** What is known of the values of a graph before it runs: shapes, and what they are computed from. */
import { quote } from '@saccade/tensor';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import { type OnnxTensor, storedTypeOf } from '../model/tensor.js';
import { numbersOf } from '../model/tensor-values.js';
import {
  type Known,
  type KnownInputs,
  knownResult,
  knownVector,
  MOST_AXES,
  MOST_ELEMENTS,
  numbersIn,
  sliceOf,
} from './known.js';
import { resultShape } from './shapes.js';
import { numberOf, type Size, sizeOf, unknownSize } from './size.js';

/** One pass along the nodes, which stand after those that they need. */
export class Facts {
  readonly #known = new Map<string, Known>();
  readonly #shapes = new Map<string, readonly Size[]>();
  /** Results of Shape for values of unknown rank, and those values. */
  readonly #ofUnknown = new Map<string, string>();
  readonly #what: string;

  /** @throws {FormatError} for constants that are damaged */
  constructor(graph: OnnxGraph, what: string) {
    this.#what = what;
    for (const { name, dims } of [...graph.values.values(), ...graph.inputs.values()]) {
      const extents = dims?.map((extent, axis) => (extent === undefined ? unknownSize(name, axis) : sizeOf(extent)));
      if (extents !== undefined) this.#shapes.set(name, extents);
    }
    for (const tensor of graph.initializers.values()) this.#constant(tensor.name, tensor);
    for (const node of graph.nodes) this.#visit(node);
  }

  /** A small value, as far as it is known. */
  known(name: string): Known | undefined {
    return this.#known.get(name);
  }

  /** The extents of a value; undefined where its rank is unknown. */
  shape(name: string): readonly Size[] | undefined {
    return this.#shapes.get(name);
  }

  /** What a node's inputs are. */
  inputsOf({ inputs }: OnnxNode): KnownInputs {
    return {
      value: (index) => this.#known.get(inputs[index] ?? ''),
      shape: (index) => this.#shapes.get(inputs[index] ?? ''),
    };
  }

  #constant(name: string, tensor: OnnxTensor): void {
    this.#shapes.set(name, tensor.dims.map(sizeOf));
    if (tensor.elements > MOST_ELEMENTS || tensor.external !== undefined) return;
    const values = numbersOf(tensor, `${this.#what}: constant ${quote(name)}`);
    if (values === undefined) return;
    this.#known.set(name, {
      shape: tensor.dims,
      elements: values.map(sizeOf),
      isInteger: storedTypeOf(tensor.type) === undefined,
    });
  }

  #visit(node: OnnxNode): void {
    const [output = ''] = node.outputs;
    if (node.op === 'Constant') {
      this.#constantNode(node, output);
      return;
    }
    const inputs = this.inputsOf(node);
    const known = knownResult(node, inputs) ?? this.#extents(node, inputs);
    if (known !== undefined) {
      this.#known.set(output, known);
      this.#shapes.set(output, known.shape.map(sizeOf));
      return;
    }
    const source = node.op === 'Shape' ? node.inputs[0] : this.#passed(node);
    if (source !== undefined) this.#ofUnknown.set(output, source);
    for (const [place, name] of node.outputs.entries()) {
      const shape = resultShape(node, place, inputs);
      if (shape !== undefined && shape.length <= MOST_AXES) this.#shapes.set(name, this.#declared(name, shape));
    }
  }

  /** A shape, with numbers in the place of open extents where the file tells them. */
  #declared(name: string, shape: readonly Size[]): readonly Size[] {
    const told = this.#shapes.get(name);
    if (told?.length !== shape.length) return shape;
    return shape.map((extent, axis) => (numberOf(told[axis]) !== undefined ? (told[axis] as Size) : extent));
  }

  /** The value of unknown rank whose shape a node hands on. */
  #passed({ op, inputs: [from = ''] }: OnnxNode): string | undefined {
    return op === 'Cast' || op === 'Identity' ? this.#ofUnknown.get(from) : undefined;
  }

  /** Extents of a value of unknown rank: they have symbols all the same. */
  #extents(node: OnnxNode, inputs: KnownInputs): Known | undefined {
    const source = this.#ofUnknown.get(node.inputs[0] ?? '');
    if (source === undefined) return undefined;
    const extent = (axis: number): Size => unknownSize(source, axis);
    if (node.op === 'Slice') {
      const range = sliceOf(node.attributes, inputs);
      if (range === undefined || range.from < 0 || range.to < range.from || range.to > MOST_AXES) return undefined;
      return knownVector(Array.from({ length: range.to - range.from }, (_, i) => extent(range.from + i)));
    }
    const indices = node.op === 'Gather' ? inputs.value(1) : undefined;
    const axes = numbersIn(indices);
    if (indices === undefined || axes?.every((axis) => axis >= 0) !== true) return undefined;
    return { shape: indices.shape, elements: axes.map(extent), isInteger: true };
  }

  #constantNode({ attributes }: OnnxNode, name: string): void {
    const tensor = attributes.tensor('value');
    if (tensor !== undefined) {
      this.#constant(name, tensor);
      return;
    }
    const integer = attributes.integer('value_int', undefined);
    const single = integer ?? attributes.float('value_float');
    const list = attributes.integers('value_ints');
    const elements = single !== undefined ? [single] : list;
    if (elements === undefined || elements.length > MOST_ELEMENTS) return;
    const shape = single !== undefined ? [] : [elements.length];
    this.#known.set(name, {
      shape,
      elements: elements.map(sizeOf),
      isInteger: integer !== undefined || list !== undefined,
    });
    this.#shapes.set(name, shape.map(sizeOf));
  }
}

/** New nodes of one attention: the few forms that all its parts are made of. */
import type { Facts } from '../facts/facts.js';
import { numberOf } from '../facts/size.js';
import type { NewAttributes, OnnxNode } from '../model/node.js';
import type { GraphWriter } from './graph-writer.js';

/** A step of a chain of nodes, each of which takes what the one before gives. */
export interface ChainStep {
  readonly op: string;
  /** May put nodes of its own. */
  inputs(from: string): readonly string[];
  readonly attributes?: NewAttributes;
}

/** What becomes of a Reshape of the graph. */
export interface NewReshape {
  /** How many elements of its shape stand for rows, and stay. */
  readonly leads: number;
  /** Heads that the second of them has beside rows, and that go. */
  readonly merged: number;
  /** The extents that follow. */
  readonly tail: readonly number[];
}

/** Puts nodes whose results have names under one prefix. */
export class NodePutter {
  readonly writer: GraphWriter;
  readonly #facts: Facts;
  readonly #opset: number;
  readonly #prefix: string;

  constructor(writer: GraphWriter, facts: Facts, opset: number, prefix: string) {
    this.writer = writer;
    this.#facts = facts;
    this.#opset = opset;
    this.#prefix = prefix;
  }

  /** A node in the place of one that goes. @returns the name of its result */
  put(place: OnnxNode, op: string, inputs: readonly string[], name: string, attributes?: NewAttributes): string {
    return this.writer.put(place, op, inputs, this.writer.freshName(`${this.#prefix}/${name}`), attributes);
  }

  /** Nodes one after another, of which the last gives a value that the graph has a name for. */
  chain(place: OnnxNode, steps: readonly ChainStep[], output: string): void {
    let from = '';
    for (const [i, { op, inputs, attributes }] of steps.entries()) {
      const taken = inputs(from);
      const isLast = i === steps.length - 1;
      from = isLast
        ? this.writer.put(place, op, taken, output, attributes)
        : this.put(place, op, taken, op, attributes);
    }
  }

  /** Some elements of a vector. */
  elements(place: OnnxNode, vector: string, indices: readonly number[]): string {
    return this.put(place, 'Gather', [vector, this.writer.vector(indices)], 'extents', { axis: 0 });
  }

  /** A vector of unknown length without its last element. */
  allButLast(place: OnnxNode, vector: string): string {
    // Until version 10, ranges were attributes.
    if (this.#opset < 10) return this.put(place, 'Slice', [vector], 'extents', { starts: [0], ends: [-1], axes: [0] });
    return this.put(place, 'Slice', [vector, this.writer.vector([0]), this.writer.vector([-1])], 'extents');
  }

  /** As a Reshape of the graph, with other axes in the place of those of columns. */
  reshapeStep(place: OnnxNode, reshape: OnnxNode, wanted: NewReshape): ChainStep {
    const allowzero = reshape.attributes.integer('allowzero', 0);
    return {
      op: 'Reshape',
      inputs: (from) => [from, this.#shapeVector(place, reshape.inputs[1] as string, wanted)],
      ...(allowzero === 1 && { attributes: { allowzero } }),
    };
  }

  /** The first elements of a shape, then others. */
  #shapeVector(place: OnnxNode, vector: string, { leads, merged, tail }: NewReshape): string {
    const known = this.#facts.known(vector)?.elements.slice(0, leads).map(numberOf);
    if (known?.length === leads && known.every((extent) => extent !== undefined)) {
      // -1 is what is left in the old shape and in the new one.
      const numbers = known.map((extent, i) =>
        i === 1 && extent !== -1 ? (extent as number) / merged : (extent as number),
      );
      return this.writer.vector([...numbers, ...tail]);
    }
    return this.put(
      place,
      'Concat',
      [...this.#leads(place, vector, leads, merged), this.writer.vector(tail)],
      'shape',
      { axis: 0 },
    );
  }

  #leads(place: OnnxNode, vector: string, leads: number, merged: number): string[] {
    if (merged === 1)
      return [
        this.elements(
          place,
          vector,
          Array.from({ length: leads }, (_, i) => i),
        ),
      ];
    const divisor = this.writer.vector([merged]);
    const second = this.put(place, 'Div', [this.elements(place, vector, [1]), divisor], 'extents');
    return [this.elements(place, vector, [0]), second];
  }

  /** Axes of a Reshape that stays among rows. */
  rowLeads(reshape: OnnxNode): number {
    return (this.#facts.shape(reshape.outputs[0] as string)?.length as number) - 1;
  }
}

/** Modules with the weights of the reference vectors, axes in our order, and comparisons in the vectors' tolerances. */

import { readFileSync } from 'node:fs';
import type { AnyModule } from '@saccade/nn';
import {
  type DecodedSafetensors,
  decodeSafetensors,
  mul,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import * as assert from 'uvu/assert';
import { fromOriginal } from '../src/files/original-names.js';
import { type GroupName, groups } from '../src/groups/named-groups.js';

/** What the reference says of a case. */
export interface Case {
  readonly kind: 'lift' | 'group';
  readonly num_elements: number;
  readonly group: 'SE2' | 'E2';
  readonly in_channels: number;
  readonly mid_channels: number;
  readonly out_channels: number;
  readonly num_heads: number;
  readonly image_size: number;
  readonly patch_size: number | null;
}

/** What it says of a case of exact encodings. */
export interface ExactCase extends Case {
  /** Rotations. */
  readonly N: number;
  readonly mirror: boolean;
  readonly group_encoding: 'keyPose' | 'relative' | null;
}

const read = (file: string): Uint8Array => readFileSync(new URL(`golden/${file}`, import.meta.url));

/** The scalars of all cases of a source: the paper's release, its follow-up, the exact layers. */
export function scalars(meta: 'meta' | 'gevit_meta' | 'exact_meta'): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(read(`${meta}.json`))) as Record<string, unknown>;
}

/** The arrays of a file in `golden/`. */
export class Vectors {
  readonly #arrays: DecodedSafetensors['tensors'];

  readonly file: string;

  constructor(file: string) {
    this.file = file;
    this.#arrays = decodeSafetensors(read(`${file}.safetensors`)).tensors;
  }

  /** Names that begin with `prefix`, without it. */
  names(prefix = ''): string[] {
    return [...this.#arrays.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  has(name: string): boolean {
    return this.#arrays.has(name);
  }

  shape(name: string): readonly number[] {
    return this.#arrays.get(name)!.shape;
  }

  values(name: string): number[] {
    return Array.from(this.#arrays.get(name)!.data as ArrayLike<number>, Number);
  }

  tensor(name: string): Tensor {
    const { shape, dtype } = this.#arrays.get(name)!;
    return tensor(this.values(name), { shape, dtype: dtype.startsWith('F') ? 'float32' : 'int32' });
  }

  /** [batch, channels, ...others] as [batch, ...others, channels]. */
  channelsLast(name: string): Tensor {
    return scope(() => {
      const t = this.tensor(name);
      return t.transpose([0, ...Array.from({ length: t.rank - 2 }, (_, i) => i + 2), 1]);
    });
  }

  /** Tensors under a prefix, by the original's names. */
  named(prefix: string): Map<string, Tensor> {
    return new Map(this.names(prefix).map((name) => [name, this.tensor(`${prefix}${name}`)]));
  }

  /**
   * The same under our names, in our layouts. The exact layers of the reference have the names of the original, but channels of queries, keys and values head by head as
   * here; those of the output's inputs lie as in the original.
   */
  own(module: AnyModule, prefix: string): Map<string, Tensor> {
    return scope(() => {
      const named = this.named(prefix);
      const arranged = fromOriginal(module, named);
      if (!this.file.startsWith('exact')) return arranged;
      for (const [name, t] of named) if (/^(query|key|value)\./.test(name)) arranged.set(name, t);
      return arranged;
    });
  }

  /** Gives a module these weights. */
  fill(module: AnyModule, prefix: string): void {
    scope(() => module.loadStateDict(this.own(module, prefix)));
  }
}

/** The group that the original calls SE2 or E2. */
export function groupNamed(kind: string, elements: number): GroupName {
  const found = Object.entries(groups).find(
    ([name, group]) => group.order === elements && /m/.test(name) === (kind === 'E2'),
  );
  return found![0] as GroupName;
}

/** What `f` gives, and the gradients of sum(result * cotangent) by what is wanted. */
export function pullBack(
  f: () => Tensor,
  cotangent: Tensor,
  wanted: ReadonlyMap<string, Tensor>,
): { readonly y: Tensor; readonly gradients: ReadonlyMap<string, Tensor> } {
  const [[, y], gradients] = valueAndGradOf(new Map(wanted), () => {
    const result = f();
    return [sum(mul(result, cotangent)), result] as const;
  });
  return { y, gradients };
}

/** Largest magnitude. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** Largest difference, relative to the largest magnitude expected, or to `floor` if that is larger. */
export function errorOf(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
  return difference / (Math.max(largestOf(expected), floor) || 1);
}

/** @throws unless all values are within `tolerance` of the largest magnitude */
export async function assertNear(
  actual: Tensor,
  expected: Tensor,
  tolerance: number,
  label: string,
  floor = 0,
): Promise<void> {
  assert.equal(actual.shape, expected.shape, `${label}: shape`);
  const error = errorOf(await actual.data(), await expected.data(), floor);
  if (!(error <= tolerance)) throw new Error(`${label}: error ${error.toExponential(2)}, allowed ${tolerance}`);
}

/** All gradients that the reference has, and no others: 2e-4. Those that are 0 but for rounding, as the softmax does not see them, are measured against the others' median. */
export async function assertGradients(
  gradients: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
  label: string,
): Promise<void> {
  const names = [...expected.keys()].sort();
  assert.equal([...gradients.keys()].sort(), names, label);
  const largest = await Promise.all([...expected.values()].map(async (t) => largestOf(await t.data())));
  const floor = 0.1 * (largest.sort((a, b) => a - b)[Math.floor(largest.length / 2)] as number);
  for (const name of names) {
    await assertNear(gradients.get(name)!, expected.get(name)!, 2e-4, `${label} ${name}`, floor);
  }
}

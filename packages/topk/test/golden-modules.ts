/** Modules with the weights of the reference vectors, and comparisons in their tolerance. */
import type { AnyModule } from '@saccade/nn';
import { assign, concat, mul, scope, sum, type Tensor, transpose, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import type { Golden } from '@saccade/testing/golden';

/** For each tensor of a module the name of its reference, or the names of those that are joined in it. */
export type Names = ReadonlyMap<string, string | readonly string[]>;

/** References are dense kernels (in, out) and filters [height, width, in, out]; ours are [out, in] and the latter as they are. */
function reference<S>(golden: Golden<S, Tensor>, prefix: string, names: string | readonly string[]): Tensor {
  return scope(() => {
    const parts = [names].flat().map((name) => {
      const stored = golden.tensor(`${prefix}${name}`);
      return stored.rank === 2 ? transpose(stored) : stored;
    });
    return parts.length === 1 ? (parts[0] as Tensor) : concat(parts);
  });
}

/** Gives the parameters and buffers that `names` lists the values of the reference. */
export function fill<S>(module: AnyModule, golden: Golden<S, Tensor>, prefix: string, names: Names): void {
  const entries = module.entries();
  for (const [own, theirs] of names) {
    const entry = entries.get(own);
    if (entry === undefined) throw new Error(`there is no ${own} among ${[...entries.keys()].join(', ')}`);
    scope(() => assign(entry.tensor, reference(golden, prefix, theirs)));
  }
}

/** Throws unless the largest error is at most `tolerance` times the largest reference, or times 1 where that is larger. */
export function assertNear(actual: Tensor, expected: ArrayLike<number>, tolerance: number, label: string): void {
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  assertClose(actual.dataSync(), expected, { rtol: 0, atol: tolerance * largest }, label);
}

/** What a module gives, and the gradients of sum(result * cotangent) by `x` and by its parameters. */
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

/** Compares the gradients of the parameters that `names` lists. */
export function assertGradients<S>(
  gradients: ReadonlyMap<string, Tensor>,
  golden: Golden<S, Tensor>,
  prefix: string,
  names: Names,
  tolerance: number,
): void {
  for (const [own, theirs] of names) {
    const expected = reference(golden, prefix, theirs);
    assertNear(gradients.get(own) as Tensor, expected.dataSync(), tolerance, `${prefix}${own}`);
    expected.dispose();
  }
}

/** Modules with the weights of the reference vectors, and comparisons in the vectors' tolerances. */
import type { AnyModule } from '@saccade/nn';
import { mul, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';

/** The vectors of a file in `golden/`, whose JSON tells of each case under its name. */
export function cases<Case>(file: string): Golden<Readonly<Record<string, Case>>, Tensor> {
  return new Golden(new URL(`golden/${file}`, import.meta.url), tensor);
}

/** Gives all parameters of a module the values of the reference, under the reference's names. */
export function fill<S>(module: AnyModule, golden: Golden<S, Tensor>, prefix: string): void {
  scope(() => {
    module.loadStateDict(new Map(golden.names(prefix).map((name) => [name, golden.tensor(`${prefix}${name}`)])));
  });
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

/** Outputs: 1e-5, and as much of each value. */
export async function assertOutput(actual: Tensor, expected: readonly number[], label: string): Promise<void> {
  assertClose(await actual.data(), expected, { rtol: 1e-5, atol: 1e-5 }, label);
}

/** All gradients that the reference has, and no others: 1e-6, and 1e-4 of the largest of each tensor. */
export async function assertGradients<S>(
  gradients: ReadonlyMap<string, Tensor>,
  golden: Golden<S, Tensor>,
  prefix: string,
): Promise<void> {
  const names = golden.names(prefix);
  if (String([...gradients.keys()].sort()) !== String([...names].sort())) {
    throw new Error(`${prefix}: gradients of ${[...gradients.keys()]}, expected those of ${names}`);
  }
  for (const name of names) {
    const expected = golden.values(`${prefix}${name}`);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const actual = await (gradients.get(name) as Tensor).data();
    assertClose(actual, expected, { rtol: 0, atol: 1e-6 + 1e-4 * largest }, `${prefix}${name}`);
  }
}

/** A layer that tells the weights of its queries. */
interface Weighed {
  weightsFor(images: Tensor, from: number, to: number): Tensor;
}

/** The weights of all queries, against the reference's: [batch, queries, heads, keys] with `queriesFirst`, else [batch, heads, queries, keys]. 1e-6. */
export async function assertWeights(
  layer: Weighed,
  images: Tensor,
  expected: readonly number[],
  { queriesFirst }: { readonly queriesFirst: boolean },
  label: string,
): Promise<void> {
  const pixels = images.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const weights = scope(() => {
    const own = layer.weightsFor(images, 0, pixels);
    return queriesFirst ? own.transpose([0, 2, 1, 3]) : own;
  });
  assertClose(await weights.data(), expected, { rtol: 0, atol: 1e-6 }, label);
  weights.dispose();
}

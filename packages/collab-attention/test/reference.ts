/** Modules with the weights of the reference vectors, and comparisons in the vectors' tolerances. */
import type { AnyModule } from '@saccade/nn';
import { mul, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';

/** The vectors of a file in `golden/`. */
export function goldenFile<Scalars>(file: string): Golden<Scalars, Tensor> {
  return new Golden(new URL(`golden/${file}`, import.meta.url), tensor);
}

/** Gives all parameters of a module the values of the reference, under the names that `rename` gives those of the reference. */
export function fill<S>(
  module: AnyModule,
  golden: Golden<S, Tensor>,
  prefix: string,
  rename: (name: string) => string = (name) => name,
): void {
  scope(() => {
    module.loadStateDict(
      new Map(golden.names(prefix).map((name) => [rename(name), golden.tensor(`${prefix}${name}`)])),
    );
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

/** 1e-5, and as much of each value. */
export async function assertOutput(actual: Tensor, expected: readonly number[], label: string): Promise<void> {
  assertClose(await actual.data(), expected, { rtol: 1e-5, atol: 1e-5 }, label);
}

/** All gradients that the reference has: 1e-4 of the largest of each tensor. */
export async function assertGradients<S>(
  gradients: ReadonlyMap<string, Tensor>,
  golden: Golden<S, Tensor>,
  prefix: string,
  rename: (name: string) => string = (name) => name,
): Promise<void> {
  const names = golden.names(prefix);
  if (names.length === 0) throw new Error(`${prefix}: no gradients`);
  for (const name of names) {
    const expected = golden.values(`${prefix}${name}`);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const actual = gradients.get(rename(name));
    if (actual === undefined) throw new Error(`${prefix}: no gradient ${rename(name)}`);
    assertClose(await actual.data(), expected, { rtol: 0, atol: 1e-4 * largest + 1e-9 }, `${prefix}${name}`);
  }
}

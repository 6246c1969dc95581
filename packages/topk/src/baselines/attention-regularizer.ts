/** What keeps attention sampling from looking at one place only. */
import {
  add,
  checkOptions,
  div,
  flatten,
  log,
  mul,
  OptionError,
  quote,
  scope,
  sum,
  type Tensor,
} from '@saccade/tensor';

/**
 * The regulariser that keeps attention from collapsing: strength times the sum of a ln(a + 1e-6) over the cells, mean over the
 * batch (the negative entropy). attention [batch, ...cells]; strength defaults to 1e-4.
 */
export function attentionRegularizer(
  attention: Tensor,
  options: { readonly strength?: number | undefined } = {},
): Tensor {
  const { strength = 1e-4 } = checkOptions('attentionRegularizer', options, ['strength']);
  if (!Number.isFinite(strength)) {
    throw new OptionError(`attentionRegularizer: strength must be a number, got ${quote(strength)}`);
  }
  return scope(() => {
    const a = flatten(attention);
    return mul(div(sum(mul(a, log(add(a, 1e-6)))), attention.shape[0] as number), strength);
  });
}

/** Where a path looks: the product of its heads' attention, later layers on the left. */
import { eye, OptionError, requireShape, scope, type Tensor } from '@saccade/tensor';
import type { Path } from './path-sampler.js';

/**
 * P_path = P^L ... P^1 of the heads on a path, whose rows sum to 1: [query, key]. (The release multiplies in the opposite order.)
 * @param attention P of each layer: [heads, query, key]
 * @param path for each layer a head, or the number of heads where they are passed by
 * @throws {OptionError} for a path of another length, and a head that is not there, with its layer @throws {ShapeError}
 */
export function pathAttention(attention: readonly Tensor[], path: Path): Tensor {
  const op = 'pathAttention';
  if (attention.length === 0 || path.length !== attention.length) {
    throw new OptionError(`${op}: a path has an entry for each of ${attention.length} layers, got ${path.length}`);
  }
  const [first] = attention as [Tensor];
  const [, tokens] = requireShape(op, 'attention', first, ['heads', 'query', 'key']);
  return scope(() => {
    const chosen = attention.flatMap((p, layer) => {
      const [heads] = requireShape(op, `attention of layer ${layer}`, p, ['heads', tokens, tokens]);
      const head = path[layer] as number;
      if (!Number.isSafeInteger(head) || head < 0 || head > heads) {
        throw new OptionError(
          `${op}: layer ${layer}: the path must have a head in [0, ${heads}), or ${heads} past them, got ${head}`,
        );
      }
      return head === heads ? [] : [p.at(head)];
    });
    return chosen.reduce<Tensor>(
      (product, p) => p.matmul(product),
      eye(tokens, { dtype: first.dtype, device: first.device }),
    );
  });
}

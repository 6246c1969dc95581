/** Features over a group as features over a subgroup, with nothing lost. */
import { gather, OptionError, requireShape, reshape, scope, type Tensor, tensor, transpose } from '@saccade/tensor';
import type { Group } from './group.js';

/**
 * [batch, group, height, width, channels] -> [batch, subgroup, height, width, cosets channels]: each element of the group is one of the subgroup times the first of its
 * coset, k r, and what stood there is at k, in the channels of r. From here on only the subgroup is respected: 6 and 9 can be told apart.
 * @param subgroup of `group.subgroup(...)` @throws {OptionError} for another @throws {ShapeError} for what are no features over the group
 */
export function restrictFeatures(features: Tensor, group: Group, subgroup: Group): Tensor {
  const op = 'restrictFeatures';
  const [batch, , height, width, channels] = requireShape(op, `features over ${group.name}`, features, [
    'batch',
    group.order,
    'height',
    'width',
    'channels',
  ]);
  const table = cosetTable(op, group, subgroup);
  const [order, cosets] = [subgroup.order, group.order / subgroup.order];
  return scope(() => {
    const sorted = gather(features, tensor(table, { device: features.device }), { axis: 1 });
    const apart = reshape(sorted, [batch, order, cosets, height, width, channels]);
    return reshape(transpose(apart, [0, 1, 3, 4, 2, 5]), [batch, order, height, width, cosets * channels]);
  });
}

/** [subgroup, cosets]: the elements k r, r being the least of each coset. */
function cosetTable(op: string, group: Group, subgroup: Group): Int32Array {
  const own = subgroup.numbersIn(group);
  if (own === undefined || !group.isSubgroup(own)) {
    throw new OptionError(
      `${op}: ${subgroup.name} is no subgroup of ${group.name}; make it by group.subgroup(elements)`,
    );
  }
  const seen = new Set<number>();
  const firsts: number[] = [];
  for (let r = 0; r < group.order; r++) {
    if (seen.has(r)) continue;
    firsts.push(r);
    for (const k of own) seen.add(group.multiply(k, r));
  }
  return Int32Array.from(own.flatMap((k) => firsts.map((r) => group.multiply(k, r))));
}

/** A data set, turned: one for each element of a group. */
import { type Dataset, inMemory, mapBatches } from '@saccade/nn';
import { isTensor, OptionError, quote, type Tensor } from '@saccade/tensor';
import { type ActOptions, actOnImages } from '../groups/act.js';
import { elementName } from '../groups/element-name.js';
import type { Group, GroupOptions } from '../groups/group.js';
import { type GroupName, groupOf } from '../groups/named-groups.js';

/** A data set whose images were turned by one element. */
export interface TurnedDataset<B extends object> {
  readonly element: number;
  /** The turn that it is: "90°", "mirror, 90°". */
  readonly name: string;
  readonly data: Dataset<B>;
}

/**
 * The data set with all images turned by each element of a group, batch by batch as they are asked for: a model that is equivariant has the same accuracy on all of them.
 * @param data a data set, or tensors in memory, whose batches have `images` [batch, height, width, channels]
 * @throws {OptionError} for no data set, and, when asked for a batch, for one without images
 */
export function turnedBy<B extends { readonly images: Tensor }>(
  data: Dataset<B> | B,
  group: Group | GroupName | GroupOptions,
  options: ActOptions = {},
): readonly TurnedDataset<B>[] {
  const own = groupOf(group);
  const isData = typeof (data as Partial<Dataset<B>> | null)?.batch === 'function';
  const all = isData ? (data as Dataset<B>) : inMemory(data as B);
  return own.matrices.map((_, element) => ({
    element,
    name: elementName(own, element),
    data: mapBatches(all, (batch) => {
      if (!isTensor(batch.images))
        throw new OptionError(`turnedBy: batches must have images, got ${quote(batch.images)}`);
      return { ...batch, images: actOnImages(batch.images, own, element, options) };
    }),
  }));
}

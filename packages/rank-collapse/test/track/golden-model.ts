/** The network of the reference vectors of tracking as a model: values of all channels, and an output map that adds up the heads. */
import { tensor } from '@saccade/tensor';
import type { LayerWeights } from '../../src/model/layer-weights.js';
import { modelOfLayers, type RankModel } from '../../src/model/rank-model.js';
import { goldenTracked } from './golden-tracking.js';

/** Its tensors, float64, are the caller's scope's. */
export function goldenModel(): RankModel {
  return modelOfLayers(
    goldenTracked().map(({ heads }): LayerWeights => {
      const width = heads[0]!.value.rows;
      /** Columns of all heads' matrices [channels, columns], as rows. */
      const stacked = (of: 'query' | 'key' | 'value') => {
        const rows = heads.flatMap(({ [of]: { columns, data } }) =>
          Array.from({ length: columns }, (_, j) => Array.from({ length: width }, (__, c) => data[c * columns + j]!)),
        );
        return { weight: tensor(rows, { dtype: 'float64' }) };
      };
      const sum = Array.from({ length: width }, (_, c) =>
        Array.from({ length: heads.length * width }, (__, j) => (j % width === c ? 1 : 0)),
      );
      return {
        order: 'post',
        skip: false,
        attention: {
          query: stacked('query'),
          key: stacked('key'),
          value: stacked('value'),
          output: { weight: tensor(sum, { dtype: 'float64' }) },
          heads: heads.length,
        },
      };
    }),
  );
}

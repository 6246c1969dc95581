/** Gradients of a same-padded, stride-1 tfjs conv2d written with tfjs's forward convolution, its only fast one. */
import type { Tfjs, TfTensor } from './tfjs.js';

/** dfilter: a convolution of x by dy in which the batch plays the channels. */
export function conv2dFilterGradient(tf: Tfjs, x: TfTensor, dy: TfTensor, filterShape: readonly number[]): TfTensor {
  const pad = ((filterShape[0] as number) - 1) / 2;
  return tf.tidy(() => {
    const wide = tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3]), 1, pad);
    return tf.transpose(wide, [1, 2, 0, 3]);
  });
}

/** dx: a convolution of dy by the filter turned half around, with its channels exchanged. */
export function conv2dInputGradient(tf: Tfjs, dy: TfTensor, filter: TfTensor): TfTensor {
  return tf.tidy(() => tf.conv2d(dy, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]), 1, 'same'));
}

/** conv2d whose two gradients are the rewritten ones. */
export function rewrittenConv2d(tf: Tfjs): (x: TfTensor, filter: TfTensor) => TfTensor {
  return tf.customGrad<[TfTensor, TfTensor]>((x, filter, save) => {
    save([x, filter]);
    return {
      value: tf.conv2d(x, filter, 1, 'same'),
      gradFunc: (dy, saved) => {
        const [x, filter] = saved as [TfTensor, TfTensor];
        return [conv2dInputGradient(tf, dy, filter), conv2dFilterGradient(tf, x, dy, filter.shape)];
      },
    };
  });
}

/** Many generated images at once: as one tensor, or as a data set that draws what is asked for. */
import type { Dataset, ImageBatch } from '@saccade/nn';
import { IndexError, OptionError, scope, type Tensor, tensor } from '@saccade/tensor';
import type { GeneratedImage } from './generated-image.js';

/** [height, width, channels] of every image. */
type ImageShape = readonly [height: number, width: number, channels: number];

/**
 * Images one after the other: uint8 [images, height, width, channels].
 * @throws {OptionError} for 2^31 bytes or more
 */
export function stackPixels(
  op: string,
  count: number,
  shape: ImageShape,
  image: (i: number) => GeneratedImage,
): Tensor {
  const stride = shape[0] * shape[1] * shape[2];
  if (count * stride >= 2 ** 31) {
    throw new OptionError(
      `${op}: ${count} images of ${shape[0]} x ${shape[1]} have ${count * stride} bytes; ` +
        'take fewer, or a data set, which draws them when they are asked for',
    );
  }
  const data = new Uint8Array(count * stride);
  for (let i = 0; i < count; i++) data.set(image(i).pixels(), i * stride);
  return tensor(data, { shape: [count, ...shape] });
}

/** A data set of `size` images: batches of float32 values 0 to 1 and int32 labels, drawn anew whenever they are asked for. */
export function drawnDataset(
  op: string,
  size: number,
  shape: ImageShape,
  example: (row: number) => { readonly image: GeneratedImage; readonly label: number },
): Dataset<ImageBatch> {
  const stride = shape[0] * shape[1] * shape[2];
  return {
    size,
    batch: (rows) => {
      const bad = rows.find((row) => row < 0 || row >= size);
      if (bad !== undefined) throw new IndexError(`${op}: expected rows in [0, ${size - 1}], got ${bad}`);
      const values = new Float32Array(rows.length * stride);
      const labels = new Int32Array(rows.length);
      for (const [i, row] of rows.entries()) {
        const { image, label } = example(row);
        const pixels = image.pixels();
        for (let at = 0; at < stride; at++) values[i * stride + at] = pixels[at]! / 255;
        labels[i] = label;
      }
      return scope(() => ({ images: tensor(values, { shape: [rows.length, ...shape] }), labels: tensor(labels) }));
    },
  };
}

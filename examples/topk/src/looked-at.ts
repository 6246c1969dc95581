/** Pictures of test images with the patches that a selector chose. */
import { type Figure, type Picture, pictures } from '@saccade/lab';
import { explain, type PatchSelector } from '@saccade/topk';
import type { Images } from './training.js';

/** The first `count` test images with scores and chosen patches; wrong ones are marked. */
export async function lookedAt(
  title: string,
  selector: PatchSelector,
  test: Images,
  mean: number,
  count = 8,
): Promise<Figure> {
  const [, height, width, channels] = test.images.shape as readonly [number, number, number, number];
  const size = height * width * channels;
  const pixels = await test.images.data<'uint8'>();
  const labels = await test.labels.data<'int32'>();
  const items: Picture[] = [];
  for (let i = 0; i < count; i++) {
    const data = pixels.slice(i * size, (i + 1) * size);
    // The network takes pixels from 0 to 1 less the mean of the training images.
    const range = [255 * mean, 255 * (mean + 1)] as const;
    const { overlay, classes } = await explain(
      selector,
      { data, height, width, channels: channels as 1 | 3, range },
      { minSize: 192 },
    );
    const read = classes[0]?.name ?? '';
    items.push({
      pixels: new Uint8Array(overlay.data),
      width: overlay.width,
      height: overlay.height,
      channels: 4,
      caption: read === `${labels[i]}` ? read : `${read}, is ${labels[i]}`,
      alert: read !== `${labels[i]}`,
      scale: 1,
    });
  }
  return pictures({
    title,
    caption: 'Bright: high scores. The numbers are the chosen patches in order of position.',
    items,
  });
}

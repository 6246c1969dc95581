/** What the report shows of a network that reads digits. */
import { chart, type Figure, pictures } from '@saccade/lab';
import type { Digits } from './train.js';

const shown = 60;

/** The loss of every step. */
export function lossChart(losses: readonly number[]): Figure {
  return chart({
    title: 'Loss',
    caption: 'Cross-entropy of each batch (thin) and the mean of 40 (thick).',
    x: { label: 'step' },
    y: { label: 'loss', log: true },
    series: [{ name: 'training', points: losses.map((loss, step) => [step, loss]), smooth: 40 }],
  });
}

/** A sheet of test images with what was read in them: the wrong ones first. */
export async function digitSheet(test: Digits, predictions: Int32Array): Promise<Figure> {
  const [pixels, labels] = await Promise.all([test.images.data(), test.labels.data<'int32'>()]);
  const [height, width] = test.images.shape.slice(1) as [number, number];
  const all = Array.from(labels, (_, i) => i);
  const wrong = all.filter((i) => predictions[i] !== labels[i]);
  const right = all.filter((i) => predictions[i] === labels[i]);
  const items = [...wrong, ...right].slice(0, shown).map((i) => ({
    // Dark ink on light paper.
    pixels: pixels.slice(i * height * width, (i + 1) * height * width).map((ink) => 1 - ink),
    width,
    height,
    channels: 1 as const,
    caption: predictions[i] === labels[i] ? `${labels[i]}` : `${predictions[i]}, is ${labels[i]}`,
    alert: predictions[i] !== labels[i],
  }));
  return pictures({
    title: 'What it read',
    caption: `${wrong.length} of ${labels.length} test images were read wrong; they come first.`,
    items,
  });
}

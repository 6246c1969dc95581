/** The report: one self-contained page with the loss curve and a sheet of digits with their predictions. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';
import { parseHTML } from 'linkedom';
import type { Step } from './network.js';

/** What a run showed. */
export interface Run {
  readonly steps: readonly Step[];
  readonly accuracy: number;
  readonly seconds: number;
  /** Device, threads and arithmetic in words. */
  readonly device: string;
  readonly seed: number;
  /** Pixels 0 to 1, [count, 8, 8]. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly predictions: Int32Array;
}

const shownDigits = 120;

/** Mean loss of each epoch beside the loss of each step, as SVG. */
function lossCurve(steps: readonly Step[]): string {
  const { document } = parseHTML('<html><body></body></html>');
  const chart = Plot.plot({
    document,
    width: 720,
    height: 300,
    marginLeft: 50,
    marginBottom: 44,
    style: { background: 'transparent', overflow: 'visible' },
    x: { label: 'training step', labelOffset: 40 },
    y: { label: 'loss (log scale)', type: 'log', grid: true, tickFormat: '~g' },
    marks: [
      Plot.lineY(steps, { x: 'step', y: 'loss', stroke: 'currentColor', strokeOpacity: 0.25 }),
      Plot.lineY(steps, Plot.windowY(40, { x: 'step', y: 'loss', stroke: '#2a78d6', strokeWidth: 2 })),
    ],
  });
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', 'Loss by training step: each step thin, the mean of 40 steps thick');
  return chart.outerHTML;
}

/** One digit as a PNG of dark ink, transparent where there is none. */
function digitPicture(pixels: Float32Array): string {
  const data = new Uint8Array(pixels.length * 2);
  pixels.forEach((ink, i) => {
    data[2 * i + 1] = Math.round(255 * ink);
  });
  const png = encode({ width: 8, height: 8, channels: 2, depth: 8, data });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** The wrong ones first, then the rest in order. */
function sheet({ images, labels, predictions }: Run): string {
  const all = Array.from(labels, (_, i) => i);
  const wrong = all.filter((i) => predictions[i] !== labels[i]);
  const right = all.filter((i) => predictions[i] === labels[i]);
  const figure = (i: number): string => {
    const ok = predictions[i] === labels[i];
    const picture = digitPicture(images.subarray(i * 64, (i + 1) * 64));
    const caption = ok ? `${predictions[i]}` : `${predictions[i]}, is ${labels[i]}`;
    return `<figure${ok ? '' : ' class="wrong"'}><img alt="a handwritten ${labels[i]}" src="${picture}"><figcaption>${caption}</figcaption></figure>`;
  };
  return [...wrong, ...right].slice(0, shownDigits).map(figure).join('\n');
}

const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --soft: #63676e; --card: #f4f5f7; --bad: #c2331f; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e8eaed; --soft: #a0a5ad; --card: #dfe2e6; --bad: #ff8a75; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 760px; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } p { color: var(--soft); margin-top: .25rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
strong { color: var(--ink); font-size: 1.15em; } svg { height: auto; max-width: 100%; }
.sheet { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(52px, 1fr)); }
figure { margin: 0; text-align: center; } figcaption { color: var(--soft); font-size: .75rem; }
img { background: var(--card); border-radius: 6px; image-rendering: pixelated; padding: 6px; width: 40px; }
@media (max-width: 600px) { svg { font-size: 17px; } }
.wrong img { outline: 2px solid var(--bad); } .wrong figcaption { color: var(--bad); font-weight: 600; }`;

function page(run: Run): string {
  const wrong = run.labels.filter((label, i) => label !== run.predictions[i]).length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Saccade: handwritten digits</title>
<style>${style}</style>
<h1>Handwritten digits</h1>
<p>A convolutional network of two layers, trained on 1,297 images of 8 x 8 pixels:
<strong>${(100 * run.accuracy).toFixed(1)} %</strong> of ${run.labels.length} test images right,
after ${run.seconds.toFixed(1)} s. ${run.device}, seed ${run.seed}.</p>
<h2>Loss</h2>
${lossCurve(run.steps)}
<h2>What it read</h2>
<p>${wrong} wrong, shown first; below each image the prediction.</p>
<div class="sheet">
${sheet(run)}
</div>
</html>
`;
}

/** Writes `index.html` into a folder, whole or not at all; returns its path. */
export async function writeReport(folder: string, run: Run): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'index.html');
  await writeFile(`${path}.part`, page(run));
  await rename(`${path}.part`, path);
  return path;
}

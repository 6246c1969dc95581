/** What a sweep of the decomposition takes: without the tensor of scores, and, where that is small enough, with it. */
import { decompose } from '@saccade/collab-attention';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { type Matrix, matrix, matrixProduct, Rng, type Tensor } from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';

const group = 'decomposition of attention scores on one thread, 12 heads';
const heads = 12;

/** Seconds of one sweep, the median of those after the first. */
async function structured(width: number, rank: number, sweeps: number): Promise<number> {
  const rng = new Rng(1);
  const [query, key] = [rng.normal([width, width]) as Tensor, rng.normal([width, width]) as Tensor];
  const times: number[] = [];
  let last = performance.now();
  const onProgress = (): void => {
    const now = performance.now();
    times.push((now - last) / 1000);
    last = now;
  };
  const options = { heads, rank, init: 'normal', tolerance: 0, maxIterations: sweeps + 1, onProgress } as const;
  const found = await decompose(query, key, options);
  for (const t of [query, key, found.query, found.mixing, found.key]) t.dispose();
  // The first one sets up, and what follows the last is another start.
  return median(times.slice(1, sweeps + 1).sort((a, b) => a - b));
}

/** Seconds of a sweep's three products of unfoldings with Khatri-Rao products, as libraries for tensors in general make them. */
function dense(width: number, rank: number, sweeps: number): number {
  const rng = new Rng(2);
  const random = (rows: number, columns: number): Matrix =>
    matrix(
      rows,
      columns,
      Float64Array.from({ length: rows * columns }, () => rng.number()),
    );
  // [query, heads key]; the others are as large and in an order that suits them.
  const [byQuery, byHead, byKey] = [
    random(width, heads * width),
    random(heads, width * width),
    random(width, heads * width),
  ];
  const [a, m, b] = [random(width, rank), random(heads, rank), random(width, rank)];
  const times = Array.from({ length: sweeps }, () => {
    const start = performance.now();
    matrixProduct(byQuery, khatriRao(m, b));
    matrixProduct(byHead, khatriRao(a, b));
    matrixProduct(byKey, khatriRao(a, m));
    return (performance.now() - start) / 1000;
  });
  return median(times.sort((x, y) => x - y));
}

/** Row (i, j) is the product of row i of one with row j of the other. */
function khatriRao(a: Matrix, b: Matrix): Matrix {
  const { columns } = a;
  const out = matrix(a.rows * b.rows, columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      const to = (i * b.rows + j) * columns;
      for (let r = 0; r < columns; r++) out.data[to + r] = a.data[i * columns + r]! * b.data[j * columns + r]!;
    }
  }
  return out;
}

/** Seconds for twelve layers of BERT-base's size at rank 256, with random weights, on two threads. */
async function twelveLayers(): Promise<number> {
  const device = createWasmDevice({ threads: 2 });
  const before = useDevice(device);
  const rng = new Rng(3);
  const start = performance.now();
  for (let layer = 0; layer < 12; layer++) {
    const [query, key] = [rng.normal([768, 768]) as Tensor, rng.normal([768, 768]) as Tensor];
    const found = await decompose(query, key, { heads, rank: 256 });
    for (const t of [query, key, found.query, found.mixing, found.key]) t.dispose();
  }
  const seconds = (performance.now() - start) / 1000;
  useDevice(before);
  device.dispose();
  return seconds;
}

/** Bars as the project asks for them. */
export async function collabAttentionFigures(quick: boolean): Promise<Figure[]> {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const sweeps = quick ? 3 : 9;
  const bert = await structured(768, 256, sweeps);
  const widths = [192, 384] as const;
  const ours = [await structured(192, 64, sweeps), await structured(384, 64, sweeps)] as const;
  const theirs = [dense(192, 64, sweeps), dense(384, 64, sweeps)] as const;
  useDevice(before);
  device.dispose();
  const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
  return [
    figure(group, 'a sweep of 768 x 12 x 768 at rank 256', bert, 's', `median of ${sweeps}`, 0.5),
    ...(quick ? [] : [figure(group, 'twelve such layers, two threads', await twelveLayers(), 's', 'all starts', 180)]),
    ...widths.map((width, i) =>
      figure(
        group,
        `with the tensor of ${width} x 12 x ${width} built, at rank 64: times as long`,
        theirs[i as 0 | 1] / ours[i as 0 | 1],
        '',
        `${ms(theirs[i as 0 | 1])} against ${ms(ours[i as 0 | 1])}`,
      ),
    ),
  ];
}

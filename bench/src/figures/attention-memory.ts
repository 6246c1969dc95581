/** How much memory attention takes from the host beyond its inputs, by sequence length: ours must not grow as its square. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { attention, dispose, scope, sum, tensor, valueAndGrad } from '@saccade/tensor';
import { tfjsAttention } from '../cases/attention.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomValues } from '../harness/random-values.js';
import type { Tfjs } from '../peers/tfjs.js';

const group = 'attention memory, 8 heads of 64 channels';
const lengths = [512, 1024, 2048, 4096];
const [heads, channels] = [8, 64];

/** Growth of the heap by one call on a fresh device, in MiB. */
function ours(length: number, backward: boolean): number {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const shape = [heads, length, channels];
  const inputs = [1, 2, 3].map((seed) => tensor(randomValues(heads * length * channels, seed), { shape }));
  const { reserved } = device.memory();
  scope(() => {
    if (backward) valueAndGrad((x: typeof inputs) => sum(attention(x[0]!, x[1]!, x[2]!)))(inputs);
    else attention(inputs[0]!, inputs[1]!, inputs[2]!);
  });
  const growth = device.memory().reserved - reserved;
  dispose(inputs);
  useDevice(before);
  device.dispose();
  return growth / 2 ** 20;
}

/** The same for tfjs, whose one heap only grows: lengths must come in ascending order. */
function theirs(tf: Tfjs, length: number): number {
  const shape = [heads, length, channels];
  const inputs = [1, 2, 3].map((seed) => tf.tensor(randomValues(heads * length * channels, seed), shape));
  const heap = () => tf.backend().wasm.HEAPU8.buffer.byteLength;
  for (const t of inputs) tf.dispose(tf.tidy(() => tf.mul(t, 1))); // brings the inputs into the heap
  const before = heap();
  tf.dispose(tf.tidy(() => tfjsAttention(tf, inputs[0]!, inputs[1]!, inputs[2]!)));
  tf.dispose(inputs);
  return (heap() - before) / 2 ** 20;
}

/** Exponent of the growth between the shortest and the longest: 1 is linear, 2 is quadratic. */
function exponent(growths: readonly number[]): number {
  const ratio = (growths.at(-1) as number) / Math.max(growths[0] as number, 1 / 16);
  return Math.log2(ratio) / Math.log2((lengths.at(-1) as number) / (lengths[0] as number));
}

const list = (growths: readonly number[]) => `${growths.map((x) => x.toFixed(1)).join(', ')} MiB`;

export async function attentionMemoryFigures(tf: Tfjs | undefined): Promise<Figure[]> {
  const figures = [false, true].map((backward) => {
    const growths = lengths.map((length) => ours(length, backward));
    const name = `ours ${backward ? 'forward + backward' : 'forward'}: exponent of growth with length`;
    return figure(group, name, exponent(growths), '', `at lengths ${lengths}: ${list(growths)}`, 1.2);
  });
  if (tf !== undefined) {
    const growths = lengths.map((length) => theirs(tf, length));
    const detail = `at lengths ${lengths}, each beyond the one before: ${list(growths)}`;
    figures.push(figure(group, 'tfjs forward, in operations: exponent', exponent(growths), '', detail));
  }
  return figures;
}

/** How much memory attention takes from the host beyond its inputs, by sequence length: ours must not grow as its square. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { attention, dispose, scope, sum, tensor, valueAndGrad } from '@saccade/tensor';
import { type Figure, figure } from '../harness/figure.js';
import { randomValues } from '../harness/random-values.js';

const group = 'attention memory, 8 heads of 64 channels';
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

/** Exponent of the growth over the last doubling of the length: 1 is linear, 2 is quadratic. */
function exponent(growths: readonly number[]): number {
  return Math.log2((growths.at(-1) as number) / (growths.at(-2) as number));
}

const list = (growths: readonly number[]) => `${growths.map((x) => x.toFixed(1)).join(', ')} MiB`;

export async function attentionMemoryFigures(quick: boolean): Promise<Figure[]> {
  const lengths = quick ? [256, 512, 1024] : [512, 1024, 2048, 4096];
  const longest = lengths.at(-1) as number;
  const scores = `all scores at ${longest} would be ${(heads * longest * longest * 4) / 2 ** 20} MiB`;
  return [false, true].map((backward) => {
    const growths = lengths.map((length) => ours(length, backward));
    const name = `${backward ? 'forward + backward' : 'forward'}: exponent of growth with length`;
    return figure(group, name, exponent(growths), '', `at ${lengths.join(', ')}: ${list(growths)}; ${scores}`, 1.2);
  });
}

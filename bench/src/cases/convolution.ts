/** conv2d, 3x3, same padding: forward and both gradients. */
import { type Buffer, type ConvSizes, currentDevice } from '@saccade/kernels';
import { conv2d } from '@saccade/tensor';
import { type Case, type Contender, tfjsBar } from '../harness/case.js';
import { randomInput } from '../harness/random-values.js';
import { type Input, sideBySide } from '../harness/side-by-side.js';
import type { Peers } from '../peers/start.js';
import { conv2dFilterGradient, conv2dInputGradient } from '../peers/tfjs-convolution.js';

interface Layer {
  readonly batch: number;
  readonly side: number;
  readonly inputs: number;
  readonly outputs: number;
}

const layers: readonly Layer[] = [
  { batch: 1, side: 32, inputs: 64, outputs: 64 },
  { batch: 8, side: 28, inputs: 16, outputs: 32 },
];

const sizesOf = ({ batch, side, inputs, outputs }: Layer): ConvSizes => ({
  batch,
  inHeight: side,
  inWidth: side,
  inChannels: inputs,
  outHeight: side,
  outWidth: side,
  outChannels: outputs,
  kernelHeight: 3,
  kernelWidth: 3,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
  padTop: 1,
  padLeft: 1,
  groups: 1,
});

/** One of our kernels alone: by `grad` it would come with a forward pass, which tfjs's operations for it do not do either. */
function kernelContender(
  a: Input,
  b: Input,
  length: number,
  call: (a: Buffer, b: Buffer, out: Buffer) => void,
): Contender {
  const device = currentDevice();
  const upload = ({ values }: Input): Buffer => {
    const buffer = device.allocate('float32', values.length);
    device.write(buffer, values);
    return buffer;
  };
  const [first, second] = [upload(a), upload(b)];
  const compute = (): Buffer => {
    const out = device.allocate('float32', length);
    call(first, second, out);
    return out;
  };
  return {
    run: () => device.release(compute()),
    values: async () => {
      const out = compute();
      const values = (await device.read(out)) as Float32Array;
      device.release(out);
      return values;
    },
    dispose: () => {
      device.release(first);
      device.release(second);
    },
  };
}

function layerCases(peers: Peers, layer: Layer): Case[] {
  const { batch, side, inputs, outputs } = layer;
  const x = randomInput([batch, side, side, inputs], 8);
  const filter = randomInput([3, 3, inputs, outputs], 9);
  const dy = randomInput([batch, side, side, outputs], 10);
  const sizes = sizesOf(layer);
  const { kernels } = currentDevice();
  const label = `${batch}x${side}x${side}x${inputs} -> ${outputs}`;
  const common = {
    group: 'conv2d, 3x3, same',
    operations: 2 * batch * side * side * 9 * inputs * outputs,
    bar: tfjsBar(1.1),
  };
  return [
    {
      ...common,
      name: `${label} forward`,
      contenders: sideBySide(peers, [x, filter], {
        saccade: (x, filter) => conv2d(x, filter, { padding: 'same' }),
        tfjs: (tf, x, filter) => tf.conv2d(x, filter, 1, 'same'),
      }),
    },
    {
      ...common,
      name: `${label} gradient by input`,
      contenders: {
        ...sideBySide(peers, [dy, filter], {
          // Nothing but tfjs's kernel for this gradient.
          tfjs: (tf, dy, filter) => tf.conv2dTranspose(dy, filter, x.shape, 1, 'same'),
          'tfjs rewritten': conv2dInputGradient,
        }),
        saccade: () =>
          kernelContender(dy, filter, x.values.length, (dy, filter, dx) =>
            kernels.conv2dGradInput(dy, filter, dx, sizes),
          ),
      },
    },
    {
      ...common,
      name: `${label} gradient by filter`,
      bar: { ...common.bar, peer: 'tfjs rewritten' }, // tfjs's wasm backend has no kernel for this one
      contenders: {
        ...sideBySide(peers, [x, dy], {
          'tfjs rewritten': (tf, x, dy) => conv2dFilterGradient(tf, x, dy, filter.shape),
        }),
        saccade: () =>
          kernelContender(x, dy, filter.values.length, (x, dy, dw) => kernels.conv2dGradFilter(x, dy, dw, sizes)),
      },
    },
  ];
}

export function convolutionCases(peers: Peers): Case[] {
  return layers.flatMap((layer) => layerCases(peers, layer));
}

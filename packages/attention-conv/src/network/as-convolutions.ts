/** A network computed as convolutions, layer by layer: what its attention form is measured against. */

import { Flatten } from '@saccade/nn';
import { scope, type Tensor, tensor } from '@saccade/tensor';
import { convolve, type HostImages } from '../convolution/convolve.js';
import type { ConvolutionPart, LinearPart, Part, Plan } from './part.js';
import { pixelShares } from './pixel-mean.js';

/** Sums of a layer are taken in float64, and its results are kept in the network's element type. */
export function asConvolutions(op: string, plan: Plan, images: Tensor): Tensor {
  return scope(() => plan.parts.reduce((x, part) => through(op, part, x), images));
}

function through(op: string, part: Part, x: Tensor): Tensor {
  switch (part.kind) {
    case 'convolution':
      return backOn(x, convolved(op, part, onHost(x)));
    case 'global-mean':
      return backOn(x, meanOf(onHost(x)));
    case 'linear':
      return tensor(mapped(part, x.dataSync()), { ...placeOf(x), shape: [x.shape[0]!, part.outputs] });
    case 'flatten':
      return new Flatten({ channelsFirst: part.channelsFirst }).forward(x);
    default:
      return part.module.forward(x);
  }
}

function onHost(x: Tensor): HostImages {
  return { batch: x.shape[0]!, extents: x.shape.slice(1, -1), channels: x.shape.at(-1)!, data: x.dataSync() };
}

function backOn(like: Tensor, { batch, extents, channels, data }: HostImages): Tensor {
  return tensor(data as Float64Array, { ...placeOf(like), shape: [batch, ...extents, channels] });
}

const placeOf = ({ dtype, device }: Tensor): Pick<Tensor, 'dtype' | 'device'> => ({ dtype, device });

function convolved(op: string, { conv, overPixels }: ConvolutionPart, images: HostImages): HostImages {
  const out = convolve(op, images, conv);
  if (!overPixels) return out;
  const window = { size: conv.kernel, stride: conv.stride, padding: conv.padding.map(([before]) => before) };
  const shares = pixelShares(window, images.extents);
  const data = Float64Array.from(out.data, (value, i) => {
    let rest = Math.floor(i / out.channels);
    let scaled = value;
    for (let axis = shares.length - 1; axis >= 0; axis--) {
      const along = shares[axis]!;
      scaled *= along[rest % along.length]!;
      rest = Math.floor(rest / along.length);
    }
    return scaled;
  });
  return { ...out, data };
}

function meanOf({ batch, extents, channels, data }: HostImages): HostImages {
  const sums = new Float64Array(batch * channels);
  const pixels = extents.reduce((a, b) => a * b, 1);
  for (let i = 0; i < data.length; i++) {
    sums[Math.floor(i / (pixels * channels)) * channels + (i % channels)]! += data[i]! / pixels;
  }
  return { batch, extents: extents.map(() => 1), channels, data: sums };
}

/** x W + bias, rows of x one after another. */
function mapped({ inputs, outputs, weight, bias }: LinearPart, x: ArrayLike<number>): Float64Array {
  const y = new Float64Array((x.length / inputs) * outputs);
  for (let i = 0; i < y.length; i++) {
    const [row, o] = [Math.floor(i / outputs) * inputs, i % outputs];
    let sum = bias?.[o] ?? 0;
    for (let c = 0; c < inputs; c++) sum += x[row + c]! * weight[c * outputs + o]!;
    y[i] = sum;
  }
  return y;
}

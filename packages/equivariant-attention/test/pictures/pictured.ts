/** Layers, images and networks that pictures show. */
import { Rng, type Tensor, tensor } from '@saccade/tensor';
import {
  GroupAttentionNet,
  type GroupAttentionNetOptions,
  type GroupName,
  GroupSelfAttention,
  LiftingSelfAttention,
} from '../../src/index.js';

/** A layer that lifts, of two heads, with encodings that differ well. */
export function lifting(group: GroupName, patch = 3): LiftingSelfAttention {
  return new LiftingSelfAttention(1, 8, { group, patch, heads: 2, rng: new Rng(3), initScale: 4 });
}

/** One behind it. */
export function behind(group: GroupName, encoding: 'exact' | 'paper2021' = 'exact'): GroupSelfAttention {
  return new GroupSelfAttention(8, 8, { group, patch: 3, heads: 2, mid: 3, encoding, rng: new Rng(5), initScale: 2 });
}

/** Images without any symmetry. */
export function images(height = 6, width: number = height, channels = 1): Tensor {
  return new Rng(7).uniform([2, height, width, channels]);
}

/** A small network. */
export function network(options: Partial<GroupAttentionNetOptions> = {}): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ group: 'p4', size: 8, classes: 3, channels: 8, heads: 2, patch: 3, blocks: [1, 1] },
    ...{ rng: new Rng(1), initScale: 2 },
    ...options,
  });
}

/** An image of which all pixels are alike. */
export function flat(value: number): Tensor {
  return tensor(new Float32Array(16).fill(value), { shape: [1, 4, 4, 1] });
}

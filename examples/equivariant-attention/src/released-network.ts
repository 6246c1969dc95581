/** The paper's whole network for rotated MNIST, at its start: what a quarter turn does to its answers. */
import { actOnImages, type GroupAttentionNet, groups, released, rotMnistNet } from '@saccade/equivariant-attention';
import type { Experiment } from '@saccade/lab';
import { inference } from '@saccade/nn';
import { dispose, Rng, resizeBilinear, scope, type Tensor } from '@saccade/tensor';
import { digits, rowsOf } from './digits.js';
import { paper } from './paper.js';

/** [1, 28, 28, 1]: a written digit. */
function oneDigit(): Tensor {
  return scope(() => resizeBilinear(rowsOf(digits().test, Int32Array.of(0)).images, [28, 28]));
}

/** |f(Tx) - f(x)| / |f(x)| of a quarter turn; frees the network. */
function logitChange(network: GroupAttentionNet, image: Tensor): number {
  using net = network;
  return inference(net, () => {
    const plain = net.forward(image).dataSync();
    const turned = net.forward(actOnImages(image, groups.p4, 1)).dataSync();
    const most = (f: (i: number) => number): number => plain.reduce((a, _, i) => Math.max(a, Math.abs(f(i))), 0);
    return most((i) => (turned[i] as number) - (plain[i] as number)) / most((i) => plain[i] as number);
  });
}

/** The network with our encodings, and with those that were released. */
function changes(seed: number): { readonly exact: number; readonly paper2021: number } {
  const image = oneDigit();
  const rng = (): Rng => new Rng(seed);
  const exact = logitChange(rotMnistNet({ group: 'p4', rng: rng() }), image);
  const paper2021 = logitChange(rotMnistNet({ group: 'p4', ...released('paper2021'), rng: rng() }), image);
  dispose(image);
  return { exact, paper2021 };
}

export const releasedNetworkExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/network-exact',
    paper,
    claim: "The paper's network for rotated MNIST answers the same for a turned digit, with our encodings.",
    measures: 'largest change of the logits under a quarter turn over their size, p4, at the start, one digit',
    baseline: 'the same network as released',
    bar: { atMost: 1e-5 },
    full: true,
    async run({ seed }) {
      const { exact, paper2021 } = changes(seed);
      return { measured: exact, baseline: paper2021 };
    },
  },
  {
    id: 'equivariant-attention/network-released',
    paper,
    claim: 'As it was released it does not.',
    measures: 'the same as released',
    baseline: 'with our encodings',
    bar: { atLeast: 1e-3 },
    full: true,
    async run({ seed }) {
      const { exact, paper2021 } = changes(seed);
      return { measured: paper2021, baseline: exact };
    },
  },
];

/** Networks of the reference vectors: their layers are told as texts such as `conv2d(1,8,k3,s2,p1,no bias)`. */
import type { NetworkLayer } from '../../src/network/layer-list.js';

/** What the JSON file of a network says. */
export interface GoldenNetwork {
  readonly layers: readonly string[];
  /** Where `{index}` stands for the place of a layer. */
  readonly state_dict_prefix: string;
  readonly test_accuracy_500: number;
}

/** A number behind a letter or a word, as in `k3`, `groups2` and `eps 1e-5`. */
function numberAfter(text: string, word: string): number | undefined {
  const found = new RegExp(`[ ,(]${word} ?([\\d.]+(e-?\\d+)?)`).exec(text);
  return found === null ? undefined : Number(found[1]);
}

/** A layer as data. @throws for what is told in no such way */
function layerOf(text: string, name: string): NetworkLayer {
  const after = (word: string): number | undefined => numberAfter(text, word);
  const window = { stride: after('s'), padding: after('p') };
  const size = numberAfter(text, '') as number;
  const word = /^[a-z]+/.exec(text)?.[0];
  switch (word) {
    case 'conv':
      return { kind: text.slice(0, 6) as 'conv2d', name, ...window, dilation: after('d'), groups: after('groups') };
    case 'batchnorm':
      return { kind: 'batchNorm', name, eps: after('eps') };
    case 'avgpool':
      return { kind: 'averagePool', size, ...window };
    case 'maxpool':
      return { kind: 'maxPool', size, ...window };
    case 'linear':
      return { kind: 'linear', name };
    case 'globalavgpool':
      return { kind: 'globalAveragePool' };
    case 'leakyrelu':
      return { kind: 'leakyRelu' };
    default:
      return { kind: word as 'relu' };
  }
}

/** The layers as data. */
export function layersOf({ layers, state_dict_prefix: prefix }: GoldenNetwork): NetworkLayer[] {
  return layers.map((text, i) => layerOf(text, prefix.replace('{index}', String(i)).replace(/\.$/, '')));
}

/** Networks with the weights of reference vectors. */
import { Rng, type Tensor, tensor } from '@saccade/tensor';
import { Golden } from '@saccade/testing/golden';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';

/** What the JSON files hold of a network. */
export interface NetworkScalars {
  readonly loss: number;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly depth: number;
  readonly heads: number;
  readonly do_mlp: boolean;
  readonly no_embed: boolean;
  readonly ffn2: boolean;
  readonly num_labels: number;
  readonly layer_norm_eps: number;
  readonly max_position_embeddings: number;
}

/** The vectors of a network. */
export type NetworkGolden = Golden<NetworkScalars, Tensor>;

/** The reference vectors `<name>`. */
export function networkGolden(name: 'san_sort' | 'san_hull_mlp'): NetworkGolden {
  return new Golden<NetworkScalars, Tensor>(new URL(`../golden/${name}`, import.meta.url), tensor);
}

/** The weights `<prefix><name>` under their names. */
export function goldenState(golden: Golden<unknown, Tensor>, prefix = 'w.'): Map<string, Tensor> {
  return new Map(golden.names(prefix).map((name) => [name, golden.tensor(`${prefix}${name}`)]));
}

/** The network that the vectors came from; it drops nothing. */
export function goldenNetwork(golden: NetworkGolden): SelfAttentionNetwork {
  const { scalars: s } = golden;
  const input = s.no_embed
    ? { coordinates: s.vocab_size, ffn2: s.ffn2 }
    : { vocabulary: s.vocab_size, positions: s.max_position_embeddings, padding: 0 };
  const network = new SelfAttentionNetwork({
    ...input,
    ...{ labels: s.num_labels, width: s.hidden_size, depth: s.depth, heads: s.heads, mlp: s.do_mlp },
    ...{ epsilon: s.layer_norm_eps, dropout: 0, rng: new Rng(0) },
  });
  const state = goldenState(golden);
  network.loadStateDict(state);
  for (const t of state.values()) t.dispose();
  return network;
}

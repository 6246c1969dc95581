/** BERT and its kin in plain loops: the states before the first layer and behind each. */
import { at, each, linearAttention, linearMlp, type Part, post, throughAll } from './plain-layers.js';
import { gelu, geluTanh, type PlainWeights, plus, type Rows } from './plain-math.js';

/** What is particular of a model with BERT's names. */
export interface BertKind {
  readonly prefix: string;
  readonly epsilon: number;
  /** Row of the first position. */
  readonly offset?: number;
  readonly projection?: boolean;
}

/** BERT, RoBERTa and Electra. */
export function bertForward(w: PlainWeights, ids: readonly number[], kind: BertKind): Rows[] {
  const { prefix, epsilon, offset = 0, projection = false } = kind;
  const [words, places, types] = ['word', 'position', 'token_type'].map((name) =>
    w.rows(`${prefix}embeddings.${name}_embeddings.weight`),
  ) as [Rows, Rows, Rows];
  const sum = plus(
    plus(
      ids.map((id) => words[id]!),
      ids.map((_, i) => places[i + offset]!),
    ),
    ids.map(() => types[0]!),
  );
  const normed = w.layerNorm(sum, `${prefix}embeddings.LayerNorm`, epsilon);
  const embedded = projection ? w.linear(normed, `${prefix}embeddings_project`) : normed;
  const layer = (i: number): Part => {
    const path = `${prefix}encoder.layer.${i}.`;
    const self = `${path}attention.self.`;
    return post(
      linearAttention(w, [`${self}query`, `${self}key`, `${self}value`, `${path}attention.output.dense`], { heads: 2 }),
      (x) => w.layerNorm(x, `${path}attention.output.LayerNorm`, epsilon),
      linearMlp(w, `${path}intermediate.dense`, `${path}output.dense`, gelu),
      (x) => w.layerNorm(x, `${path}output.LayerNorm`, epsilon),
    );
  };
  return throughAll(embedded, each(2, layer));
}

export function distilbertForward(w: PlainWeights, ids: readonly number[]): Rows[] {
  const prefix = 'distilbert.';
  const [words, places] = [
    w.rows(`${prefix}embeddings.word_embeddings.weight`),
    w.rows(`${prefix}embeddings.position_embeddings.weight`),
  ];
  const sum = plus(
    ids.map((id) => words[id]!),
    ids.map((_, i) => places[i]!),
  );
  const layer = (i: number): Part => {
    const path = `${prefix}transformer.layer.${i}.`;
    return post(
      linearAttention(w, at(`${path}attention.`, 'q_lin', 'k_lin', 'v_lin', 'out_lin'), { heads: 2 }),
      (x) => w.layerNorm(x, `${path}sa_layer_norm`, 1e-12),
      linearMlp(w, `${path}ffn.lin1`, `${path}ffn.lin2`, gelu),
      (x) => w.layerNorm(x, `${path}output_layer_norm`, 1e-12),
    );
  };
  return throughAll(w.layerNorm(sum, `${prefix}embeddings.LayerNorm`, 1e-12), each(2, layer));
}

/** Embeddings are normed while small, then projected; one layer runs three times. */
export function albertForward(w: PlainWeights, ids: readonly number[]): Rows[] {
  const [words, places, types] = ['word', 'position', 'token_type'].map((name) =>
    w.rows(`albert.embeddings.${name}_embeddings.weight`),
  ) as [Rows, Rows, Rows];
  const sum = ids.map((id, i) => words[id]!.map((value, c) => value + places[i]![c]! + types[0]![c]!));
  const normed = w.layerNorm(sum, 'albert.embeddings.LayerNorm', 1e-12);
  const path = 'albert.encoder.albert_layer_groups.0.albert_layers.0.';
  const layer = post(
    linearAttention(w, at(`${path}attention.`, 'query', 'key', 'value', 'dense'), { heads: 2 }),
    (x) => w.layerNorm(x, `${path}attention.LayerNorm`, 1e-12),
    linearMlp(w, `${path}ffn`, `${path}ffn_output`, geluTanh),
    (x) => w.layerNorm(x, `${path}full_layer_layer_norm`, 1e-12),
  );
  return throughAll(w.linear(normed, 'albert.encoder.embedding_hidden_mapping_in'), [layer, layer, layer]);
}

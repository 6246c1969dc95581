/** Transformers that read images, and CLIP's text, in plain loops: the states before the first layer and behind each. */
import { at, causal, each, linearAttention, linearMlp, type Part, pre, throughAll } from './plain-layers.js';
import {
  columns,
  gelu,
  type PlainAttention,
  type PlainWeights,
  plainAttention,
  plus,
  quickGelu,
  type Rows,
} from './plain-math.js';

/** Image [height][width][colour]. */
export type Image = readonly Rows[];

/** A filter's sums over the 2 x 2 tiles, row by row: weight [out, colour, 2, 2]. */
function tileRows(w: PlainWeights, name: string, image: Image): Rows {
  const filters = w.rows(`${name}.weight`, 12);
  const bias = w.has(`${name}.bias`) ? w.vector(`${name}.bias`) : filters.map(() => 0);
  const rows: number[][] = [];
  for (let y = 0; y < image.length; y += 2) {
    for (let x = 0; x < image[0]!.length; x += 2) {
      rows.push(
        filters.map((filter, o) => {
          let sum = bias[o]!;
          for (let colour = 0; colour < 3; colour++) {
            for (let dy = 0; dy < 2; dy++) {
              for (let dx = 0; dx < 2; dx++)
                sum += filter[colour * 4 + dy * 2 + dx]! * image[y + dy]![x + dx]![colour]!;
            }
          }
          return sum;
        }),
      );
    }
  }
  return rows;
}

/** ViT in the names of transformers 4, DeiT in those of 5. */
export function vitForward(w: PlainWeights, image: Image, model: 'vit' | 'deit'): Rows[] {
  const prefix = `${model}.embeddings.`;
  const tiles = tileRows(w, `${prefix}patch_embeddings.projection`, image);
  const front = [
    w.vector(`${prefix}cls_token`),
    ...(model === 'deit' ? [w.vector(`${prefix}distillation_token`)] : []),
  ];
  const embedded = plus([...front, ...tiles], w.rows(`${prefix}position_embeddings`));
  const layer = (i: number): Part => {
    const path = model === 'vit' ? `vit.encoder.layer.${i}.` : `deit.layers.${i}.`;
    const old = at(`${path}attention.`, 'attention.query', 'attention.key', 'attention.value', 'output.dense');
    const names = model === 'vit' ? old : at(`${path}attention.`, 'q_proj', 'k_proj', 'v_proj', 'o_proj');
    const [up, down] = model === 'vit' ? ['intermediate.dense', 'output.dense'] : ['mlp.fc1', 'mlp.fc2'];
    return pre(
      (x) => w.layerNorm(x, `${path}layernorm_before`, 1e-12),
      linearAttention(w, names, { heads: 2 }),
      (x) => w.layerNorm(x, `${path}layernorm_after`, 1e-12),
      linearMlp(w, path + up, path + down, gelu),
    );
  };
  return throughAll(embedded, each(2, layer));
}

/** Where there are registers, tiles alone have positions. */
export function timmForward(w: PlainWeights, image: Image): Rows[] {
  const [tiles, places] = [tileRows(w, 'patch_embed.proj', image), w.rows('pos_embed')];
  const embedded = w.has('reg_token')
    ? [w.vector('cls_token'), ...w.rows('reg_token'), ...plus(tiles, places)]
    : plus([w.vector('cls_token'), ...tiles], places);
  const layer = (i: number): Part => {
    const path = `blocks.${i}.`;
    const attention: Part = (x) => {
      const qkv = w.linear(x, `${path}attn.qkv`);
      const mixed = plainAttention(columns(qkv, 0, 16), columns(qkv, 16, 32), columns(qkv, 32, 48), {
        heads: 2,
        prepare: (y, which) => w.layerNorm(y, `${path}attn.${which === 'query' ? 'q' : 'k'}_norm`, 1e-6),
      });
      return w.linear(mixed, `${path}attn.proj`);
    };
    return pre(
      (x) => w.layerNorm(x, `${path}norm1`, 1e-6),
      attention,
      (x) => w.layerNorm(x, `${path}norm2`, 1e-6),
      linearMlp(w, `${path}mlp.fc1`, `${path}mlp.fc2`, gelu),
    );
  };
  return throughAll(embedded, each(2, layer));
}

function clipLayer(w: PlainWeights, path: string, options: PlainAttention): Part {
  return pre(
    (x) => w.layerNorm(x, `${path}layer_norm1`, 1e-5),
    linearAttention(w, at(`${path}self_attn.`, 'q_proj', 'k_proj', 'v_proj', 'out_proj'), options),
    (x) => w.layerNorm(x, `${path}layer_norm2`, 1e-5),
    linearMlp(w, `${path}mlp.fc1`, `${path}mlp.fc2`, quickGelu),
  );
}

export function clipTextForward(w: PlainWeights, ids: readonly number[]): Rows[] {
  const [words, places] = [
    w.rows('text_model.embeddings.token_embedding.weight'),
    w.rows('text_model.embeddings.position_embedding.weight'),
  ];
  const embedded = plus(
    ids.map((id) => words[id]!),
    ids.map((_, i) => places[i]!),
  );
  return throughAll(
    embedded,
    each(2, (i) => clipLayer(w, `text_model.encoder.layers.${i}.`, { heads: 2, sees: causal })),
  );
}

/** Has a norm before its first layer. */
export function clipVisionForward(w: PlainWeights, image: Image): Rows[] {
  const prefix = 'vision_model.';
  const tiles = tileRows(w, `${prefix}embeddings.patch_embedding`, image);
  const placed = plus(
    [w.vector(`${prefix}embeddings.class_embedding`), ...tiles],
    w.rows(`${prefix}embeddings.position_embedding.weight`),
  );
  const embedded = w.layerNorm(placed, `${prefix}pre_layrnorm`, 1e-5);
  return throughAll(
    embedded,
    each(2, (i) => clipLayer(w, `${prefix}encoder.layers.${i}.`, { heads: 2 })),
  );
}

/** Ordinary attention weights, heads one after another, and the way between them and the shared form. */
import { MultiHeadAttention } from '@saccade/nn';
import {
  concat,
  crop,
  isTensor,
  matmul,
  OptionError,
  ones,
  quote,
  reshape,
  scope,
  split,
  type Tensor,
  zeros,
} from '@saccade/tensor';

/** The weights of an ordinary layer, [out, in] as linear layers store them. */
export interface ConcatenatedWeights {
  /** [heads dims, width]. */
  readonly queryWeight: Tensor;
  readonly queryBias?: Tensor | undefined;
  /** [heads dims, context width]. */
  readonly keyWeight: Tensor;
  /** It moves all scores of a query alike, so that no softmax sees it. */
  readonly keyBias?: Tensor | undefined;
  /** [value width, context width]. */
  readonly valueWeight: Tensor;
  readonly valueBias?: Tensor | undefined;
  /** [outputs, value width]. */
  readonly denseWeight?: Tensor | undefined;
  readonly denseBias?: Tensor | undefined;
  readonly layerNormWeight?: Tensor | undefined;
  readonly layerNormBias?: Tensor | undefined;
}

/** An ordinary layer's weights, and how its heads score. */
export interface ConcatenatedAttention extends ConcatenatedWeights {
  readonly heads: number;
  readonly scale: number;
}

/** The weights of a layer of `nn`, as views that live in the current scope; others are what they are. @throws {OptionError} unless there are weights */
export function weightsOf(op: string, layer: MultiHeadAttention | ConcatenatedWeights): ConcatenatedWeights {
  if (layer instanceof MultiHeadAttention) return weightsOfModule(layer);
  const missing = (['queryWeight', 'keyWeight', 'valueWeight'] as const).find((name) => !isTensor(layer?.[name]));
  if (missing === undefined) return layer;
  throw new OptionError(
    `${op}: expected a MultiHeadAttention or its weights; ${missing} is ${quote(layer?.[missing])}`,
  );
}

function weightsOfModule(layer: MultiHeadAttention): ConcatenatedWeights {
  const parameters = layer.parameters();
  const whole = parameters.get('in_proj_weight');
  const [queryWeight, keyWeight, valueWeight] =
    whole === undefined
      ? ['q_proj_weight', 'k_proj_weight', 'v_proj_weight'].map((name) => parameters.get(name) as Tensor)
      : split(whole, 3);
  const bias = parameters.get('in_proj_bias');
  const [queryBias, keyBias, valueBias] = bias === undefined ? [] : split(bias, 3);
  return {
    queryWeight: queryWeight as Tensor,
    keyWeight: keyWeight as Tensor,
    valueWeight: valueWeight as Tensor,
    ...{ queryBias, keyBias, valueBias },
    denseWeight: layer.outProj.weight,
    denseBias: layer.outProj.bias,
  };
}

/** b_Qh^T W_Kh of each head: what the biases of the queries add to the score of a key. [heads, context width] */
export function contentBiasOf(queryBias: Tensor, keyWeight: Tensor, heads: number): Tensor {
  const [rows, width] = keyWeight.shape as [number, number];
  return scope(() => {
    const bias = reshape(queryBias, [heads, 1, rows / heads]);
    return reshape(matmul(bias, reshape(keyWeight, [heads, rows / heads, width])), [heads, width]);
  });
}

/**
 * Heads of R dimensions, W_Qh = diag(m_h) W_Q and W_Kh = W_K, exactly; a content bias takes one more, whose query is 1 and whose key is c_h.
 * @param mixing [heads, R] @param contentBias [heads, context width]
 */
export function unshared(
  query: Tensor,
  key: Tensor,
  mixing: Tensor,
  contentBias: Tensor | undefined,
): { queryWeight: Tensor; queryBias: Tensor | undefined; keyWeight: Tensor } {
  const [heads, rank] = mixing.shape as [number, number];
  const [width, keyWidth] = [query.shape[1] as number, key.shape[1] as number];
  return scope(() => {
    const more = contentBias === undefined ? 0 : 1;
    const ofHead = (head: number) => {
      const row = reshape(crop(mixing, [head, 0], [1, rank]), [rank, 1]);
      const own = { query: [query.mul(row)], key: [key], bias: [zeros([rank]) as Tensor] };
      if (contentBias === undefined) return own;
      own.query.push(zeros([1, width]));
      own.key.push(crop(contentBias, [head, 0], [1, keyWidth]));
      own.bias.push(ones([1]));
      return own;
    };
    const all = Array.from({ length: heads }, (_, head) => ofHead(head));
    return {
      queryWeight: concat(
        all.flatMap((own) => own.query),
        0,
      ),
      queryBias:
        more === 0
          ? undefined
          : concat(
              all.flatMap((own) => own.bias),
              0,
            ),
      keyWeight: concat(
        all.flatMap((own) => own.key),
        0,
      ),
    };
  });
}

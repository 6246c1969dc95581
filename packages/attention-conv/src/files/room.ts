/** How many values a layer's configuration asks for: what files of strangers say is checked against what they hold. */
import { FormatError } from '@saccade/tensor';

/** A configuration that nobody has checked. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** Values that the tensors of a file have together, and those that layers have asked for. */
export class Room {
  readonly #op: string;
  readonly #values: number;
  #asked = 0;

  constructor(op: string, values: number) {
    this.#op = op;
    this.#values = values;
  }

  /** @throws {FormatError} once more is asked for than there is, or what is no number */
  take(values: number): void {
    this.#asked += values;
    if (this.#asked <= this.#values) return;
    throw new FormatError(
      `${this.#op}: its configuration asks for more than the ${this.#values} values that there are`,
    );
  }
}

/** The product of whole numbers from 0; NaN if one is something else. */
function product(...factors: readonly unknown[]): number {
  return factors.reduce<number>((all, factor) => {
    const isCount = Number.isSafeInteger(factor) && (factor as number) >= 0;
    return isCount ? all * (factor as number) : Number.NaN;
  }, 1);
}

/** Values of a quadratic layer, at least. Without heads its bias is left. */
export function quadraticSize({ dims, inputs, outputs, heads, headChannels, bias }: Unchecked): number {
  const own = headChannels === undefined ? 0 : product(heads, inputs, headChannels);
  const shifts = bias === false ? 0 : product(outputs);
  return product(heads, dims) + product(heads, headChannels ?? inputs, outputs) + own + shifts;
}

/** Values of a learned layer, at least. */
export function learnedSize({ dims, inputs, heads, maxPositions, embedding, bias }: Unchecked): number {
  const shifts = bias === false ? 0 : product(inputs);
  return product(heads, inputs, inputs) + product(dims, maxPositions, embedding) + shifts;
}

/** Values of a gated layer, or of one of content, at least. */
export function squareSize({ channels }: Unchecked): number {
  return 3 * product(channels, channels);
}

/** Values of an affine map, without its bias. */
export function affineSize({ inputs, outputs }: Unchecked): number {
  return product(inputs, outputs);
}

/** Values of a whole model, at least; of its attention layers by kind. */
export function imageModelSize(config: Unchecked): number {
  const { dims, imageChannels, classes, channels, layers, heads, intermediate, patch } = config;
  const attention = (config.attention ?? {}) as Unchecked;
  const pixels = product(imageChannels, ...new Array(dims === 1 || dims === 2 || dims === 3 ? dims : 0).fill(patch));
  const attentionSize = (own: unknown): number => {
    const given = { dims, inputs: channels, outputs: channels, heads: own, channels };
    const sizes: Readonly<Record<string, number>> = {
      quadratic: quadraticSize(given),
      learned: learnedSize({ maxPositions: 1, embedding: 1, ...attention, ...given }),
      gated: squareSize(given),
      content: squareSize(given),
    };
    const kind = String(attention.kind);
    return Object.hasOwn(sizes, kind) ? (sizes[kind] as number) : Number.NaN;
  };
  // One number for all blocks, or one for each.
  const ofAttention = Array.isArray(heads)
    ? heads.reduce<number>((all, own) => all + attentionSize(own), 0)
    : product(layers) * attentionSize(heads);
  const dense = product(layers) * (product(channels, channels) + 2 * product(channels, intermediate));
  return product(pixels, channels) + ofAttention + dense + product(classes, channels);
}

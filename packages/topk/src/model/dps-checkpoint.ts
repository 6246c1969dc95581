/** Weights of `benbergner/dps`, the corrected PyTorch port of the paper's code. */
import { loadStateDict, StateDictError } from '@saccade/nn';
import {
  checkOptions,
  dispose,
  type FileSource,
  FormatError,
  loadSafetensors,
  Rng,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { PatchSelector } from './patch-selector.js';
import type { PatchSelectorOptions } from './patch-selector-options.js';

/** Beginnings of the port's names and of ours. */
const begins: readonly (readonly [theirs: string, ours: string])[] = [
  ['scorer.scorer.', 'scorer.scorer.'],
  ['feature_net.', 'features.'],
  ['head.0.', 'final.'],
  ['transformer.layer_stack.0.crs_attn.q', 'aggregation.query'],
  ['transformer.layer_stack.0.crs_attn.w_qs.', 'aggregation.query_map.'],
  ['transformer.layer_stack.0.crs_attn.w_ks.', 'aggregation.key_map.'],
  ['transformer.layer_stack.0.crs_attn.w_vs.', 'aggregation.value_map.'],
  ['transformer.layer_stack.0.crs_attn.fc.', 'aggregation.out_map.'],
  ['transformer.layer_stack.0.crs_attn.layer_norm.', 'aggregation.norm1.'],
  ['transformer.layer_stack.0.pos_ffn.w_1.', 'aggregation.feed_forward.linear1.'],
  ['transformer.layer_stack.0.pos_ffn.w_2.', 'aggregation.feed_forward.linear2.'],
  ['transformer.layer_stack.0.pos_ffn.layer_norm.', 'aggregation.norm2.'],
];

/**
 * The name in a `PatchSelector` of a tensor that the port calls `name`; others stay as they are. Layouts are PyTorch's on both sides (images
 * NCHW, filters OIHW), and turned on the way as for all state dicts.
 */
export function dpsName(name: string): string {
  const found = begins.find(([theirs]) => name === theirs || (theirs.endsWith('.') && name.startsWith(theirs)));
  return found === undefined ? name : found[1] + name.slice(found[0].length);
}

/** What the port's files do not say; defaults are those of its `main.py`. */
export interface DpsOptions extends Pick<PatchSelectorOptions, 'selection' | 'inferenceMethod'> {
  /** Of the images. Default 1200 x 1600. */
  readonly height?: number | undefined;
  readonly width?: number | undefined;
  /** k. Default 10. */
  readonly patches?: number | undefined;
  /** Default 100. */
  readonly patchSize?: number | undefined;
  /** Default 3. */
  readonly downscale?: number | undefined;
  /** Heads of the attention. Default 8. */
  readonly heads?: number | undefined;
  /** What streams for dropout and noise are split from. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

// biome-ignore format: a list
const names = [
  'height', 'width', 'patches', 'patchSize', 'downscale', 'heads', 'selection', 'inferenceMethod', 'rng', 'signal',
] as const;

/** The sizes that shapes tell. */
interface Sizes {
  readonly channels: number;
  readonly scorerWidth: number;
  readonly width: number;
  readonly hidden: number;
  readonly classes: number;
}

/**
 * A selector with the weights of a state dict of the port, stored as safetensors: ResNet-18 cut short as the scorer, ResNet-18 for
 * patches, one layer of cross-attention to a learned query, and one affine map, whose logits the port sends through a softmax. It was trained on
 * images less the mean (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225). Sizes come from the shapes.
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @throws {StateDictError} that lists what is missing, unexpected (further layers) or of another shape @throws {FormatError} @throws {OptionError}
 */
export async function loadDpsCheckpoint(source: FileSource, options: DpsOptions = {}): Promise<PatchSelector> {
  const op = 'loadDpsCheckpoint';
  const { signal, heads, rng = new Rng(0), ...own } = checkOptions(op, options, names);
  const { tensors } = await loadSafetensors(source, { signal });
  try {
    const { channels, scorerWidth, width, hidden, classes } = sizesIn(op, tensors);
    const selector = new PatchSelector(
      {
        ...own,
        height: own.height ?? 1200,
        width: own.width ?? 1600,
        patches: own.patches ?? 10,
        patchSize: own.patchSize ?? 100,
        downscale: own.downscale ?? 3,
        channels,
        classes,
        rng,
        scorer: { kind: 'torch-resnet18', width: scorerWidth },
        features: { kind: 'torch-resnet18', width },
        aggregation: { kind: 'cross-attention', heads, hidden },
        head: 'linear',
        entropyWeight: 0,
      },
      Array.from(tensors.values()).reduce((sum, { size }) => sum + size, 0),
    );
    fill(selector, tensors);
    return selector;
  } finally {
    dispose(tensors);
  }
}

/** Gives the selector the tensors; frees it if they do not fit. */
function fill(selector: PatchSelector, tensors: ReadonlyMap<string, Tensor>): void {
  try {
    scope(() => {
      // The port keeps sigma elsewhere.
      const state = new Map([...tensors, ['sigma_multiplier', tensor(1)]]);
      loadStateDict(selector, state, { rename: dpsName });
    });
  } catch (error) {
    selector.dispose();
    throw error;
  }
}

/** @throws {StateDictError} for a missing tensor */
function sizesIn(op: string, tensors: ReadonlyMap<string, Tensor>): Sizes {
  const told = {
    scorer: 'scorer.scorer.0.weight',
    features: 'feature_net.conv1.weight',
    hidden: 'transformer.layer_stack.0.pos_ffn.w_1.weight',
    head: 'head.0.weight',
  } as const;
  const missing = Object.values(told).filter((name) => !tensors.has(name));
  if (missing.length > 0) throw new StateDictError(op, missing, [], []);
  const extent = (name: string, axis: number): number => {
    const size = tensors.get(name)?.shape[axis];
    if (size === undefined || size < 1) throw new FormatError(`${op}: ${name} has too few axes, or is empty`);
    return size;
  };
  return {
    channels: extent(told.features, 1),
    scorerWidth: extent(told.scorer, 0),
    width: extent(told.features, 0),
    hidden: extent(told.hidden, 0),
    classes: extent(told.head, 0),
  };
}

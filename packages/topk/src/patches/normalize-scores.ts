/** What happens to scores before the selection: a chain of normalisations, written as in 'softmax|smoothing(0.1)'. */
import { LayerNorm, Module } from '@saccade/nn';
import {
  add,
  checkOptions,
  div,
  equal,
  layerNorm,
  max,
  min,
  mul,
  OptionError,
  quote,
  requireShape,
  scope,
  sigmoid,
  softmax,
  sub,
  type Tensor,
  where,
} from '@saccade/tensor';

/** One link of a chain: what it does to scores [batch, n]. */
interface Kind {
  /** Range of the number in parentheses; without it there is none. */
  readonly argument?: { readonly low: number; readonly high: number };
  apply(x: Tensor, argument: number): Tensor;
}

const LAYER_NORM_EPSILON = 1e-6;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['identity', { apply: (x) => x }],
  ['softmax', { apply: (x) => softmax(x) }],
  [
    'smoothing',
    {
      argument: { low: 0, high: 1 },
      apply: (x, share) => add(mul(x, 1 - share), share / (x.shape[1] as number)),
    },
  ],
  ['sigmoid', { apply: (x) => sigmoid(x) }],
  ['zeroone', { apply: (x) => zeroOne(x, 0) }],
  ['zerooneeps', { argument: { low: 0, high: Number.MAX_VALUE }, apply: zeroOne }],
  ['layernorm', { apply: (x) => layerNorm(x, { epsilon: LAYER_NORM_EPSILON }) }],
]);

/** (x - min) / (max - min + epsilon) in each row; 0 in rows that are equal throughout. Ties share the gradient of an extreme. */
function zeroOne(x: Tensor, epsilon: number): Tensor {
  // The minimum goes first: scores of 1e30, or apart by 1e-8, then lose nothing.
  const lifted = sub(x, min(x, { axis: 1, keepDims: true }));
  const range = max(lifted, { axis: 1, keepDims: true });
  if (epsilon > 0) return div(lifted, add(range, epsilon));
  const flat = equal(range, 0);
  return where(flat, 0, div(lifted, where(flat, 1, range)));
}

/** One link of a parsed chain. */
interface Link {
  readonly name: string;
  readonly kind: Kind;
  readonly argument: number;
}

const names = ['identity', 'softmax', 'smoothing(s)', 'sigmoid', 'zeroone', 'zerooneeps(e)', 'layernorm'].join(', ');

/** The links of a chain. @throws {OptionError} for what is no chain, listing what there is */
function parseChain(op: string, chain: string): Link[] {
  if (typeof chain !== 'string') {
    throw new OptionError(`${op}: expected a chain such as 'softmax|smoothing(0.1)', got ${quote(chain)}`);
  }
  return chain.split('|').map((text) => {
    const [, name = '', written] = /^\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*$/.exec(text) ?? [];
    const kind = kinds.get(name);
    if (kind === undefined) {
      throw new OptionError(`${op}: ${quote(text)} is no normalisation; a chain is made of ${names}, joined by '|'`);
    }
    return { name, kind, argument: parseArgument(op, name, kind, written) };
  });
}

function parseArgument(op: string, name: string, { argument }: Kind, written: string | undefined): number {
  if (argument === undefined) {
    if (written === undefined) return 0;
    throw new OptionError(`${op}: ${name} takes no number, got ${quote(written)}`);
  }
  const value = written === undefined || written.trim() === '' ? Number.NaN : Number(written);
  if (value >= argument.low && value <= argument.high) return value;
  const range = argument.high === 1 ? 'in [0, 1]' : 'from 0';
  throw new OptionError(`${op}: ${name} needs a number ${range}, as in ${name}(1e-5), got ${quote(written)}`);
}

/**
 * Scores [batch, n] normalised row by row: `identity`, `softmax`, `smoothing(s)` (x (1 - s) + s / n), `sigmoid`, `zeroone`
 * ((x - min) / (max - min), zeros for a row of equal scores), `zerooneeps(e)` ((x - min) / (max - min + e), the usual one
 * with e = 1e-5) and `layernorm` (epsilon 1e-6, here without learned parameters), joined by '|' and applied from left to
 * right. @throws {OptionError} for another chain @throws {ShapeError}
 */
export function normalizeScores(scores: Tensor, chain: string): Tensor {
  const links = parseChain('normalizeScores', chain);
  requireShape('normalizeScores', 'scores', scores, ['batch', 'n']);
  return scope(() => links.reduce((x, { kind, argument }) => kind.apply(x, argument), scores));
}

/** Options of the module. */
export interface ScoreNormalizationOptions {
  /** How many scores there are in a row; needed for the learned scale and shift of `layernorm`, and only then. */
  readonly positions?: number | undefined;
}

/** `normalizeScores` as a layer: [batch, n] -> the same; each `layernorm` has a learned scale and shift. State: `norms.0.weight`, `norms.0.bias` [n], … */
export class ScoreNormalization extends Module {
  readonly chain: string;
  /** Whether the chain has a softmax, so that its result counts as probabilities. */
  readonly probabilities: boolean;
  readonly norms: readonly LayerNorm[];
  readonly #links: readonly Link[];

  /** @param chain as `normalizeScores` takes it @throws {OptionError} for another one, or `layernorm` without `positions` */
  constructor(chain: string, options: ScoreNormalizationOptions = {}) {
    super();
    const op = 'ScoreNormalization';
    const { positions } = checkOptions(op, options, ['positions']);
    this.#links = parseChain(op, chain);
    this.chain = chain;
    this.probabilities = this.#links.some(({ name }) => name === 'softmax');
    const learned = this.#links.filter(({ name }) => name === 'layernorm');
    if (learned.length > 0 && positions === undefined) {
      throw new OptionError(`${op}: layernorm learns a scale and a shift for each score: pass { positions }`);
    }
    this.norms = learned.map(() => new LayerNorm(positions as number, { epsilon: LAYER_NORM_EPSILON }));
  }

  /** @throws {ShapeError} unless scores are [batch, n], with `layernorm` n = `positions` */
  override forward(scores: Tensor): Tensor {
    requireShape('ScoreNormalization', 'scores', scores, ['batch', 'n']);
    const norms = this.norms.values();
    return scope(() =>
      this.#links.reduce(
        (x, { name, kind, argument }) =>
          name === 'layernorm' ? (norms.next().value as LayerNorm).forward(x) : kind.apply(x, argument),
        scores,
      ),
    );
  }
}

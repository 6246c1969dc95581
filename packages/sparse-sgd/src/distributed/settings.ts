/** What a DistributedOptimizer can be told. */
import type { Optimizer } from '@saccade/nn';
import {
  checkOptions,
  OptionError,
  quote,
  requireAbove,
  requireCount,
  requireFrom,
  requireOneOf,
} from '@saccade/tensor';
import type { Compressor } from '../compress/compressor.js';
import { parseCompressor } from '../compress/parse-compressor.js';
import { type NonFinitePolicy, requirePolicy } from '../feedback/non-finite.js';
import type { Transport } from '../transport/transport.js';

/**
 * What becomes of what a message leaves out. none: it is lost. memory: it is sent later (error feedback). ef21: workers send how their gradients
 * changed. dgc: memory, with momentum and warm-up before the compression. majority: signs only, and the majority decides. power: PowerSGD, with memory.
 */
export const feedbackKinds = ['none', 'memory', 'ef21', 'dgc', 'majority', 'power'] as const;

/** One of these. */
export type FeedbackKind = (typeof feedbackKinds)[number];

/** What is compressed together: each tensor, all of them, or pieces of so many entries of all of them one after another. */
export type Grouping = 'layer' | 'global' | { readonly bucket: number };

/** Options of `DistributedOptimizer`. All but `transport`, `compress`, `seed` and the policies must be the same on all workers. */
export interface DistributedOptions {
  readonly transport: Transport;
  /** What makes messages of vectors. Default 'top-k:1%'. PowerSGD and the majority of signs need none. */
  readonly compress?: string | Compressor | undefined;
  /** Default 'memory', or 'none' for a compressor that is unbiased. */
  readonly feedback?: FeedbackKind | undefined;
  /** Default 'layer'. */
  readonly group?: Grouping | undefined;
  /** Tensors with fewer entries, biases usually, go together and uncompressed. Default 64 for groups by layer, else 0. */
  readonly denseBelow?: number | undefined;
  /**
   * What the memory is of: gradients, which go by the rate of the time when they are sent (default), or steps, which go by the rate of the time
   * when they were computed, as in Mem-SGD. The same while the rate does not change. For 'memory' and 'power'.
   */
  readonly memoryOf?: 'gradient' | 'step' | undefined;
  /** Scales a worker's own gradient down to a norm of clipNorm / sqrt(workers), before anything is remembered. Default: never. */
  readonly clipNorm?: number | undefined;
  /** What becomes of a gradient with NaN or infinity in it. Default 'throw'. */
  readonly onNonFinite?: NonFinitePolicy | undefined;
  /** What becomes of memories from a check point of another number of workers: see `loadDistributed`. Default 'redistribute'. */
  readonly onMemoryMismatch?: 'redistribute' | 'flush' | undefined;
  /** Of all that compressors draw; each worker and step draws from a stream of its own. Default 0. */
  readonly seed?: number | undefined;
  /** Of 'dgc': see `dgc`. Default 0.9. */
  readonly momentum?: number | undefined;
  /** Of 'dgc': steps of each stage of the warm-up. Default 0. */
  readonly warmUp?: number | undefined;
  /** Of 'power': columns of the thin matrices. Default 2. */
  readonly powerRank?: number | undefined;
}

/** The options with their defaults. */
export interface Settings {
  readonly transport: Transport;
  readonly compressor: Compressor;
  readonly feedback: FeedbackKind;
  readonly group: Grouping;
  readonly denseBelow: number;
  readonly memoryOf: 'gradient' | 'step';
  readonly clipNorm: number | undefined;
  readonly onNonFinite: NonFinitePolicy;
  readonly onMemoryMismatch: 'redistribute' | 'flush';
  readonly seed: number;
  readonly momentum: number;
  readonly warmUp: number;
  readonly powerRank: number;
}

const op = 'DistributedOptimizer';
const names = [
  'transport',
  'compress',
  'feedback',
  'group',
  'denseBelow',
  'memoryOf',
  'clipNorm',
  'onNonFinite',
  'onMemoryMismatch',
  'seed',
  'momentum',
  'warmUp',
  'powerRank',
] as const;

/** Options that would have no effect with another feedback. */
function requireOnlyWith(kind: FeedbackKind, feedback: FeedbackKind, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).find((name) => options[name] !== undefined);
  if (given === undefined || feedback === kind) return;
  throw new OptionError(`${op}: ${given} goes with feedback '${kind}', got '${feedback}'`);
}

function checkGrouping(group: Grouping, feedback: FeedbackKind): Grouping {
  if (feedback === 'power' && group !== 'layer') {
    throw new OptionError(`${op}: PowerSGD needs matrices: take group 'layer', got ${quote(group)}`);
  }
  if (group === 'layer' || group === 'global') return group;
  if (typeof group !== 'object' || group === null) {
    throw new OptionError(`${op}: group must be 'layer', 'global' or { bucket: n }, got ${quote(group)}`);
  }
  requireCount(op, 'bucket', checkOptions(op, group, ['bucket']).bucket);
  return group;
}

/** @throws {OptionError} */
export function checkSettings(options: DistributedOptions): Settings {
  const { transport, compress = 'top-k:1%', group = 'layer', ...rest } = checkOptions(op, options, names);
  if (typeof transport?.allGather !== 'function') {
    throw new OptionError(
      `${op}: transport must be one, from createHubTransport and the like, got ${quote(transport)}`,
    );
  }
  const compressor = typeof compress === 'string' ? parseCompressor(compress) : compress;
  if (typeof compressor?.compress !== 'function') {
    throw new OptionError(`${op}: compress must be a text such as 'top-k:1%' or a compressor, got ${quote(compress)}`);
  }
  const { feedback = compressor.unbiased ? 'none' : 'memory', memoryOf = 'gradient', clipNorm } = rest;
  requireOneOf(op, 'feedback', feedback, feedbackKinds);
  requireOneOf(op, 'memoryOf', memoryOf, ['gradient', 'step']);
  if (memoryOf === 'step' && feedback !== 'memory' && feedback !== 'power') {
    throw new OptionError(`${op}: memoryOf 'step' goes with feedback 'memory' or 'power', got '${feedback}'`);
  }
  requireOnlyWith('dgc', feedback, { momentum: rest.momentum, warmUp: rest.warmUp });
  requireOnlyWith('power', feedback, { powerRank: rest.powerRank });
  const { onNonFinite = 'throw', onMemoryMismatch = 'redistribute' } = rest;
  requirePolicy(op, onNonFinite);
  requireOneOf(op, 'onMemoryMismatch', onMemoryMismatch, ['redistribute', 'flush']);
  if (clipNorm !== undefined) requireAbove(op, 'clipNorm', clipNorm);
  return {
    transport,
    compressor,
    feedback,
    group: checkGrouping(group, feedback),
    denseBelow: requireFrom(op, 'denseBelow', rest.denseBelow ?? (group === 'layer' ? 64 : 0)),
    memoryOf,
    clipNorm,
    onNonFinite,
    onMemoryMismatch,
    seed: requireCount(op, 'seed', rest.seed ?? 0, 0),
    momentum: requireFrom(op, 'momentum', rest.momentum ?? 0.9),
    warmUp: requireCount(op, 'warmUp', rest.warmUp ?? 0, 0),
    powerRank: requireCount(op, 'powerRank', rest.powerRank ?? 2),
  };
}

/** @throws {OptionError} unless it is an optimizer of @saccade/nn */
export function requireOptimizer(inner: Optimizer): Optimizer {
  if (typeof inner?.step === 'function' && inner.parameters instanceof Map) return inner;
  throw new OptionError(`${op}: expected an optimizer such as new SGD(model, { rate: 0.1 }), got ${quote(inner)}`);
}

/** One worker's copy of the model, and what it remembers: all that changes from turn to turn. */
import type { Optimizer } from '@saccade/nn';
import { packSafetensors, Rng, scope, type Tensor, tensor, zerosLike } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import type { Feedback, Turn } from '../feedback/feedback.js';
import { newVector, type Precision } from '../feedback/precision.js';
import type { Speaker } from './conversation.js';
import { type GradientRoom, makeRoom } from './gradient-room.js';
import { type Group, groupsOf } from './groups.js';
import { makeFeedback } from './make-feedback.js';
import { type ByTensor, byTensor } from './memory-by-tensor.js';
import { modelArrays } from './model-arrays.js';
import { headerMetadata, type RunHeader } from './run-header.js';
import type { Settings } from './settings.js';

/** The worker's copy. */
export class Replica implements Speaker {
  readonly inner: Optimizer;
  readonly settings: Settings;
  readonly groups: readonly Group[];
  readonly precision: Precision;
  /** For the gradients of a turn. */
  readonly room: GradientRoom;
  /** The exchanges of a turn: the numbers of the groups that take part, and the lengths of their messages. */
  readonly exchanges: readonly { readonly streams: readonly number[]; readonly lengths: readonly number[] }[];
  feedbacks: readonly Feedback[];
  turns = 0;
  /** Who took part in the last turn; undefined before the first. */
  ranks: readonly number[] | undefined;

  constructor(inner: Optimizer, settings: Settings) {
    this.inner = inner;
    this.settings = settings;
    this.groups = groupsOf(inner.parameters, settings);
    const isDouble = [...inner.parameters.values()].some(({ dtype }) => dtype === 'float64');
    this.precision = isDouble ? 'float64' : 'float32';
    this.room = makeRoom(this.groups, inner.parameters, this.precision);
    this.feedbacks = this.#freshFeedbacks();
    const most = Math.max(...this.feedbacks.map(({ lengths }) => lengths.length));
    this.exchanges = Array.from({ length: most }, (_, exchange) => {
      const streams = [...this.groups.keys()].filter((i) => exchange < this.feedbacks[i]!.lengths.length);
      return { streams, lengths: streams.map((i) => this.feedbacks[i]!.lengths[exchange]!) };
    });
  }

  #freshFeedbacks(): Feedback[] {
    return this.groups.map((group) => makeFeedback(group, this.settings, this.inner, this.precision));
  }

  /** Begins at a turn with feedbacks that remember nothing; `ranks` took part in the turn before. */
  begin(turns: number, ranks: readonly number[]): void {
    this.feedbacks = this.#freshFeedbacks();
    this.turns = turns;
    this.ranks = ranks.length === 0 ? undefined : ranks;
  }

  /** What a group's feedback is told of the turn. */
  turn(stream: number): Turn {
    const { seed, transport } = this.settings;
    const rng = new Rng(seed).derive(transport.rank).derive(this.turns).derive(stream);
    return { step: this.turns, stream, rng };
  }

  /** Ends a turn that `ranks` took part in: moves the parameters along the directions, unless nobody did. */
  finish(ranks: readonly number[], directions: readonly Vector[]): void {
    if (ranks.length > 0) {
      this.ranks = ranks;
      scope(() => this.inner.step(this.#asTensors(directions)));
    }
    this.turns += 1;
  }

  #asTensors(directions: readonly Vector[]): Map<string, Tensor> {
    const { parameters } = this.inner;
    const flat = new Map<string, Vector>();
    this.groups.forEach((group, stream) => {
      for (const { name, from, at, length } of group.parts) {
        const part = directions[stream]!.subarray(at, at + length);
        const { size } = parameters.get(name)!;
        if (length === size) flat.set(name, part);
        else {
          if (from === 0) flat.set(name, newVector('step', this.precision, size));
          flat.get(name)!.set(part, from);
        }
      }
    });
    return new Map(
      Array.from(parameters, ([name, { shape, dtype, device, size }]) => {
        const t = size > 0 ? tensor(flat.get(name)!, { shape, dtype, device }) : zerosLike(parameters.get(name)!);
        return [name, t as Tensor];
      }),
    );
  }

  header(): RunHeader {
    const { feedback, memoryOf } = this.settings;
    const { turns, ranks = [], inner } = this;
    return { turns, steps: inner.steps, ranks, feedback, memoryOf, rate: inner.rate, layout: this.#layout() };
  }

  /** What must be the same on all workers. */
  #layout(): string {
    const { feedback, group, denseBelow, powerRank, memoryOf } = this.settings;
    const tensors = Array.from(this.inner.parameters, ([name, { shape, dtype }]) => `${name} ${dtype} [${shape}]`);
    return JSON.stringify({ feedback, group, denseBelow, powerRank, memoryOf, tensors });
  }

  /** What this worker alone remembers, by tensor; the next turn changes it. */
  own(): ByTensor {
    const records = this.feedbacks.map(({ state }) => state);
    return byTensor(this.groups, records, this.inner.parameters);
  }

  /** What all workers remember alike, by tensor; the next turn changes it. */
  shared(): ByTensor {
    const records = this.feedbacks.map(({ shared }) => shared);
    return byTensor(this.groups, records, this.inner.parameters);
  }

  memories(): Uint8Array {
    return packSafetensors(this.own(), { metadata: { rank: String(this.settings.transport.rank) } });
  }

  async modelState(): Promise<Uint8Array> {
    const shared = Array.from(this.shared(), ([name, array]) => [`shared.${name}`, array] as const);
    const arrays = new Map([...(await modelArrays(this.inner)), ...shared]);
    return packSafetensors(arrays, { metadata: headerMetadata(this.header()) });
  }
}

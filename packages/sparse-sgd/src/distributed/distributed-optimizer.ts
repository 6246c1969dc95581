/** An optimizer whose gradient is the mean over many workers, each of which sends a sliver of its own. */
import { type Optimizer, requireGradients } from '@saccade/nn';
import { dispose, OptionError, scope, type Tensor } from '@saccade/tensor';
import { sumOfSquares } from '../compress/norm.js';
import type { Transport } from '../transport/transport.js';
import { adoptState } from './adopt-state.js';
import { Conversation } from './conversation.js';
import { gradientVectors, whichIsNotFinite } from './gradient-vectors.js';
import { Replica } from './replica.js';
import { checkSettings, type DistributedOptions, requireOptimizer } from './settings.js';
import { type OptimizerTraffic, trafficOf } from './traffic.js';
import { Turns } from './turns.js';
import { warnOfMomentum } from './warn-of-momentum.js';

const op = 'DistributedOptimizer';

/**
 * Wraps an optimizer of `@saccade/nn`. Each worker calls `minimize` with its own data; all move their parameters alike, bit for bit on machines
 * with the same device. Buffers of a model (running means of batch norm) and its random streams stay each worker's own.
 *
 * A worker that is too slow for a round keeps its gradient in its memory, moves with the others, and goes on. One that joins late begins
 * with the job's state and no memory. `onNonFinite: 'throw'` leaves the others waiting for this worker.
 * @example
 * const optimizer = new DistributedOptimizer(new SGD(model, { rate: 0.1 }), { transport, compress: 'top-k:1%' });
 * await optimizer.start();
 * for await (const batch of batches(data, { size: 32, seed: transport.rank }).epoch(0)) await optimizer.minimize(() => loss(batch));
 */
export class DistributedOptimizer {
  /** @internal For check points. */
  readonly replica: Replica;
  readonly #conversation: Conversation;
  readonly #turns: Turns;
  #started = false;
  #busy: string | undefined;

  /** @throws {OptionError} */
  constructor(inner: Optimizer, options: DistributedOptions) {
    const settings = checkSettings(options);
    this.replica = new Replica(requireOptimizer(inner), settings);
    this.#conversation = new Conversation(settings.transport, this.replica);
    this.#turns = new Turns(this.replica, this.#conversation);
    warnOfMomentum(inner, settings);
  }

  get inner(): Optimizer {
    return this.replica.inner;
  }

  get transport(): Transport {
    return this.replica.settings.transport;
  }

  /** The trained tensors by name. */
  get parameters(): ReadonlyMap<string, Tensor> {
    return this.inner.parameters;
  }

  /** Steps of the wrapped optimizer. */
  get steps(): number {
    return this.inner.steps;
  }

  /** The rate of the next step. */
  get rate(): number {
    return this.inner.rate;
  }

  /** Turns of the job, which are steps unless nobody gave a gradient. */
  get turns(): number {
    return this.replica.turns;
  }

  get traffic(): OptimizerTraffic {
    return trafficOf(this.parameters, this.#conversation, this.#turns);
  }

  /** Euclidean norm of what this worker has not sent yet; the theory bounds it for Mem-SGD. */
  get memoryNorm(): number {
    const memories = this.replica.feedbacks.map(({ state }) => state.memory);
    return Math.sqrt(memories.reduce((sum, memory) => sum + (memory === undefined ? 0 : sumOfSquares(memory)), 0));
  }

  /**
   * All workers take over the parameters, and what the optimizer remembers of them, of worker 0; one that joins late those of the job. Call it once,
   * before the first gradient; `minimize` and `step` do so otherwise. @throws {OptionError} for settings unlike the job's
   */
  async start(): Promise<void> {
    if (this.#started) return;
    await this.exclusively('start', async () => {
      const { transport, replica } = this;
      if (transport.initialState !== undefined) adoptState(replica, transport.initialState.bytes);
      else {
        const state = await transport.broadcast(transport.rank === 0 ? await replica.modelState() : undefined);
        if (transport.rank !== 0) adoptState(replica, state);
      }
      this.#started = true;
    });
  }

  /** @internal Instead of `start`. */
  begun(): void {
    this.#started = true;
  }

  /**
   * Calls `f`, whose loss is its value or the first of several, and moves the parameters once against the mean of all workers' gradients. Returns
   * what `f` gave; all else made inside is freed. @throws {GradientError} @throws {NonFiniteError} @throws what the transport throws
   */
  async minimize<R extends Tensor | readonly [Tensor, ...unknown[]]>(f: () => R): Promise<R> {
    await this.start();
    return scope(async () => {
      await this.exclusively('minimize', () => this.#turns.catchUp());
      const { value, gradients } = this.gradients(f);
      await this.step(gradients);
      dispose(gradients); // in browsers a scope that lies in another one frees only with that one
      return value;
    });
  }

  /** Calls `f` and gives its value and this worker's gradients of its loss by name, without moving anything. */
  gradients<R>(f: () => R): { readonly value: R; readonly gradients: Map<string, Tensor> } {
    if (!this.#started) throw new OptionError(`${op}: call await optimizer.start() before the first gradient`);
    return this.inner.gradients(f);
  }

  /**
   * Moves all parameters once along the mean of all workers' gradients, of which these are this worker's. @throws {OptionError} if one is
   * missing, or another step still runs @throws {ShapeError} if one does not fit @throws {NonFiniteError} @throws what the transport throws
   */
  async step(gradients: ReadonlyMap<string, Tensor>): Promise<void> {
    await this.start();
    await this.exclusively('step', async () => {
      requireGradients(op, this.parameters, gradients);
      const vectors = await gradientVectors(this.replica, gradients);
      await this.#turns.catchUp();
      if (vectors === undefined) return this.#turns.skip();
      await this.#turns.take(vectors).catch((error) => {
        throw whichIsNotFinite(this.replica, vectors, error);
      });
    });
  }

  /** @internal What all workers remember, between two turns. */
  async memories(): Promise<Uint8Array[]> {
    await this.start();
    return this.exclusively('saveDistributed', () => this.#turns.memories());
  }

  /** Frees what the wrapped optimizer remembers; parameters and transport stay. */
  dispose(): void {
    this.inner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Refuses what would come in between two rounds of a turn. */
  async exclusively<R>(what: string, body: () => Promise<R>): Promise<R> {
    if (this.#busy !== undefined) {
      throw new OptionError(`${op}: ${this.#busy} still runs; await it before you call ${what}`);
    }
    this.#busy = what;
    try {
      return await body();
    } finally {
      this.#busy = undefined;
    }
  }
}

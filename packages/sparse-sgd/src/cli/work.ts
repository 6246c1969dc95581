/** A worker's part of a job, from the first turn to the last. */
import { cosine, SGD } from '@saccade/nn';
import { dispose, mul, OptionError, SaccadeError, type Tensor } from '@saccade/tensor';
import { DistributedOptimizer } from '../distributed/distributed-optimizer.js';
import { loadDistributed } from '../distributed/load-distributed.js';
import { saveDistributed } from '../distributed/save-distributed.js';
import type { Transport } from '../transport/transport.js';
import { jobMetadata, resumableNotes } from './job-notes.js';
import type { JobSettings } from './job-settings.js';
import { LossRecord } from './loss-record.js';
import { Shards } from './shards.js';
import type { Standing, Worked, WorkOptions } from './standing.js';
import type { Task } from './task.js';

/** Points of the curve in an epoch. */
const pointsPerEpoch = 4;
/** To save takes every memory whole, as much as an uncompressed gradient. After so many turns that is little beside them. */
const turnsBetweenSaves = 250;

/** The work is done: others did the last turns without this worker. */
class AllDone extends Error {}

/** Trains. @throws what the transport and the optimizer throw @throws {SaccadeError} `ended` if the worker with the hub has left */
export async function work(
  transport: Transport,
  settings: JobSettings,
  task: Task,
  options: WorkOptions = {},
): Promise<Worked> {
  const worker = new Worker(transport, settings, task, options);
  await worker.begin();
  return worker.train();
}

class Worker {
  readonly #transport: Transport;
  readonly #settings: JobSettings;
  readonly #task: Task;
  readonly #options: WorkOptions;
  readonly #shards: Shards;
  readonly #total: number;
  readonly #optimizer: DistributedOptimizer;
  readonly #record = new LossRecord();
  readonly #lost = new Set<number>();

  constructor(transport: Transport, settings: JobSettings, task: Task, options: WorkOptions) {
    const { batch, epochs, rate, seed, compress, feedback, group } = settings;
    this.#transport = transport;
    this.#settings = settings;
    this.#task = task;
    this.#options = options;
    this.#shards = new Shards(task.examples, batch, seed);
    this.#total = epochs * this.#shards.stepsPerEpoch;
    const schedule = cosine({ rate, steps: this.#total, warmUp: Math.floor(this.#total / 20) });
    const inner = new SGD(task.model, { rate: schedule });
    this.#optimizer = new DistributedOptimizer(inner, { transport, compress, feedback, group, seed });
    transport.onPeerLost(({ rank, state }) => {
      if (state === 'lost') this.#lost.add(rank);
      else this.#lost.delete(rank);
    });
  }

  /** Takes over the state of worker 0, of the job, or of a check point, which any of the workers may have. */
  async begin(): Promise<void> {
    const { resume } = this.#options;
    if (!this.#settings.resumes || this.#transport.initialState !== undefined) return this.#optimizer.start();
    if (resume !== undefined) this.#record.goOn(resumableNotes(resume.name, resume.bytes, this.#settings).points);
    const frames = await this.#transport.allGather(resume?.bytes ?? new Uint8Array());
    const bytes = frames.find((frame) => frame.length > 0);
    if (bytes === undefined) throw new OptionError('the job goes on from a check point, but no worker has it');
    await loadDistributed(bytes, this.#optimizer);
  }

  async train(): Promise<Worked> {
    const { stepsPerEpoch } = this.#shards;
    const { signal, onEpoch } = this.#options;
    const between = Math.ceil(stepsPerEpoch / pointsPerEpoch);
    let epochs = Math.floor(this.#optimizer.turns / stepsPerEpoch);
    let saved = this.#optimizer.turns;
    while (await this.#turn()) {
      const { turns } = this.#optimizer;
      const epoch = Math.floor(turns / stepsPerEpoch);
      const isLast = turns >= this.#total;
      if ((turns % stepsPerEpoch) % between === 0 || isLast) await this.#point();
      if (signal?.aborted) {
        await this.#save();
        throw signal.reason;
      }
      if (isLast || epoch === epochs) continue;
      epochs = epoch;
      if (turns - saved >= turnsBetweenSaves && (await this.#save())) saved = turns;
      await onEpoch?.(this.#standing(), await this.#task.score());
    }
    if (this.#settings.saves) await this.#tellMemories();
    return this.#end();
  }

  async #end(): Promise<Worked> {
    const score = await this.#task.score();
    await this.#options.onEpoch?.(this.#standing(), score);
    const { rounds, paperBits, dropped } = this.#optimizer.traffic;
    return { ...this.#standing(), score, rounds, paperBits, dropped, memoryNorm: this.#optimizer.memoryNorm };
  }

  /** One turn. @returns false if there was none left */
  async #turn(): Promise<boolean> {
    if (this.#optimizer.turns >= this.#total) return false;
    this.#requireHub();
    try {
      const [weighted, loss] = await this.#optimizer.minimize(() => this.#loss());
      this.#record.add((await loss.data())[0]!);
      dispose([weighted, loss]);
      return true;
    } catch (error) {
      if (error instanceof AllDone) return false;
      throw error;
    }
  }

  /** The loss of this worker's part of the step, as it counts and as it is. */
  #loss(): [Tensor, Tensor] {
    const { turns } = this.#optimizer;
    // Turns that the others did meanwhile were just caught up with.
    if (turns >= this.#total) throw new AllDone();
    const { rank, present } = this.#transport;
    const { rows, weight } = this.#shards.of(turns, rank, present);
    const loss = this.#task.loss(rows);
    return [mul(loss, weight) as Tensor, loss];
  }

  /** Without the hub no round is ever complete. */
  #requireHub(): void {
    const { rank, present } = this.#transport;
    if (!this.#settings.ownHub || rank === 0 || present.includes(0) || this.#lost.has(0)) return;
    throw new SaccadeError('ended', 'worker 0, at which the hub is, has left: the job is over');
  }

  async #point(): Promise<void> {
    const { turns, traffic } = this.#optimizer;
    if (this.#record.close(turns, traffic)) await this.#options.onPoint?.(this.#standing());
  }

  /** Saves the run. @returns false if this worker does not */
  async #save(): Promise<boolean> {
    if (this.#options.checkpoint === undefined) return false;
    await this.#tellMemories();
    return true;
  }

  /** Writes the run; a worker that does not only tells the others what it remembers. */
  async #tellMemories(): Promise<void> {
    const metadata = jobMetadata({ settings: this.#settings, points: this.#record.points });
    await saveDistributed(this.#options.checkpoint, this.#optimizer, { metadata });
  }

  #standing(): Standing {
    const { turns, traffic } = this.#optimizer;
    const { bytes, denseBytes } = traffic;
    const epoch = turns / this.#shards.stepsPerEpoch;
    return { turns, total: this.#total, epoch, points: this.#record.points, bytes, denseBytes };
  }
}

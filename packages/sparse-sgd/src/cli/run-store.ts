/** What Mem-SGD saves at each evaluation: kept in a file where somebody wants it, and read for what was sent until then. */
import { readIfThere, writeFile } from '@saccade/command';
import type { CheckpointStore } from '@saccade/nn';
import { decodeSafetensors } from '@saccade/tensor';
import type { Evaluation } from '../training/sgd-checkpoint.js';

/** The store of one run. */
export class RunStore implements CheckpointStore {
  /** The evaluations so far. */
  curve: readonly Evaluation[] = [];
  readonly #path: string | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  async load(): Promise<Uint8Array | undefined> {
    return this.#path === undefined ? undefined : readIfThere(this.#path);
  }

  async save(bytes: Uint8Array): Promise<void> {
    const { metadata } = decodeSafetensors(bytes);
    this.curve = (JSON.parse(metadata.run!) as { readonly curve: readonly Evaluation[] }).curve;
    if (this.#path !== undefined) writeFile(this.#path, bytes);
  }
}

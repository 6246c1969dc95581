/** Whether the GPU is still there, and the error that says why not. */
import { DeviceError } from '../errors.js';
import type { Backend } from './backend.js';

export class Loss {
  readonly #name: string;
  #reason: string | undefined;

  constructor({ name, lost }: Backend) {
    this.#name = name;
    void lost.then((reason) => this.tell(reason));
  }

  /** Says that the GPU is gone; the first reason stays. */
  tell(reason: string): void {
    this.#reason ??= reason;
  }

  get happened(): boolean {
    return this.#reason !== undefined;
  }

  error(cause?: unknown): DeviceError {
    return new DeviceError(
      `${this.#name}: the GPU was lost: ${this.#reason}; call init again and make the tensors anew`,
      {
        cause,
      },
    );
  }

  /** @throws {DeviceError} if the GPU is gone */
  requireGpu(): void {
    if (this.happened) throw this.error();
  }
}

/** A safety net: frees tensors that were dropped without dispose, and says so once during development if they are many. */
import { show } from './shape.js';
import { state } from './state.js';
import type { Storage, Tensor } from './tensor.js';

interface Dropped {
  readonly storage: Storage;
  readonly label: string;
}

/** So many may slip through in a script without a word. */
const tolerated = 100;
let collected = 0;

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Dropped>(({ storage, label }) => {
        state.tensors -= 1;
        storage.references -= 1;
        if (storage.references === 0) storage.device.release(storage.buffer);
        collected += 1;
        if (collected !== tolerated || !isDevelopment()) return;
        console.warn(
          `saccade: ${tolerated} tensors were dropped without dispose(), the last of shape ${label}; use scope()`,
        );
      });

/** NODE_ENV decides, where there is one. */
function isDevelopment(): boolean {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return host.process?.env?.NODE_ENV !== 'production';
}

/** Watches a tensor that no scope will free. */
export function watch(t: Tensor): void {
  if (t.storage !== undefined) {
    registry?.register(t, { storage: t.storage, label: show(t.shape) }, t);
  }
}

/** Stops watching: the tensor was disposed, or a scope took it over. */
export function unwatch(t: Tensor): void {
  registry?.unregister(t);
}

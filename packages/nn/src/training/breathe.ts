/** Room for everything else that waits in this thread: signals, timers, the page. */

interface Host {
  readonly setImmediate?: (callback: () => void) => unknown;
}

/**
 * Resolves after other tasks had their turn. In browsers by a message, which waits in line with timers and clicks: what `scheduler.yield` resumes goes before them,
 * and `setTimeout` waits for milliseconds.
 */
function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as Host;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** A function that gives way if the last time lies more than so many milliseconds back. Long loops await it in each round. */
export function breather(milliseconds = 16): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < milliseconds) return;
    await nextTask();
    last = performance.now();
  };
}

/** Room for everything else that waits in this thread: signals, timers, the page. */

interface Host {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly scheduler?: { readonly yield?: () => Promise<void> };
}

/** Resolves after other tasks had their turn. */
function nextTask(): Promise<void> {
  const host = globalThis as Host;
  if (host.scheduler?.yield !== undefined) return host.scheduler.yield();
  return new Promise((resolve) => {
    if (host.setImmediate !== undefined) host.setImmediate(resolve);
    else setTimeout(resolve, 0);
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

/** The source of a worker thread, as text: it must start from a string in every host and bundle. */

/** Words of the control block that threads share, in 32-bit units from its start. */
export const control = {
  /** Number of the open job; 0 while none is open, negative to stop. */
  job: 0,
  /** Number of the last job announced; threads sleep on it. */
  announced: 1,
  /** Threads inside the open job. */
  active: 2,
  /** The next chunk to take. */
  next: 3,
  chunks: 4,
  count: 5,
  kernel: 6,
  argumentCount: 7,
  scratch: 8,
  scratchBytes: 9,
  /** Set if a kernel trapped in a worker. */
  failed: 10,
  /** Pages of the memory, as the thread that calls sees them. */
  pages: 11,
  /** Bytes from the control block's start to the arguments, as float64. */
  argumentsAt: 64,
  /** Room for arguments. */
  maxArguments: 48,
  /** Size of the whole block. */
  bytes: 448,
} as const;

/**
 * Runs chunks of a job until none is left. Chunk c of a job over `count` items covers
 * [floor(c count / chunks), floor((c + 1) count / chunks)).
 */
const runChunksSource = `function runChunks(words, numbers, kernels, thread) {
  const kernel = kernels[words[6]];
  const args = Array.from(numbers.subarray(0, words[7]));
  const chunks = words[4], count = words[5];
  const scratch = (words[8] >>> 0) + thread * words[9];
  for (;;) {
    const chunk = Atomics.add(words, 3, 1);
    if (chunk >= chunks) return;
    kernel(...args, Math.floor(chunk * count / chunks), Math.floor((chunk + 1) * count / chunks), scratch);
  }
}`;

/**
 * The whole worker. It enters a job only while it is open, so a late thread touches nothing. V8 may leave a thread that
 * starts while the memory grows with the old size, which fills and copies check: growing by nothing brings it up to date.
 */
export const workerSource: string = `${runChunksSource}
function start({ modules, memory, controlAt, names, thread }, post) {
  const exports = {};
  for (const { module, prefix } of modules) {
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    for (const name in instance.exports) exports[prefix + name] = instance.exports[name];
  }
  const kernels = names.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, controlAt, 16);
  const numbers = new Float64Array(memory.buffer, controlAt + 64, 48);
  post('ready');
  let seen = 0;
  for (;;) {
    for (let spins = 0; spins < 20000 && Atomics.load(words, 1) === seen; spins++);
    while (Atomics.load(words, 1) === seen) Atomics.wait(words, 1, seen);
    seen = Atomics.load(words, 1);
    Atomics.add(words, 2, 1);
    const job = Atomics.load(words, 0);
    try {
      if (memory.buffer.byteLength < words[11] * 65536) memory.grow(0);
      if (job > 0) runChunks(words, numbers, kernels, thread);
    } catch {
      Atomics.store(words, 10, 1);
    }
    if (Atomics.sub(words, 2, 1) === 1) Atomics.notify(words, 2);
    if (job < 0) return;
  }
}
if (typeof self === 'undefined') {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  start(workerData, (message) => parentPort.postMessage(message));
} else {
  self.onmessage = (event) => start(event.data, (message) => self.postMessage(message));
}`;

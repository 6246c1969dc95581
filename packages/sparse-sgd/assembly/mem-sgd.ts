// Steps of Mem-SGD (Algorithm 1) and of its lock-free form on many workers (Algorithm 2): src/kernels/js/mem-sgd.ts. The state is float64, for
// what float32 rounds off in a million steps is more than the memory holds. What is linear in the size of the model is put off: sums are
// brought up to date where an entry changes, and at the end. An item is a worker.
import { addScaled, addScaledAndFindLargest, findLargest, foundAt, numberAt, putNumber } from './largest';
import { addGradient, clearRow, intAt, Problem } from './problem';

/** What a worker keeps beside the problem while it runs. */
// @ts-ignore: decorator
@unmanaged
class Worker {
  memory: usize;
  /** Weight of all steps before this one, and for each entry up to where its sum is right. */
  weight: f64;
  summed: usize;
  /** Learning rates of all steps before, summed, and for each entry up to where its regularizer is in the memory. */
  rate: f64;
  decayed: usize;
}

/** x_j -= g, without losing what other threads do to it. */
function subtractAtomically(at: usize, g: f64): void {
  let old: i64;
  do {
    old = atomic.load<i64>(at);
  } while (atomic.cmpxchg<i64>(at, old, reinterpret<i64>(reinterpret<f64>(old) - g)) != old);
}

/** Moves an entry by what its memory holds, times `scale`, and empties that. Returns the entry, or -1 if there was nothing to send. */
// @ts-ignore: decorator
@inline
function send(p: Problem, w: Worker, j: i32, scale: f64): i32 {
  const g = numberAt(w.memory, j) * scale;
  if (g == 0) return -1;
  putNumber(w.memory, j, 0);
  const at = p.x + (<usize>j << 3);
  if (p.atomic) {
    subtractAtomically(at, g);
    return j;
  }
  const x = load<f64>(at);
  if (p.sums != 0) {
    putNumber(p.sums, j, numberAt(p.sums, j) + x * (w.weight - numberAt(w.summed, j)));
    putNumber(w.summed, j, w.weight);
  }
  store<f64>(at, x - g);
  return j;
}

/** All entries move: SGD. */
function sendAll(p: Problem, w: Worker, c: f64, weight: f64, n: i32): void {
  addScaled(w.memory, p.x, c, n);
  if (p.atomic) {
    for (let j = 0; j < n; j++) subtractAtomically(p.x + (<usize>j << 3), numberAt(w.memory, j));
  } else addScaled(p.x, w.memory, -1, n);
  if (p.sums != 0) addScaled(p.sums, p.x, weight, n);
  memory.fill(w.memory, 0, <usize>n << 3);
}

/** The k largest entries of the memory move. */
function sendLargest(p: Problem, w: Worker, step: i32, c: f64, n: i32, heap: usize): void {
  const k = p.k;
  const sent = p.sent + (<usize>step * k << 2);
  if (k == 1) {
    store<i32>(sent, send(p, w, addScaledAndFindLargest(w.memory, p.x, c, n), 1));
    return;
  }
  addScaled(w.memory, p.x, c, n);
  findLargest(w.memory, n, k, heap);
  for (let e = 0; e < k; e++) store<i32>(sent + (<usize>e << 2), send(p, w, foundAt(heap, k, e), 1));
}

/** The given entries move. Where the regularizer waits, their share of it since they moved last comes first. */
function sendGiven(p: Problem, w: Worker, step: i32, rate: f64, lambda: f64, scale: f64, waits: bool): void {
  for (let e = 0; e < p.k; e++) {
    const sent = p.sent + (<usize>(step * p.k + e) << 2);
    const j = load<i32>(sent);
    if (j < 0) continue;
    if (waits) {
      const since = p.remembers ? w.rate + rate - numberAt(w.decayed, j) : rate;
      putNumber(w.decayed, j, w.rate + rate);
      putNumber(w.memory, j, numberAt(w.memory, j) + lambda * since * numberAt(p.x, j));
    }
    store<i32>(sent, send(p, w, j, scale));
  }
}

/** Brings sums and memory up to date. */
function settle(p: Problem, w: Worker, lambda: f64, n: i32, decays: bool): void {
  for (let j = 0; j < n; j++) {
    const x = numberAt(p.x, j);
    if (p.sums != 0) putNumber(p.sums, j, numberAt(p.sums, j) + x * (w.weight - numberAt(w.summed, j)));
    if (decays) putNumber(w.memory, j, numberAt(w.memory, j) + lambda * (w.rate - numberAt(w.decayed, j)) * x);
  }
}

/** How a step chooses what it sends; src/kernels/table.ts knows the order. */
const enum Choice { ALL, LARGEST, GIVEN }

/** At most `turn` steps of the worker with this memory. `waits`: nobody else changes the model, so the regularizer can wait. */
function run(p: Problem, w: Worker, choice: Choice, lambda: f64, scale: f64, waits: bool, turn: i32, room: usize): void {
  const n = p.features * p.classes;
  const heap = room + (<usize>p.classes << 3);
  for (let taken = 0; taken < turn; taken++) {
    const step = atomic.add<i32>(p.counter, 1);
    if (step >= p.count) break;
    const row = intAt(p.order, step);
    const rate = numberAt(p.rates, step);
    addGradient(p, row, rate, w.memory, room);
    const c = rate * lambda;
    const weight = p.sums != 0 ? numberAt(p.weights, step) : 0;
    if (choice == Choice.ALL) sendAll(p, w, c, weight, n);
    else if (choice == Choice.LARGEST) sendLargest(p, w, step, c, n, heap);
    else {
      // Without a memory only what is sent now needs it.
      const late = waits || !p.remembers;
      if (!late) addScaled(w.memory, p.x, c, n);
      sendGiven(p, w, step, rate, lambda, scale, late);
    }
    w.rate += rate;
    w.weight += weight;
    if (p.remembers || choice == Choice.ALL) continue;
    if (choice == Choice.LARGEST) memory.fill(w.memory, 0, <usize>n << 3);
    else clearRow(p, row, w.memory);
  }
  const decays = choice == Choice.GIVEN && waits && p.remembers != 0;
  if (choice != Choice.ALL && (decays || p.sums != 0)) settle(p, w, lambda, n, decays);
}

/**
 * Runs workers [start, end) in turns of so many steps, until none is left; on several threads they are at work at once. Scratch: 64 bytes, classes
 * and 2 k words of 8 bytes, then twice the size of the model in float64.
 */
export function memSgd(
  problem: usize,
  workers: i32,
  turn: i32,
  choice: i32,
  lambda: f64,
  scale: f64,
  start: i32,
  end: i32,
  scratch: usize,
): void {
  const p = changetype<Problem>(problem);
  const n = p.features * p.classes;
  const w = changetype<Worker>(scratch);
  const room = scratch + 64;
  while (atomic.load<i32>(p.counter) < p.count) {
    for (let worker = start; worker < end; worker++) {
      w.memory = p.memory + (<usize>worker * n << 3);
      w.weight = 0;
      w.rate = 0;
      w.summed = room + ((<usize>p.classes + 2 * <usize>p.k) << 3);
      w.decayed = w.summed + (<usize>n << 3);
      if (workers == 1) memory.fill(w.summed, 0, <usize>n << 4);
      run(p, w, choice, lambda, scale, workers == 1, turn, room);
    }
  }
}

// Scores of queries with keys, [query element, key element, place].
import { Call, vectors, words } from './call';

/** Adds the window, and -Infinity where a lane sees no pixel. */
export function finishContent(call: Call, room: usize, n: i32): void {
  const content = room + call.content;
  const end = content + vectors(call.queries * call.keys * n);
  if (call.window) {
    for (let at = content; at < end; ) {
      for (let j: usize = 0; j < words(n); j += 4) {
        const o = load<i32>(room + call.which + j);
        v128.store(at, f32x4.add(v128.load(at), v128.load32_splat(call.window + words(o))));
        at += 16;
      }
    }
  }
  const hidden = f32x4.splat(-Infinity);
  for (let i = load<i32>(room + call.edgeCount) - 1; i >= 0; i--) {
    const mask = v128.load(room + call.edgeMasks + vectors(i));
    for (let at = content + vectors(load<i32>(room + call.edges + words(i))); at < end; at += vectors(n)) {
      v128.store(at, v128.bitselect(v128.load(at), hidden, mask));
    }
  }
}

/** Largest of an even number of vectors, lane by lane; NaN left out. */
export function largest(x: usize, count: i32): v128 {
  let a = f32x4.splat(-Infinity), b = a;
  for (const end = x + vectors(count); x < end; x += 32) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
  }
  return f32x4.pmax(a, b);
}

// Rows of bytes, copied with SIMD: what layout, indexing and convolution share.

/** Copies `bytes` bytes between rows that do not overlap. Short rows are the common ones, and memory.copy is a call. */
// @ts-ignore: decorator
@inline
export function copyRow(out: usize, x: usize, bytes: usize): void {
  if (bytes >= 512) {
    memory.copy(out, x, bytes);
  } else if (bytes >= 16) {
    const last = bytes - 16;
    for (let at: usize = 0; at < last; at += 16) v128.store(out + at, v128.load(x + at));
    v128.store(out + last, v128.load(x + last));
  } else if (bytes >= 4) {
    const last = bytes - 4;
    for (let at: usize = 0; at < last; at += 4) store<u32>(out + at, load<u32>(x + at));
    store<u32>(out + last, load<u32>(x + last));
  } else {
    for (let at: usize = 0; at < bytes; at++) store<u8>(out + at, load<u8>(x + at));
  }
}

/** Gather, scatter and one-hot of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import { checkIndices } from '../indices.js';
import type { IndexingKernels } from '../table/indexing.js';

export const indexing: IndexingKernels<TypedArray> = {
  gather(x, indices, out, { outer, size, inner, count }) {
    checkIndices('gather', indices, size);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        const from = (o * size + indices[j]!) * inner;
        const to = (o * count + j) * inner;
        for (let i = 0; i < inner; i++) out[to + i] = x[from + i]!;
      }
    }
  },

  scatterAdd(out, indices, updates, { outer, size, inner, count }) {
    checkIndices('scatterAdd', indices, size);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        const to = (o * size + indices[j]!) * inner;
        const from = (o * count + j) * inner;
        for (let i = 0; i < inner; i++) out[to + i]! += updates[from + i]!;
      }
    }
  },

  takeAlong(x, indices, out, { outer, size, inner, count }) {
    checkIndices('takeAlong', indices, size);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        for (let i = 0; i < inner; i++) {
          const at = (o * count + j) * inner + i;
          out[at] = x[(o * size + indices[at]!) * inner + i]!;
        }
      }
    }
  },

  scatterAddAlong(out, indices, updates, { outer, size, inner, count }) {
    checkIndices('scatterAddAlong', indices, size);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < count; j++) {
        for (let i = 0; i < inner; i++) {
          const at = (o * count + j) * inner + i;
          out[(o * size + indices[at]!) * inner + i]! += updates[at]!;
        }
      }
    }
  },

  oneHot(indices, out, count, depth, on, off) {
    checkIndices('oneHot', indices, depth);
    out.fill(off);
    for (let j = 0; j < count; j++) out[j * depth + indices[j]!] = on;
  },
};

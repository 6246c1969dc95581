/** Elementwise kernels of the `wasm` device. */
import type { DType } from '../dtype.js';
import { type BinaryOp, binaryOps, type CompareOp, type ElementwiseKernels, unaryOps } from '../table/elementwise.js';
import type { WasmBuffer } from './buffer.js';
import { aroundRows, isFlat, type Rows, rowsOf } from './rows.js';
import type { WasmRuntime } from './runtime.js';

/** Flat kernels share work in items of 16 elements. */
const ITEM_BITS = 4;

function positions<K extends string>(names: readonly K[]): Readonly<Record<K, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<K, number>;
}

const unaryCodes = positions(unaryOps);
const binaryCodes = positions(binaryOps);
/** The others are these with operands exchanged. */
const compareCodes: Readonly<Partial<Record<CompareOp, number>>> = { equal: 0, notEqual: 1, less: 2, lessEqual: 3 };
const exchanged: Readonly<Partial<Record<CompareOp, CompareOp>>> = { greater: 'less', greaterEqual: 'lessEqual' };
const logicCodes: Readonly<Partial<Record<CompareOp, number>>> = { and: 0, or: 1, xor: 2 };

/**
 * Elementary steps per element, by an operation's number: up to `reciprocal`, from `floor` on and in `relu` it takes an instruction or
 * two; from `asin` to `cosh` there is no SIMD.
 */
function unaryCost(code: number): number {
  if (code <= unaryCodes.reciprocal || code >= unaryCodes.floor || code === unaryCodes.relu) return 1;
  return code >= unaryCodes.asin && code <= unaryCodes.cosh ? 50 : 8;
}
const binaryCosts: Readonly<Partial<Record<BinaryOp, number>>> = { pow: 80, mod: 40, atan2: 50, geluGrad: 20 };

/** Ops with code of their own for int32, and what is added to their number there. */
const intUnary: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'square']);
const intBinary: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'mod']);
const INT = 32;

const isBytes = (dtype: DType): boolean => dtype === 'bool' || dtype === 'uint8';
/** Types that casts begin and end with. A cast's number in the module goes by the first, then by those of the rest. */
const castTypes: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];

const words = new Int32Array(1);
const float = new Float32Array(words.buffer);

/** The bits of a number as an element of the type; undefined where int32 cannot hold it. */
function bitsOf(value: number, dtype: DType): number | undefined {
  if (dtype === 'int32') return (value | 0) === value ? value : undefined;
  float[0] = value;
  return words[0];
}

/** A binary op's number in the module, undefined where there is no code for the type. */
function binaryCode(op: BinaryOp, dtype: DType): number | undefined {
  if (dtype === 'float32') return binaryCodes[op];
  return dtype === 'int32' && intBinary.has(op) ? binaryCodes[op] + INT : undefined;
}

function binaryRows(runtime: WasmRuntime, code: number, cost: number, operands: WasmBuffer[], rows: Rows): void {
  const [a, b, out] = operands as [WasmBuffer, WasmBuffer, WasmBuffer];
  const { inner, mid, outerShape, outerStrides, count } = rows;
  const rank = outerShape.length;
  const [shapeAt = 0, aAt = 0, bAt = 0] = rank === 0 ? [] : runtime.parameters(outerShape, ...outerStrides);
  // biome-ignore format: a table
  const args = [
    code, a.address, b.address, out.address, inner.size, inner.steps[0] * 16, inner.steps[1] * 16, mid.size,
    mid.steps[0] * 4, mid.steps[1] * 4, rank, shapeAt, aAt, bAt,
  ];
  runtime.parallel('binaryRows', args, count, inner.size * cost + 10, 32);
}

/** The family over one runtime. */
export function elementwiseKernels(runtime: WasmRuntime): ElementwiseKernels<WasmBuffer> {
  /** Shares a kernel over flat items of 16 elements. */
  const flat = (name: string, args: readonly number[], length: number, cost: number): void =>
    runtime.parallel(name, args, (length + 15) >>> ITEM_BITS, cost * 16);

  return {
    unary(op, x, out) {
      if (x.dtype === 'float32') {
        flat('unaryF32', [unaryCodes[op], x.address, out.address, out.length], out.length, unaryCost(unaryCodes[op]));
      } else if (x.dtype === 'int32' && intUnary.has(op)) {
        flat('unaryI32', [unaryCodes[op], x.address, out.address, out.length], out.length, 1);
      } else runtime.fallback.unary(op, x, out);
    },

    binary(op, a, b, out, broadcast) {
      const code = binaryCode(op, out.dtype);
      if (code === undefined) return runtime.fallback.binary(op, a, b, out, broadcast);
      const cost = binaryCosts[op] ?? 1;
      const rows = broadcast && rowsOf(broadcast);
      if (broadcast === undefined || (rows && isFlat(rows, 2))) {
        flat('binary', [code, a.address, b.address, out.address, out.length], out.length, cost);
      } else if (rows) binaryRows(runtime, code, cost, [a, b, out], rows);
      else runtime.fallback.binary(op, a, b, out, broadcast);
    },

    binaryScalar(op, x, scalar, out, swap) {
      if (op === 'pow' && !swap && out.dtype === 'float32') {
        if (scalar === 2) return this.unary('square', x, out);
        if (scalar === -1) return this.unary('reciprocal', x, out);
        if (scalar === 3 && out !== x) {
          this.unary('square', x, out);
          return this.binary('mul', out, x, out);
        }
      }
      const code = binaryCode(op, out.dtype);
      const bits = bitsOf(scalar, out.dtype);
      if (code === undefined || bits === undefined) return runtime.fallback.binaryScalar(op, x, scalar, out, swap);
      const args = [code, x.address, bits, out.address, out.length, swap ? 1 : 0];
      flat('binaryScalar', args, out.length, binaryCosts[op] ?? 1);
    },

    compare(op, a, b, out, broadcast) {
      const swapped = exchanged[op];
      if (swapped) {
        const turned = broadcast && { shape: broadcast.shape, strides: [...broadcast.strides].reverse() };
        return this.compare(swapped, b, a, out, turned);
      }
      const rows = broadcast && rowsOf(broadcast);
      const isContiguous = broadcast === undefined || (rows !== undefined && isFlat(rows, 2));
      const logic = logicCodes[op];
      const code = compareCodes[op];
      const n = out.length;
      if (logic !== undefined && isBytes(a.dtype) && isContiguous) {
        return flat('logicFlat', [logic, a.address, b.address, out.address], n, 0.5);
      }
      if (code === undefined || isBytes(a.dtype) || (broadcast && !rows)) {
        return runtime.fallback.compare(op, a, b, out, broadcast);
      }
      const isInt = a.dtype === 'int32' ? 1 : 0;
      if (isContiguous) return flat('compareFlat', [code, isInt, a.address, b.address, out.address, n], n, 1);
      const { inner, outerShape, count } = rows as Rows;
      const lists = runtime.parameters(...aroundRows(rows as Rows, 2));
      const steps = [inner.steps[0] * 4, inner.steps[1] * 4];
      const args = [
        code,
        isInt,
        a.address,
        b.address,
        out.address,
        inner.size,
        ...steps,
        outerShape.length + 1,
        ...lists,
      ];
      runtime.parallel('compareRows', args, count, inner.size + 10, 32);
    },

    test(op, x, out) {
      const n = out.length;
      if (op === 'not' && isBytes(x.dtype)) flat('notFlat', [x.address, out.address], n, 0.5);
      else if (op !== 'not' && x.dtype === 'float32') {
        flat('testF32', [op === 'isNaN' ? 0 : 1, x.address, out.address, n], n, 1);
      } else runtime.fallback.test(op, x, out);
    },

    where(condition, a, b, out, broadcast) {
      const rows = broadcast && rowsOf(broadcast);
      if (isBytes(out.dtype) || (broadcast && !rows)) {
        return runtime.fallback.where(condition, a, b, out, broadcast);
      }
      const operands = [condition.address, a.address, b.address, out.address];
      if (!rows || isFlat(rows, 3)) return flat('whereFlat', [...operands, out.length], out.length, 1);
      const { inner, outerShape, count } = rows;
      const lists = runtime.parameters(...aroundRows(rows, 3));
      const args = [...operands, inner.size, ...inner.steps, outerShape.length + 1, ...lists];
      runtime.parallel('whereRows', args, count, inner.size + 10);
    },

    clip(x, out, low, high) {
      if (x.dtype !== 'float32') return runtime.fallback.clip(x, out, low, high);
      flat('clipF32', [x.address, out.address, low, high, out.length], out.length, 1);
    },

    cast(x, out, to) {
      const from = x.dtype === 'bool' ? 'uint8' : x.dtype;
      const place = castTypes.filter((type) => type !== from).indexOf(to);
      if (place < 0) runtime.view(out).set(runtime.view(x));
      else flat('cast', [3 * castTypes.indexOf(from) + place, x.address, out.address, out.length], out.length, 1);
    },

    fill(out, value) {
      const bits = isBytes(out.dtype) ? undefined : bitsOf(value, out.dtype);
      if (bits === undefined) runtime.view(out).fill(value);
      else flat('fill32', [out.address, bits, out.length], out.length, 0.25);
    },
  };
}

/** What a new safetensors file can be made of: tensors, stored arrays, promises; in memory and as a stream. */
import { createJsDevice, DisposedError, FormatError, OptionError } from '@saccade/kernels';
import { assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../src/create.js';
import { decodeSafetensors, packSafetensors } from '../src/formats/safetensors-bytes.js';
import type { LazyEntry, SafetensorsEntry } from '../src/formats/safetensors-entries.js';
import { encodeSafetensors, type SaveProgress, streamSafetensors } from '../src/formats/save-safetensors.js';
import { type StoredArray, type StoredDType, storedBytes, viewStored } from '../src/formats/stored.js';
import '../src/methods.js';
import { memory } from '../src/memory.js';
import { scope } from '../src/scope.js';
import type { Tensor } from '../src/tensor.js';
import { storedDTypes } from './stored-dtypes.js';

/** A test that frees its tensors. */
function check(name: string, work: () => Promise<void>): void {
  test(name, () => scope(async () => work()));
}

type ErrorType = typeof OptionError | typeof FormatError | typeof DisposedError;

/** A stored array of this type with bytes 0, 1, 0, 1, …: valid in every type. */
function counted(dtype: StoredDType, ...shape: number[]): StoredArray {
  const bytes = new Uint8Array(shape.reduce((product, size) => product * size, 1) * storedBytes(dtype));
  return { dtype, shape, data: viewStored(bytes.map((_, i) => i % 2), dtype) }; // biome-ignore format: one line
}

/** The same, given when it is asked for. */
function promise(array: StoredArray, asked: () => void = () => {}): LazyEntry {
  return {
    dtype: array.dtype,
    shape: array.shape,
    read() {
      asked();
      return Promise.resolve(array);
    },
  };
}

const arrays = new Map(storedDTypes.map((dtype) => [`of ${dtype}`, counted(dtype, 3, 2)]));
const metadata = { format: 'pt' };

async function joined(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const bytes: number[] = [];
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) bytes.push(...value!);
  return Uint8Array.from(bytes);
}

/** What `encodeSafetensors` writes for one entry. */
async function written(entry: SafetensorsEntry): Promise<StoredArray> {
  return decodeSafetensors(await encodeSafetensors({ x: entry })).tensors.get('x') as StoredArray;
}

check('stored arrays of every type, given now or later, in memory or as a stream, make the same file', async () => {
  const golden = packSafetensors(arrays, { metadata });
  const later = new Map([...arrays].map(([name, array]) => [name, promise(array)]));
  assert.equal(await encodeSafetensors(arrays, { metadata }), golden);
  assert.equal(await encodeSafetensors(later, { metadata }), golden);
  assert.equal(await encodeSafetensors(Object.fromEntries(later), { metadata }), golden);
  const { totalBytes, stream } = streamSafetensors(later, { metadata });
  assert.is(totalBytes, golden.length);
  assert.equal(await joined(stream), golden);
  const response = new Response(streamSafetensors(later, { metadata }).stream);
  assert.equal(new Uint8Array(await response.arrayBuffer()), golden);
});

check('tensors of every type, given now or later, make the same file', async () => {
  const tensors = {
    f: tensor([[1.5, -2]]),
    i: tensor(Int32Array.of(1, -2)),
    u: tensor(Uint8Array.of(7)),
    b: tensor(Uint8Array.of(0, 1), { dtype: 'bool' }),
    d: tensor([Math.PI], { dtype: 'float64', device: createJsDevice() }),
    none: tensor(new Float32Array(0), { shape: [0, 2] }),
  };
  const types: Record<string, StoredDType> = { f: 'F32', i: 'I32', u: 'U8', b: 'BOOL', d: 'F64', none: 'F32' };
  const later = Object.entries(tensors).map(([name, t]): [string, LazyEntry] => [
    name,
    { dtype: types[name]!, shape: t.shape, read: () => t },
  ]);
  const golden = await encodeSafetensors(tensors, { metadata });
  assert.equal(await encodeSafetensors(new Map(later), { metadata }), golden);
  assert.equal(await joined(streamSafetensors(new Map(later), { metadata }).stream), golden);
});

check('values are asked for once, in the order of the file', async () => {
  const asked: string[] = [];
  const later = new Map([...arrays].map(([name, array]) => [name, promise(array, () => asked.push(name))]));
  const bytes = await encodeSafetensors(later);
  assert.equal(asked, [...decodeSafetensors(bytes).tensors.keys()]);
});

test('tensors made to be written are freed before the next are made, others live on', async () => {
  const kept = tensor([1, 2]);
  const before = memory();
  const live: number[] = [];
  const make = (): Tensor => {
    live.push(memory().tensors - before.tensors);
    return kept.mul(2).add(1);
  };
  const entry = { dtype: 'F32', shape: [2], read: async () => make() } as const;
  const entries = { a: entry, b: { ...entry, read: make }, kept: { ...entry, read: () => kept } };
  const { tensors } = decodeSafetensors(await encodeSafetensors(entries));
  assert.equal(live, [0, 0]);
  assert.equal(memory(), before);
  assert.equal([...tensors.get('a')!.data], [3, 5]);
  assert.equal([...tensors.get('kept')!.data], [1, 2]);
  assert.not(kept.disposed);
  kept.dispose();
});

check('in a scope of the caller, too, what read gives is freed at once', async () => {
  const before = memory().tensors;
  const live: number[] = [];
  const read = async (): Promise<Tensor> => {
    live.push(memory().tensors - before);
    return tensor([1]);
  };
  const entry = { dtype: 'F16', shape: [1], read } as const;
  await encodeSafetensors({ a: entry, b: entry });
  assert.equal([...live, memory().tensors - before], [0, 0, 0]);
});

check('floats are rounded to the float type that was promised', async () => {
  const values = [1 + 2 ** -11, 65_520, -0, Number.NaN, 1 + 2 ** -30];
  const expected: Partial<Record<StoredDType, readonly number[]>> = {
    F16: [0x3c00, 0x7c00, 0x8000, 0x7e00, 0x3c00],
    BF16: [0x3f80, 0x4780, 0x8000, 0x7fc0, 0x3f80],
    F32: values.map(Math.fround),
    F64: values,
  };
  const single = Float32Array.from(values);
  const double = Float64Array.from(values);
  for (const dtype of ['F16', 'BF16', 'F32', 'F64'] as const) {
    const given: (Tensor | StoredArray)[] = [
      tensor(double, { dtype: 'float64', device: createJsDevice() }),
      { dtype: 'F64', shape: [5], data: double },
      tensor(single),
      { dtype: 'F32', shape: [5], data: single },
    ];
    for (const [i, value] of given.entries()) {
      const { data, ...rest } = await written({ dtype, shape: [5], read: () => value });
      assert.equal(rest, { dtype, shape: [5] });
      // What came as float32 has no more than that.
      const list = i > 1 && dtype === 'F64' ? expected.F32 : expected[dtype];
      assert.equal([...data], [...list!]);
    }
  }
});

check('what is no entry, or promises nothing that can be, is refused before anything is asked for', async () => {
  const read = () => assert.unreachable();
  const good = { dtype: 'F32', shape: [1], data: Float32Array.of(1) } as const;
  const lazy = { dtype: 'F32', shape: [1], read };
  const gone = tensor([1]);
  gone.dispose();
  const cases: [unknown, ErrorType, RegExp][] = [
    [1, OptionError, /tensor "x": expected a tensor, a stored array or \{ dtype, shape, read \}, got 1/],
    [null, OptionError, /tensor "x": expected a tensor, .* got null/],
    [[1], OptionError, /expected a tensor, .* got an array/],
    [{ dtype: 'F32', shape: [1] }, OptionError, /expected a tensor, .* got an object/],
    [gone, DisposedError, /"x", of shape \[1\], was disposed/],
    [{ ...good, dtype: 'F8' }, OptionError, /tensor "x": dtype must be one of F64, .*, BOOL, got "F8"/],
    [{ ...good, dtype: 'toString' }, OptionError, /dtype must be one of/],
    [{ ...good, shape: 1 }, OptionError, /tensor "x": shape must be an array, got 1/],
    [{ ...good, shape: [2] }, FormatError, /tensor "x": \[2\] needs 2 elements, got 1/],
    [{ ...good, shape: [0.5] }, FormatError, /a dimension must be an integer/],
    [{ ...good, data: [1] }, OptionError, /tensor "x": the data of F32 must be a Float32Array, got an array/],
    [{ ...good, data: Float64Array.of(1) }, OptionError, /the data of F32 must be a Float32Array, got an object/],
    [{ ...lazy, dtype: undefined }, OptionError, /dtype must be one of .* got undefined/],
    [{ ...lazy, shape: undefined }, OptionError, /shape must be an array, got undefined/],
    [{ ...lazy, shape: [-1] }, FormatError, /tensor "x": a dimension must be an integer in \[0, 2\^53 - 1\], got -1/],
    [{ ...lazy, shape: ['1'] }, FormatError, /a dimension must be an integer/],
    [{ ...lazy, shape: [2 ** 52] }, FormatError, /the file would have more than 2\^53 - 1 bytes/],
  ];
  for (const [x, type, message] of cases) {
    const entries = { x } as Record<string, SafetensorsEntry>;
    await assertRejects(() => encodeSafetensors(entries), type, message);
    assertThrows(() => streamSafetensors(entries), type, message);
  }
  const numbered = new Map([[1, good]]) as unknown as Map<string, SafetensorsEntry>;
  await assertRejects(
    () => encodeSafetensors(numbered),
    OptionError,
    /encodeSafetensors: a name must be a string, got 1/,
  );
  await assertRejects(() => encodeSafetensors({ __metadata__: good }), OptionError, /__metadata__/);
  const options = { onprogress: () => {} } as object;
  await assertRejects(() => encodeSafetensors({}, options), OptionError, /no option 'onprogress'/);
  assertThrows(() => streamSafetensors({}, { onProgress: 1 as never }), OptionError, /expected a function, got 1/);
});

check('a promise that is not kept is refused with the name of its tensor', async () => {
  const gone = tensor([1, 2]);
  gone.dispose();
  const two = (dtype: StoredDType, more: object = {}) => ({ ...counted(dtype, 2), ...more }) as StoredArray;
  const cases: [StoredDType, () => unknown, ErrorType, RegExp][] = [
    ['F32', () => tensor([1]), FormatError, /expected F32 \[2\], as promised, read gave F32 \[1\]/],
    ['F32', () => tensor([[1, 2]]), FormatError, /read gave F32 \[1, 2\]/],
    ['F32', () => tensor(Int32Array.of(1, 2)), FormatError, /read gave I32 \[2\]/],
    ['I64', () => tensor(Int32Array.of(1, 2)), FormatError, /expected I64 \[2\], as promised, read gave I32/],
    ['F16', () => tensor(Int32Array.of(1, 2)), FormatError, /expected F16 .* gave I32/],
    ['I32', () => tensor([1, 2]), FormatError, /expected I32 .* gave F32/],
    ['F16', () => two('BF16'), FormatError, /expected F16 .* gave BF16/],
    ['F32', () => two('F16'), FormatError, /expected F32 .* gave F16/],
    ['U8', () => two('BOOL'), FormatError, /expected U8 .* gave BOOL/],
    ['F32', () => counted('F32', 3), FormatError, /read gave F32 \[3\]/],
    ['F32', () => two('F32', { data: new Float32Array(3) }), FormatError, /\[2\] needs 2 elements, got 3/],
    ['F32', () => two('F32', { data: new Uint8Array(8) }), OptionError, /data of F32 must be a Float32Array/],
    ['F32', () => two('F32', { dtype: 'constructor' }), OptionError, /dtype must be one of/],
    ['F32', () => two('F32', { shape: null }), OptionError, /shape must be an array/],
    ['F32', () => gone, DisposedError, /what read gave, of shape \[2\], was disposed/],
    ['F32', () => undefined, OptionError, /read must give a tensor or a stored array, got undefined/],
    ['F32', () => null, OptionError, /read must give .* got null/],
    ['F32', () => Float32Array.of(1, 2), OptionError, /read must give .* got an object/],
    ['F32', () => Promise.resolve(3), OptionError, /read must give .* got 3/],
  ];
  const before = memory().tensors;
  for (const [dtype, read, type, message] of cases) {
    const x = { dtype, shape: [2], read } as LazyEntry;
    const error = await assertRejects(() => encodeSafetensors({ x }), type, message);
    assert.match(error.message, /^encodeSafetensors: tensor "x": /);
    const streamed = await assertRejects(() => joined(streamSafetensors({ x }).stream), type, message);
    assert.match(streamed.message, /^streamSafetensors: tensor "x": /);
  }
  assert.is(memory().tensors, before);
});

check('what read throws comes through, and nothing is asked for after it', async () => {
  const fault = new Error('no such layer');
  const never = { dtype: 'U8', shape: [1], read: () => assert.unreachable() } as unknown as LazyEntry;
  const faults: (() => never | Promise<never>)[] = [
    () => {
      throw fault;
    },
    () => Promise.reject(fault),
  ];
  for (const read of faults) {
    const entries = { x: { dtype: 'F32', shape: [1], read }, y: never } as const;
    assert.is(await assertRejects(() => encodeSafetensors(entries)), fault);
    assert.is(await assertRejects(() => joined(streamSafetensors(entries).stream)), fault);
  }
});

check('progress is told after each tensor, and awaited', async () => {
  const told: SaveProgress[] = [];
  let waiting = false;
  const entries = new Map([
    ['a', promise(counted('F64', 1), () => assert.not(waiting))],
    ['b', promise(counted('F32', 3), () => assert.not(waiting))],
    ['none', promise(counted('F16', 0), () => assert.not(waiting))],
  ]);
  const onProgress = async (progress: SaveProgress): Promise<void> => {
    waiting = true;
    await Promise.resolve();
    waiting = false;
    told.push(progress);
  };
  const totalBytes = (await encodeSafetensors(entries, { onProgress })).length;
  const expected = [
    { name: 'a', bytes: totalBytes - 12, totalBytes },
    { name: 'b', bytes: totalBytes, totalBytes },
    { name: 'none', bytes: totalBytes, totalBytes },
  ];
  assert.equal(told, expected);
  await joined(streamSafetensors(entries, { onProgress }).stream);
  assert.equal(told, [...expected, ...expected]);
  const fault = new Error('stop');
  const bad = () => {
    throw fault;
  };
  assert.is(await assertRejects(() => encodeSafetensors(entries, { onProgress: bad })), fault);
});

check('an abort ends the writing before the next tensor', async () => {
  for (const last of ['a', 'b']) {
    const controller = new AbortController();
    const { signal } = controller;
    const asked: string[] = [];
    const entries = { a: promise(counted('U8', 1), () => asked.push('a')), b: promise(counted('U8', 1)) };
    const onProgress = ({ name }: SaveProgress) => name === last && controller.abort();
    const options = { signal, onProgress: (progress: SaveProgress) => void onProgress(progress) };
    assert.is((await assertRejects(() => encodeSafetensors(entries, options))).name, 'AbortError');
    assert.is((await assertRejects(() => encodeSafetensors(entries, { signal }))).name, 'AbortError');
    assert.is((await assertRejects(() => joined(streamSafetensors(entries, { signal }).stream))).name, 'AbortError');
    assert.equal(asked, ['a']);
  }
});

check('a stream asks for nothing ahead, and for nothing after it was cancelled', async () => {
  const asked: string[] = [];
  const entries = new Map(['a', 'b', 'c'].map((name) => [name, promise(counted('U8', 4), () => asked.push(name))]));
  const reader = streamSafetensors(entries).stream.getReader();
  await Promise.resolve();
  assert.equal(asked, []);
  const head = await reader.read();
  assert.equal([head.value!.length % 8, asked], [0, []]);
  assert.is((await reader.read()).value!.length, 4);
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(asked, ['a']);
  await reader.cancel();
  assert.equal(asked, ['a']);
});

check('an array that changes its shape after it was passed changes nothing', async () => {
  const shape = [2];
  const entry = { dtype: 'U8', shape, read: () => counted('U8', 2) } as const;
  const { stream } = streamSafetensors({ x: entry });
  shape[0] = 3;
  assert.equal(decodeSafetensors(await joined(stream)).tensors.get('x')!.shape, [2]);
});

check('whatever read gives, the file holds what was promised or there is an error of ours', async () => {
  const dtype = fc.constantFrom(...storedDTypes);
  const shape = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 });
  const stored = fc.record({ dtype, shape }).map((form) => counted(form.dtype, ...form.shape));
  const crooked = fc
    .tuple(stored, dtype, shape, stored, fc.constantFrom('dtype', 'shape', 'data'))
    .map(([array, d, s, other, member]) => ({ ...array, [member]: { dtype: d, shape: s, data: other.data }[member] }));
  const given: fc.Arbitrary<unknown> = fc.oneof(stored, crooked, fc.constant('tensor'), fc.anything());
  let kept = 0;
  let broken = 0;
  const property = fc.asyncProperty(dtype, shape, given, async (promised, form, value) => {
    const read = () => (value === 'tensor' ? tensor(new Float32Array(2)) : value) as Tensor;
    try {
      const array = await written({ dtype: promised, shape: form, read });
      assert.equal([array.dtype, [...array.shape]], [promised, form]);
      const { shape: there } = value === 'tensor' ? { shape: [2] } : (value as StoredArray);
      assert.equal([...there], form);
      kept++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof OptionError)) throw error;
      assert.match(error.message, /^encodeSafetensors: tensor "x": /);
      broken++;
    }
  });
  const before = memory().tensors;
  await fc.assert(property, { seed: 11, numRuns: 3000 });
  assert.ok(kept > 30 && broken > 1000, `${kept} kept, ${broken} broken`);
  assert.is(memory().tensors, before);
});

test.run();

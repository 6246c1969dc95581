/** What every device does: init, buffers, memory, errors, what runs on the CPU in place of another. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  createJsDevice,
  createWasmDevice,
  currentDevice,
  type Device,
  DeviceError,
  DisposedError,
  type DType,
  doubleProducts,
  type InitOptions,
  init,
  OptionError,
  OutOfMemoryError,
  ShapeError,
  useDevice,
} from '@saccade/kernels';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Every device there is, with one thread. */
const makers: [string, () => Device][] = [
  ['js', () => createJsDevice()],
  ['wasm', () => createWasmDevice({ threads: 1 })],
];

// biome-ignore lint/suspicious/noExplicitAny: any class of errors, whatever its constructor takes
type ErrorClass = abstract new (...args: any[]) => Error;

let before: Device | undefined;
test.before(() => {
  before = useDevice(undefined);
});
test.after(() => {
  useDevice(before);
});

test('init refuses unknown devices and options, bad thread counts and bad limits by name', async () => {
  const wrong: [InitOptions, RegExp][] = [
    [{ device: 'cuda' as 'js' }, /^init: device must be 'auto', 'wasm', 'webgpu', 'webgl2' or 'js', got "cuda"$/],
    [{ threads: 0 }, /^init: threads must be an integer in \[1, 64\], got 0$/],
    [{ threads: 1.5 }, /threads .* got 1\.5$/],
    [{ threads: 65 }, /threads .* got 65$/],
    [{ threads: Number.NaN }, /threads .* got NaN$/],
    [{ device: 'wasm', threads: '2' as unknown as number }, /threads .* got 2$/],
    [{ shareFrom: -1 }, /^init: shareFrom must be a number of steps, at least 0, got -1$/],
    [{ shareFrom: Number.NaN }, /shareFrom .* got NaN$/],
    ['js' as InitOptions, /^init: expected options such as \{ device: 'wasm' \}, got "js"$/],
    [null as unknown as InitOptions, /^init: expected options .* got null$/],
    [{ thread: 2 } as InitOptions, /^init: no option 'thread'; there are device, threads, deterministic, shareFrom$/],
  ];
  for (const [options, says] of wrong) await assertRejects(() => init(options), OptionError, says);
});

test('init chooses the device for tensors to come; without it the first use starts wasm', async () => {
  assert.is(currentDevice().name, 'wasm');
  assert.is(currentDevice(), currentDevice());
  const js = await init({ device: 'js' });
  assert.is(currentDevice(), js);
  const wasm = await init({ device: 'wasm', threads: 2, deterministic: true });
  assert.is(currentDevice(), wasm);
  assert.is(useDevice(js), wasm);
  assert.is(currentDevice(), js);
  wasm.dispose();
});

test('info says what was chosen and why', async () => {
  const one = createWasmDevice({ threads: 1, deterministic: true });
  assert.is(one.info.threads, 1);
  assert.is(one.info.arithmetic, 'simd128');
  assert.match(one.info.reason, /deterministic arithmetic was asked for/);
  assert.is(createWasmDevice({ threads: 3 }).info.threads, 3);
  assert.equal(createJsDevice().info, { name: 'js', threads: 1, arithmetic: 'float64', reason: 'asked for' });
});

for (const [name, make] of makers) {
  test(`${name}: buffers keep what is written, of every element type`, async () => {
    const device = make();
    const arrays = {
      float32: Float32Array.of(1.5, Number.NEGATIVE_INFINITY, 1e-45),
      float64: Float64Array.of(0.1, Number.NEGATIVE_INFINITY, 5e-324),
      int32: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1),
      uint8: Uint8Array.of(0, 128, 255),
      bool: Uint8Array.of(0, 1, 1),
    };
    for (const [dtype, values] of Object.entries(arrays) as ['float32', Float32Array][]) {
      assert.ok(device.supports(dtype));
      const buffer = device.allocate(dtype, 3);
      const written = values.slice();
      device.write(buffer, written);
      written.fill(7); // write has made a copy
      const read = await device.read(buffer);
      assert.is(read.constructor, values.constructor);
      assert.equal([...read], [...values]);
      read.fill(7); // and so has read
      assert.equal([...(device.readSync?.(buffer) ?? [])], [...values]);
      device.release(buffer);
    }
    device.dispose();
  });

  test(`${name}: values can be read into an array of the caller's`, async () => {
    const device = make();
    const arrays = {
      float32: Float32Array.of(1.5, -0, Number.NaN),
      float64: Float64Array.of(0.1, 2, 3),
      int32: Int32Array.of(7, 8, 9),
      uint8: Uint8Array.of(1, 2, 3),
      bool: Uint8Array.of(0, 1, 1),
    };
    for (const [dtype, values] of Object.entries(arrays) as ['float32', Float32Array][]) {
      const buffer = device.allocate(dtype, 3);
      device.write(buffer, values);
      const room = new (values.constructor as Float32ArrayConstructor)(5).fill(99);
      const into = room.subarray(1, 4);
      assert.is(device.readSync?.(buffer, into), into);
      assert.equal([...room], [99, ...values, 99]);
      room.fill(99);
      assert.is(await device.read(buffer, into), into);
      assert.equal([...room], [99, ...values, 99]);
      device.release(buffer);
    }
    device.dispose();
  });

  test(`${name}: an array that does not fit is refused by type and length`, async () => {
    const device = make();
    const wrong: [DType, unknown, ErrorClass, RegExp][] = [
      ['float32', new Float64Array(3), ShapeError, /^read: into must be a Float32Array of 3, got Float64Array of 3$/],
      ['float64', new Float32Array(3), ShapeError, /^read: into must be a Float64Array of 3, got Float32Array of 3$/],
      [
        'bool',
        new Uint8ClampedArray(3),
        ShapeError,
        /^read: into must be a Uint8Array of 3, got Uint8ClampedArray of 3$/,
      ],
      ['int32', [0, 0, 0], ShapeError, /^read: into must be a Int32Array of 3, got Array of 3$/],
      ['int32', null, ShapeError, /got Null of undefined$/],
      ['float32', new Float32Array(4), ShapeError, /^read: into must be a Float32Array of 3, got Float32Array of 4$/],
      ['uint8', new Uint8Array(2), ShapeError, /^read: into must be a Uint8Array of 3, got Uint8Array of 2$/],
    ];
    for (const [dtype, into, errorClass, says] of wrong) {
      const buffer = device.allocate(dtype, 3);
      assertThrows(() => device.readSync?.(buffer, into as Float32Array), errorClass, says);
      await assertRejects(() => device.read(buffer, into as Float32Array), errorClass, says);
      device.release(buffer);
    }
    device.dispose();
  });

  test(`${name}: memory counts live buffers and bytes`, () => {
    const device = make();
    assert.equal({ ...device.memory(), reserved: 0 }, { buffers: 0, inUse: 0, reserved: 0 });
    const buffers = [device.allocate('float32', 1000), device.allocate('uint8', 0), device.allocate('int32', 3)];
    assert.is(device.memory().buffers, 3);
    assert.ok(device.memory().inUse >= 4012 && device.memory().inUse <= 5200);
    assert.ok(device.memory().reserved >= device.memory().inUse);
    for (const buffer of buffers) device.release(buffer);
    assert.is(device.memory().buffers, 0);
    assert.is(device.memory().inUse, 0);
    device.dispose();
  });

  test(`${name}: a request beyond all memory is an OutOfMemoryError that names it`, () => {
    const device = make();
    const kept = device.allocate('float32', 16);
    const length = 2 ** 51;
    const error = assertThrows(() => device.allocate('float32', length), OutOfMemoryError, /out of memory/);
    assert.is((error as OutOfMemoryError).requested, 4 * length);
    assert.is((error as OutOfMemoryError).inUse, 64);
    device.release(kept);
    device.dispose();
  });

  test(`${name}: a buffer of another device is refused`, () => {
    const device = make();
    const other = name === 'js' ? createWasmDevice({ threads: 1 }) : createJsDevice();
    const buffer = other.allocate('float32', 1);
    assertThrows(() => device.readSync?.(buffer), DeviceError, /belongs to another device/);
    assertThrows(() => device.write(buffer, Float32Array.of(1)), DeviceError, /belongs to another device/);
    device.dispose();
  });
}

test('kernels with lists of sizes work on after the memory has grown', () => {
  for (const threads of [1, 2]) {
    const device = createWasmDevice({ threads });
    for (const length of [16, 4e6]) {
      const [x, out] = [device.allocate('int32', length), device.allocate('int32', 4)];
      device.write(
        x,
        Int32Array.from({ length: 16 }, (_, i) => i),
      );
      const layout = { shape: [2, 2], xStrides: [1, 4], xOffset: 0, outStrides: [2, 1], outOffset: 0 };
      device.kernels.copy(x, out, layout);
      assert.equal([...(device.readSync?.(out) ?? [])], [0, 4, 1, 5]);
    }
    device.dispose();
  }
});

test('report names the kernels that ran on js, and how often', () => {
  const device = createWasmDevice({ threads: 1 });
  assert.equal(device.report(), []);
  const [out, updates, index] = [device.allocate('uint8', 1), device.allocate('uint8', 1), device.allocate('int32', 1)];
  device.write(out, Uint8Array.of(2));
  device.write(updates, Uint8Array.of(3));
  device.write(index, Int32Array.of(0));
  const sizes = { outer: 1, size: 1, inner: 1, count: 1 };
  device.kernels.scatterAdd(out, index, updates, sizes); // no code of its own for uint8
  device.kernels.scatterAdd(out, index, updates, sizes);
  device.kernels.gather(out, index, updates, sizes);
  assert.equal([...(device.readSync?.(updates) ?? [])], [8]);
  assert.equal(device.report(), [{ kernel: 'scatterAdd', calls: 2, ranOn: 'js' }]);
});

test('float64 runs on js on the memory of wasm, and is counted; products have code once it is loaded', () => {
  const device = createWasmDevice({ threads: 1 });
  const { kernels } = device;
  const [x, y, z] = [device.allocate('float64', 4), device.allocate('float64', 4), device.allocate('float64', 4)];
  device.write(x, Float64Array.of(0.1, 0.2, 0.3, 0.4));
  kernels.copy(x, z, { shape: [2, 2], xStrides: [1, 2], xOffset: 0, outStrides: [2, 1], outOffset: 0 });
  assert.equal([...(device.readSync?.(z) ?? [])], [0.1, 0.3, 0.2, 0.4]);
  kernels.unary('exp', x, z);
  kernels.unary('exp', x, z);
  assert.equal([...(device.readSync?.(z) ?? [])], [0.1, 0.2, 0.3, 0.4].map(Math.exp));
  kernels.binaryScalar('pow', x, 2, y, false);
  assertClose(device.readSync?.(y) ?? [], [0.01, 0.04, 0.09, 0.16], { rtol: 1e-15 });
  const counted = [
    { kernel: 'copy', calls: 1, ranOn: 'js' },
    { kernel: 'unary', calls: 2, ranOn: 'js' },
    { kernel: 'binaryScalar', calls: 1, ranOn: 'js' },
  ] as const;
  assert.equal(device.report(), counted);
  const sizes = { m: 2, n: 2, k: 2, transposeA: false, transposeB: false, batch: [], aStrides: [], bStrides: [] };
  const product = (): unknown => {
    kernels.matmul(x, y, z, { ...sizes, accumulate: false });
    return device.readSync?.(z);
  };
  const plain = product();
  assert.equal(device.report(), [...counted, { kernel: 'matmul', calls: 1, ranOn: 'js' }]);
  device.extend(doubleProducts);
  assertClose(product() as Float64Array, plain as Float64Array, { rtol: 1e-15 });
  assert.is(device.report().at(-1)?.calls, 1, 'its own code now');
  device.dispose();
});

test('float64 becomes whole numbers as float32 does: cut, saturated, NaN 0', () => {
  for (const [, make] of makers) {
    const device = make();
    const x = device.allocate('float64', 7);
    device.write(x, Float64Array.of(0.5, -0.5, 3e9, -3e9, Number.NaN, 300.7, Number.POSITIVE_INFINITY));
    const cast = (to: DType): number[] => {
      const out = device.allocate(to, 7);
      device.kernels.cast(x, out, to);
      return [...(device.readSync?.(out) ?? [])];
    };
    assert.equal(cast('int32'), [0, 0, 2 ** 31 - 1, -(2 ** 31), 0, 300, 2 ** 31 - 1]);
    assert.equal(cast('uint8'), [0, 0, 255, 0, 0, 255, 255]);
    assert.equal(cast('bool'), [1, 1, 1, 1, 1, 1, 1]);
    device.dispose();
  }
});

test('a disposed device gives no more memory, and can be disposed twice', () => {
  const device = createWasmDevice({ threads: 2 });
  device.dispose();
  device.dispose();
  assertThrows(() => device.allocate('float32', 1), DisposedError, /this device was disposed/);
});

const run = promisify(execFile);

/** Prints of a script in a process of its own, where parts of the host can be taken away before the package loads. */
async function script(code: string): Promise<{ lines: string[]; warnings: string }> {
  const args = [...process.execArgv, '--input-type=module', '-e', code];
  const { stdout, stderr } = await run(process.execPath, args, { timeout: 20_000 });
  return { lines: stdout.trim().split('\n'), warnings: stderr };
}

const load = "const k = await import('@saccade/kernels');";
const compute = `
  const out = device.allocate('float32', 2);
  device.kernels.fill(out, 3);
  console.log(device.name + ' ' + device.info.threads + ' ' + [...device.readSync(out)]);
  console.log(device.info.reason);`;

test('where WebAssembly cannot compile, or is missing, auto warns and runs on js; asking for wasm fails', async () => {
  const hosts = [
    "WebAssembly.Module = function () { throw new WebAssembly.CompileError('blocked by policy'); };",
    'delete globalThis.WebAssembly;',
  ];
  for (const host of hosts) {
    const { lines, warnings } = await script(`
      ${load} ${host}
      const error = await k.init({ device: 'wasm' }).catch((error) => error);
      console.log(error.name + ': ' + error.message);
      const device = await k.init(); ${compute}`);
    assert.is(lines[0], 'DeviceError: wasm: this host does not let WebAssembly compile');
    assert.is(lines[1], 'js 1 3,3');
    assert.match(lines[2] ?? '', /wasm could not start/);
    assert.match(warnings, /saccade: wasm: this host .* running on the slow 'js' device instead/);
  }
});

test('where memory cannot be shared, or threads cannot start, one thread does all', async () => {
  const unshared = await script(`
    delete globalThis.SharedArrayBuffer;
    ${load} const device = await k.init({ threads: 4 }); ${compute}`);
  assert.is(unshared.lines[0], 'wasm 1 3,3');
  assert.match(unshared.lines[1] ?? '', /cross-origin isolated/);

  const blocked = `
    const { getBuiltinModule } = process;
    class Worker { constructor() { throw new Error('no workers here'); } }
    process.getBuiltinModule = (name) => name === 'node:worker_threads' ? { Worker } : getBuiltinModule(name);
    ${load}
    const device = await k.init({ threads: 4, shareFrom: 0 });
    const error = await device.ready().catch((error) => error);
    console.log(error.name + ': ' + error.message); ${compute}
    device.kernels.fill(device.allocate('float32', 1e6), 4);`;
  const { lines, warnings } = await script(blocked);
  assert.is(lines[0], 'DeviceError: wasm: a worker thread failed');
  assert.is(lines[1], 'wasm 4 3,3');
  assert.match(warnings, /^saccade: wasm: a worker thread failed; running on one thread instead\n$/);
});

test.run();

/** The GPU device: its buffers, its order, what it leaves to the CPU, and the traps of gpu.js. On the GPU under test. */
import {
  createJsDevice,
  createWasmDevice,
  type Device,
  DeviceError,
  DTypeError,
  IndexError,
  init,
  ShapeError,
  useDevice,
} from '@saccade/kernels';
import { createGpuDevice } from '@saccade/kernels/gpu';
import { assertClose, assertRejects, assertThrows, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** All that follows needs a GPU; without one there are the reasons why there is none. */
const onGpu = testDevice !== 'wasm';

const fallback = (): Device => createWasmDevice({ threads: 1, deterministic: true });
let device: Device;

/** The GPU under test, as a device of its own. */
const start = (cpu = fallback): Promise<Device> => createGpuDevice({ device: testDevice as 'webgpu', fallback: cpu });

const product = { batch: [], aStrides: [], bStrides: [], transposeA: false, transposeB: false, accumulate: false };

/** Runs `kernel` on the device with new buffers: arrays are inputs, a length is a float32 output. Gives the outputs. */
async function run(kernel: 'matmul' | 'unary' | 'copy' | 'reduce', ...args: unknown[]): Promise<Float32Array[]> {
  const buffers = args.map((argument) => {
    if (!(argument instanceof Float32Array)) return argument;
    const buffer = device.allocate('float32', argument.length);
    device.write(buffer, argument);
    return buffer;
  });
  (device.kernels[kernel] as (...all: unknown[]) => void)(...buffers);
  const values = await Promise.all(
    buffers.flatMap((buffer, i) => (args[i] instanceof Float32Array ? [device.read(buffer as never)] : [])),
  );
  buffers.forEach((buffer, i) => {
    if (args[i] instanceof Float32Array) device.release(buffer as never);
  });
  return values as Float32Array[];
}

if (!onGpu) {
  test('where there is no GPU, init says why, and all works on the CPU', async () => {
    const before = useDevice(undefined);
    const quiet = await init();
    assert.is(quiet.name, 'wasm');
    assert.match(quiet.info.reason, /^(this host has no GPU|no GPU could be had: .+); /);
    const { warn } = console;
    const warnings: unknown[] = [];
    console.warn = (text: unknown) => warnings.push(text);
    try {
      const asked = await init({ device: 'webgl2', threads: 1 });
      if (asked.name === 'webgl2') return;
      assert.match(asked.info.reason, /^no GPU could be had: webgl2: /);
      assert.is(asked.info.threads, 1);
      assert.match(String(warnings[0]), /^saccade: webgl2: .*; running on the CPU instead$/);
    } finally {
      console.warn = warn;
      useDevice(before);
    }
  });
} else {
  test.before(async () => {
    device = await start();
  });

  test('auto never takes a GPU that software plays', async () => {
    const before = useDevice(undefined);
    const chosen = await init();
    useDevice(before);
    assert.is(chosen.name, 'wasm');
    assert.match(chosen.info.reason, /^no GPU could be had: webgpu: .+; webgl2: .* is software/);
  });

  test("the page's own GPU is left as it was", () => {
    const { GPU } = globalThis as { GPU?: { prototype?: { createKernel?: unknown } } };
    assert.is(GPU?.prototype?.createKernel, undefined);
    if (testDevice === 'webgpu') assert.ok(/native code/.test(String(GPU)));
  });

  test('info names the GPU; there is no float64, and no reading at once', () => {
    assert.is(device.name, testDevice);
    assert.match(device.info.arithmetic, /swiftshader|llvmpipe/i);
    assert.not(device.supports('float64'));
    assert.is(device.readSync, undefined);
    assertThrows(() => device.allocate('float64', 1), DTypeError, /has no float64/);
    const other = createJsDevice().allocate('float32', 1);
    assertThrows(() => device.release(other), DeviceError, /belongs to another device/);
  });

  test('buffers keep what is written, of every element type', async () => {
    const arrays = {
      float32: Float32Array.of(1.5, Number.NEGATIVE_INFINITY, Number.NaN, 3e38),
      int32: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1, 2 ** 24 + 1),
      uint8: Uint8Array.of(0, 128, 255, 1),
      bool: Uint8Array.of(0, 1, 1, 0),
    };
    for (const [dtype, values] of Object.entries(arrays) as ['float32', Float32Array][]) {
      const buffer = device.allocate(dtype, 4);
      const copy = device.allocate(dtype, 4);
      device.write(buffer, values);
      const layout = { shape: [4], xStrides: [1], xOffset: 0, outStrides: [1], outOffset: 0 };
      device.kernels.copy(buffer, copy, layout);
      const into = new (values.constructor as Float32ArrayConstructor)(4);
      assert.is(await device.read(copy, into), into);
      for (const read of [await device.read(buffer), await device.read(copy), into]) {
        assert.is(read.constructor, values.constructor);
        assert.ok(
          read.every((value, i) => Object.is(value, values[i])),
          `${dtype}: ${read}`,
        );
      }
      await assertRejects(
        () => device.read(copy, new Float64Array(4)),
        ShapeError,
        /^read: into must be a .* of 4, got Float64Array of 4$/,
      );
      device.release(buffer);
      device.release(copy);
    }
  });

  test('loops go on beyond the thousand steps after which gpu.js stops those whose end it does not know', async () => {
    const k = 5000;
    const [, , out] = await run(
      'matmul',
      new Float32Array(k).fill(1),
      new Float32Array(k).fill(1),
      new Float32Array(1),
      {
        ...product,
        m: 1,
        n: 1,
        k,
      },
    );
    assert.is(out?.[0], k);
  });

  test('tanh of a large number is 1, not NaN', async () => {
    const [, y] = await run('unary', 'tanh', Float32Array.of(100, -100, 1e30, 0.5), new Float32Array(4));
    assertClose(y as Float32Array, [1, -1, 1, Math.tanh(0.5)], { rtol: 2e-6, atol: 0 });
  });

  test('whole numbers beyond 2^24 are kept, by the CPU, and the report counts the calls', async () => {
    const own = await start();
    const [x, y] = [own.allocate('int32', 2), own.allocate('int32', 2)];
    own.write(x, Int32Array.of(16777217, -5));
    assert.equal(own.report(), []);
    own.kernels.unary('neg', x, y);
    assert.equal([...(await own.read(y))], [-16777217, 5]);
    assert.equal(own.report(), [{ kernel: 'unary', calls: 1, ranOn: 'wasm' }]);
  });

  test('whole numbers are added on the GPU as long as the sum is exact there, and on the CPU from then on', async () => {
    const own = await start();
    const [x, y] = [own.allocate('int32', 1), own.allocate('int32', 1)];
    own.write(x, Int32Array.of(16777210));
    for (let i = 0; i < 6; i++) own.kernels.binaryScalar('add', x, 1, x, false);
    assert.equal([...(await own.read(x))], [16777216]);
    assert.equal(own.report(), []);
    own.kernels.binaryScalar('add', x, 1, x, false);
    own.kernels.binary('sub', x, x, y);
    assert.equal([...(await own.read(x)), ...(await own.read(y))], [16777217, 0]);
    assert.equal(
      own.report().map(({ kernel, calls }) => `${calls} ${kernel}`),
      ['1 binaryScalar', '1 binary'],
    );
  });

  test('more axes than the three that gpu.js counts, and axes of length zero', async () => {
    const x = Float32Array.from({ length: 2 * 3 * 2 * 3 * 2 }, (_, i) => i);
    const reversed = {
      shape: [2, 3, 2, 3, 2],
      xStrides: [1, 2, 6, 12, 36],
      xOffset: 0,
      outStrides: [36, 12, 6, 2, 1],
      outOffset: 0,
    };
    const [, y] = await run('copy', x, new Float32Array(72), reversed);
    const oracle = createJsDevice();
    const [from, to] = [oracle.allocate('float32', 72), oracle.allocate('float32', 72)];
    oracle.write(from, x);
    oracle.kernels.copy(from, to, reversed);
    assert.equal([...(y as Float32Array)], [...(oracle.readSync?.(to) ?? [])]);
    const [empty] = await run('reduce', 'sum', new Float32Array(0), new Float32Array(0), {
      outer: 0,
      size: 3,
      inner: 2,
    });
    assert.is(empty?.length, 0);
  });

  test('one kernel serves arguments of any size, whichever came first', async () => {
    for (const n of [3, 300, 7, 2000, 1]) {
      const [, y] = await run(
        'unary',
        'neg',
        Float32Array.from({ length: n }, (_, i) => i),
        new Float32Array(n),
      );
      assert.equal(
        [...(y as Float32Array)],
        Array.from({ length: n }, (_, i) => (i === 0 ? -0 : -i)),
      );
    }
  });

  test('a kernel is compiled once', async () => {
    const [x, y] = [device.allocate('float32', 50), device.allocate('float32', 50)];
    device.write(x, new Float32Array(50));
    const counts = countCompilations();
    try {
      for (let i = 0; i < 20; i++) device.kernels.unary('sqrt', x, y);
      await device.read(y);
      assert.ok(counts.compiled > 0 && counts.compiled <= 2, `${counts.compiled} shaders`);
    } finally {
      counts.restore();
    }
  });

  test('calls take effect in their order, a kernel that is still compiled or a fallback between them', async () => {
    const own = await start();
    const [x, n] = [own.allocate('float32', 4), own.allocate('float32', 4)];
    own.write(x, Float32Array.of(1, 2, 3, 4));
    own.kernels.binaryScalar('add', x, 1, x, false);
    own.kernels.random('normal', n, { key0: 1, key1: 2, block: 0 }, 0, 0);
    own.kernels.binary('add', x, n, x);
    const early = own.read(x);
    own.kernels.binaryScalar('mul', x, 10, x, false);
    const late = own.read(x);
    own.release(x);
    own.write(n, Float32Array.of(5, 5, 5, 5));
    assert.equal([...(await early)], [2, 3, 4, 5]);
    assert.equal([...(await late)], [20, 30, 40, 50]);
    assert.equal([...(await own.read(n))], [5, 5, 5, 5]);
  });

  test('what the CPU refuses in the place of the GPU reaches the one who reads, and nobody else', async () => {
    const own = await start(refusing);
    const [x, y, z] = [own.allocate('int32', 1), own.allocate('int32', 1), own.allocate('float32', 1)];
    own.write(x, Int32Array.of(2 ** 30));
    own.kernels.unary('neg', x, y);
    own.kernels.cast(y, z, 'float32');
    await assertRejects(() => own.read(y), IndexError, /refused/);
    await assertRejects(() => own.read(z), IndexError, /refused/);
    own.kernels.fill(z, 3);
    assert.equal([...(await own.read(z))], [3]);
    assert.equal([...(await own.read(x))], [2 ** 30]);
  });

  test('a chain of elementwise operations is one program, whose steps are there for those who ask', async () => {
    const own = await start();
    const floats = (length: number) => own.allocate('float32', length);
    const [x, bias, sum, y] = [floats(6), floats(3), floats(6), floats(6)];
    own.write(x, Float32Array.of(-3, -2, -1, 0, 1, 2));
    own.write(bias, Float32Array.of(10, 20, 0));
    const counts = countCompilations();
    own.kernels.binary('add', x, bias, sum, {
      shape: [2, 3],
      strides: [
        [3, 1],
        [0, 1],
      ],
    });
    own.kernels.unary('relu', sum, y);
    own.kernels.binaryScalar('mul', y, 2, y, false);
    own.kernels.binary('sub', y, x, y);
    const last = await own.read(y);
    counts.restore();
    assert.equal([...last], [17, 38, 1, 20, 41, 2]);
    assert.is(counts.compiled, testDevice === 'webgpu' ? 1 : 2);
    assert.equal([...(await own.read(sum))], [7, 18, -1, 10, 21, 2]);
  });

  test('an expression keeps what it reads, whatever happens to the buffers', async () => {
    const own = await start();
    const [x, y, z] = [own.allocate('float32', 2), own.allocate('float32', 2), own.allocate('float32', 2)];
    own.write(x, Float32Array.of(1, 2));
    own.kernels.binaryScalar('add', x, 1, y, false);
    own.write(x, Float32Array.of(50, 60));
    own.kernels.binary('mul', y, y, z);
    own.kernels.fill(y, 0);
    own.release(x);
    own.release(y);
    assert.equal([...(await own.read(z))], [4, 9]);
    for (let i = 0; i < 100; i++) own.kernels.binaryScalar('add', z, 1, z, false);
    assert.equal([...(await own.read(z))], [104, 109]);
    own.release(z);
    await own.ready();
    assert.is(own.memory().buffers, 0);
  });

  if (testDevice === 'webgpu') {
    test('what the GPU refuses after the fact reaches the next one who reads, once', async () => {
      const own = await start();
      const x = own.allocate('float32', 12345);
      const host = globalThis as unknown as {
        GPUDevice: { prototype: { createBuffer(d: { usage: number }): unknown } };
      };
      const { prototype } = host.GPUDevice;
      const { createBuffer } = prototype;
      const { error } = console;
      console.error = () => {}; // gpu.js tells it there
      try {
        // A buffer that no kernel can write.
        prototype.createBuffer = function (descriptor) {
          return createBuffer.call(this, { ...descriptor, usage: descriptor.usage & ~0x80 });
        };
        own.kernels.fill(x, 1);
        own.kernels.unary('sqrt', x, x);
        await assertRejects(() => own.read(x), DeviceError, /^webgpu: .+/);
      } finally {
        prototype.createBuffer = createBuffer;
        console.error = error;
      }
      const y = own.allocate('float32', 777777);
      own.kernels.fill(y, 2);
      assert.is((await own.read(y))[777776], 2);
    });
  }

  test('memory counts live buffers; the GPU has no more of them after many calls than after few', async () => {
    const own = await start();
    const step = (): void => {
      const [a, b] = [own.allocate('float32', 1000), own.allocate('float32', 1000)];
      own.kernels.fill(a, 2);
      own.kernels.unary('square', a, b);
      own.kernels.binary('add', a, b, a);
      own.release(a);
      own.release(b);
    };
    for (let i = 0; i < 10; i++) step();
    await own.ready();
    const { reserved } = own.memory();
    for (let i = 0; i < 1000; i++) step();
    await own.ready();
    assert.equal({ ...own.memory() }, { buffers: 0, inUse: 0, reserved });
  });

  test('a device that was disposed says so', async () => {
    const own = await start();
    const x = own.allocate('float32', 1);
    own.kernels.fill(x, 1);
    await own.read(x);
    own.dispose();
    assertThrows(
      () => own.kernels.fill(x, 2),
      DeviceError,
      /the GPU was lost: the device was disposed; call init again/,
    );
    device = await start();
  });
}

/** A CPU whose kernels all fail. */
function refusing(): Device {
  const kernels = new Proxy(
    {},
    {
      get: () => () => {
        throw new IndexError('refused');
      },
    },
  );
  return { ...createWasmDevice({ threads: 1 }), kernels: kernels as Device['kernels'] };
}

/** Counts shaders that are compiled from now on. */
function countCompilations(): { compiled: number; restore(): void } {
  const host = globalThis as unknown as Record<string, { prototype: Record<string, (...args: unknown[]) => unknown> }>;
  const [owner, name] =
    testDevice === 'webgpu' ? ['GPUDevice', 'createShaderModule'] : ['WebGL2RenderingContext', 'compileShader'];
  const prototype = host[owner as string]?.prototype as Record<string, (...args: unknown[]) => unknown>;
  const original = prototype[name as string] as (...args: unknown[]) => unknown;
  const counts = {
    compiled: 0,
    restore: () => {
      prototype[name as string] = original;
    },
  };
  prototype[name as string] = function (this: unknown, ...args: unknown[]) {
    counts.compiled += 1;
    return original.apply(this, args);
  };
  return counts;
}

test.run();

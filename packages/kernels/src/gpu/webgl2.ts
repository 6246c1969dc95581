/** WebGL2 through gpu.js: fragment shaders over textures, four values to a texel. One kernel for each set of sizes. */
import { DeviceError, OutOfMemoryError } from '../errors.js';
import { type Backend, isSoftware, outputLength, type Program, type Storage } from './backend.js';
import { type Gpu, GpuJs, type Kernel, type TextureHandle } from './gpu-js.js';
import { addHelpers, sourceOf } from './source.js';
import { type HandleClass, type TextureStorage, Textures } from './webgl2-textures.js';

/** Kernels that are kept; a new size beyond that destroys the one that was not used for the longest time. */
const KEEP_KERNELS = 1000;

const settings = {
  pipeline: true,
  precision: 'single',
  // Without it gpu.js takes low precision for small sizes.
  tactic: 'precision',
  // Its remedy for inexact quotients of whole numbers spoils those beyond 2^31, and we divide whole numbers otherwise.
  fixIntegerDivisionAccuracy: false,
  // Else sizes would be floats, and indices made of them inexact from 2^24 on.
  strictIntegers: true,
  loopMaxIterations: 2 ** 31 - 1,
} as const;

function openContext(): { canvas: HTMLCanvasElement | OffscreenCanvas; gl: WebGL2RenderingContext } {
  const canvas =
    typeof document === 'undefined'
      ? typeof OffscreenCanvas === 'undefined'
        ? undefined
        : new OffscreenCanvas(1, 1)
      : document.createElement('canvas');
  const gl = canvas?.getContext('webgl2', { alpha: false, depth: false, antialias: false });
  if (!canvas || !gl) throw new DeviceError('webgl2: this host has no WebGL2');
  if (!(gl as WebGL2RenderingContext).getExtension('EXT_color_buffer_float')) {
    throw new DeviceError('webgl2: this GPU cannot draw float32 textures (EXT_color_buffer_float)');
  }
  correctHoists(gl as WebGL2RenderingContext);
  return { canvas, gl: gl as WebGL2RenderingContext };
}

/** gpu.js gives an index that reads a texture a variable of its own, which it calls a float where the index is whole. */
function correctHoists(gl: WebGL2RenderingContext): void {
  const { shaderSource } = gl;
  gl.shaderSource = (shader, text) => shaderSource.call(gl, shader, text.replace(/\bfloat (?=hoisted_\d)/g, 'int '));
}

class WebGl2Backend implements Backend {
  readonly name = 'webgl2';
  readonly readsFour = true;
  readonly adapter: string;
  readonly software: boolean;
  readonly lost: Promise<string>;
  readonly #gl: WebGL2RenderingContext;
  readonly #gpu: Gpu;
  readonly #kernels = new Map<string, Kernel>();
  readonly #textures: Textures;

  constructor(canvas: HTMLCanvasElement | OffscreenCanvas, gl: WebGL2RenderingContext) {
    this.#gl = gl;
    const names = gl.getExtension('WEBGL_debug_renderer_info');
    this.adapter = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    this.software = isSoftware(this.adapter);
    this.lost = new Promise((resolve) => {
      canvas.addEventListener('webglcontextlost', () => resolve('the WebGL context was lost'), { once: true });
    });
    this.#gpu = new GpuJs({ mode: 'webgl2', canvas, context: gl });
    addHelpers(this.#gpu, 'glsl');
    this.#textures = new Textures(gl, this.#learnHandleClass());
  }

  /** gpu.js does not export the class of its textures with four values to a texel; a kernel that makes one tells it. */
  #learnHandleClass(): HandleClass {
    const make = this.#gpu.createKernel('function () { return 0; }', {
      ...settings,
      output: [4],
      optimizeFloatMemory: true,
    });
    const made = make() as TextureHandle;
    const found = made.constructor as HandleClass;
    make.kernel.destroy();
    return found;
  }

  #kernel(program: Program, inputs: Readonly<Record<string, Storage>>): Kernel {
    const shapes = Object.values(inputs).map((storage) => {
      const { width, height } = storage as TextureStorage;
      return `${width}x${height}:${storage.length}`;
    });
    const key = [program.name, ...shapes, ...Object.values(program.sizes), program.grid.join('x')].join(' ');
    const known = this.#kernels.get(key);
    if (known) {
      this.#kernels.delete(key);
      this.#kernels.set(key, known);
      return known;
    }
    const [x = 1, y = 1, z = 1] = program.grid;
    const isPlane = program.grid.length > 1 && z === 1;
    const numbers = Object.keys(program.numbers);
    const names = [...Object.keys(inputs), ...numbers];
    // gpu.js would lay a plane out as a texture of its very sides, which may be too long; a block is laid out square.
    const places = [
      'this.thread.x',
      ...(isPlane ? ['this.thread.z', 'this.thread.y'] : ['this.thread.y', 'this.thread.z']),
    ];
    const { kernel } = this.#gpu.createKernel(
      sourceOf(program, names, places, (name) => `this.constants.${name}`),
      {
        ...settings,
        output: program.grid.length === 1 ? [x] : isPlane ? [x, 1, y] : [x, y, z],
        optimizeFloatMemory: program.width === 1,
        constants: program.sizes,
        argumentTypes: [
          ...Object.keys(inputs).map((name) =>
            program.four?.includes(name) ? 'ArrayTexture(4)' : 'MemoryOptimizedNumberTexture',
          ),
          ...numbers.map(() => 'Float'),
        ],
      },
    );
    this.#kernels.set(key, kernel);
    if (this.#kernels.size > KEEP_KERNELS) {
      const [oldest, old] = this.#kernels.entries().next().value as [string, Kernel];
      this.#kernels.delete(oldest);
      old.destroy();
    }
    return kernel;
  }

  run(program: Program, inputs: Readonly<Record<string, Storage>>): Storage {
    const kernel = this.#kernel(program, inputs);
    const args = [
      ...Object.entries(inputs).map(([name, storage]) =>
        program.four?.includes(name)
          ? this.#textures.four(storage as TextureStorage)
          : (storage as TextureStorage).handle,
      ),
      ...Object.values(program.numbers),
    ];
    const out = this.#textures.make(outputLength(program), kernel);
    // The next run draws where we say.
    kernel.texture = out.handle;
    if (!kernel.built) kernel.build(...args);
    kernel._textureSwitched = true;
    kernel.run(...args);
    kernel.texture = null;
    return out;
  }

  async takeFailure(): Promise<Error | undefined> {
    if (this.#gl.getError() !== this.#gl.OUT_OF_MEMORY) return undefined;
    return new OutOfMemoryError('out of memory: webgl2: the GPU has no room for a texture', 0, this.#textures.reserved);
  }

  upload(values: Float32Array): Storage {
    return this.#textures.upload(values);
  }

  read(storage: Storage): Promise<Float32Array> {
    return this.#textures.read(storage as TextureStorage);
  }

  release(storage: Storage): void {
    this.#textures.release(storage as TextureStorage);
  }

  get reserved(): number {
    return this.#textures.reserved;
  }

  dispose(): void {
    void this.#gpu.destroy();
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** Starts WebGL2. @throws {DeviceError} where there is none, or none with float32 textures */
export function startWebGl2(): Backend {
  const { canvas, gl } = openContext();
  return new WebGl2Backend(canvas, gl);
}

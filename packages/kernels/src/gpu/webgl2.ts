/** WebGL2 through gpu.js: fragment shaders over textures, four values to a texel. One kernel for each set of sizes. */
import { DeviceError, OutOfMemoryError } from '../errors.js';
import { type Backend, isSoftware, outputLength, type Program, type Storage } from './backend.js';
import { type Gpu, GpuJs, type Kernel, type TextureHandle } from './gpu-js.js';
import { Pool } from './pool.js';
import { addHelpers, sourceOf } from './source.js';

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

type HandleClass = new (settings: object) => TextureHandle;

class TextureStorage implements Storage {
  readonly length: number;
  readonly handle: TextureHandle;
  four: TextureHandle | undefined;

  constructor(length: number, handle: TextureHandle) {
    this.length = length;
    this.handle = handle;
  }

  get width(): number {
    return this.handle.size[0] as number;
  }

  get height(): number {
    return this.handle.size[1] as number;
  }
}

/** As square as can be, like gpu.js makes its own. */
function textureSize(texels: number): [number, number] {
  let high = Math.ceil(Math.sqrt(texels));
  let low = Math.floor(Math.sqrt(texels));
  while (high * low < texels) {
    high -= 1;
    low = Math.ceil(texels / high);
  }
  return [low, Math.ceil(texels / low)];
}

/** Four float32 values to a texel. */
const bytesOf = (width: number, height: number): number => width * height * 16;

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
  readonly #pool = new Pool<WebGLTexture>((texture) => this.#gl.deleteTexture(texture));
  readonly #handleClass: HandleClass;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #maxSide: number;

  constructor(canvas: HTMLCanvasElement | OffscreenCanvas, gl: WebGL2RenderingContext) {
    this.#gl = gl;
    const names = gl.getExtension('WEBGL_debug_renderer_info');
    this.adapter = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    this.software = isSoftware(this.adapter);
    this.lost = new Promise((resolve) => {
      canvas.addEventListener('webglcontextlost', () => resolve('the WebGL context was lost'), { once: true });
    });
    this.#maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.#gpu = new GpuJs({ mode: 'webgl2', canvas, context: gl });
    addHelpers(this.#gpu, 'glsl');
    this.#framebuffer = gl.createFramebuffer() as WebGLFramebuffer;
    this.#handleClass = this.#learnHandleClass();
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

  #handle(texture: WebGLTexture, size: readonly [number, number], length: number, kernel: object = {}): TextureHandle {
    const gl = this.#gl;
    // gpu.js counts the handles of a texture and makes another one to draw into where there are several; ours has one.
    (texture as TextureHandle['texture'])._refs = 0;
    return new this.#handleClass({
      texture,
      size: Int32Array.from(size),
      dimensions: [length, 1, 1],
      output: [length],
      context: gl,
      internalFormat: gl.RGBA32F,
      textureFormat: gl.RGBA,
      kernel,
    });
  }

  /** The handle that reads the four values of a texel at once. */
  #fourHandle(storage: TextureStorage): TextureHandle {
    if (!storage.four) {
      storage.four = this.#handle(storage.handle.texture, [storage.width, storage.height], storage.length);
      storage.four.type = 'ArrayTexture(4)';
    }
    return storage.four;
  }

  /** A texture of the size; its contents are undefined. */
  #take(size: readonly [number, number]): WebGLTexture {
    const [width, height] = size;
    const bytes = bytesOf(width, height);
    if (Math.max(width, height) > this.#maxSide) {
      throw new OutOfMemoryError(
        `out of memory: webgl2: asked for ${bytes} bytes, this GPU has textures up to ${this.#maxSide} x ${this.#maxSide}`,
        bytes,
        this.#pool.reserved,
      );
    }
    return this.#pool.take(`${width}x${height}`, bytes, () => this.#newTexture(width, height));
  }

  #newTexture(width: number, height: number): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture() as WebGLTexture;
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, width, height);
    return texture;
  }

  async takeFailure(): Promise<Error | undefined> {
    if (this.#gl.getError() !== this.#gl.OUT_OF_MEMORY) return undefined;
    return new OutOfMemoryError('out of memory: webgl2: the GPU has no room for a texture', 0, this.#pool.reserved);
  }

  upload(values: Float32Array): Storage {
    const gl = this.#gl;
    const size = textureSize(Math.max(1, Math.ceil(values.length / 4)));
    const texture = this.#take(size);
    const full = size[0] * size[1] * 4;
    let padded = values;
    if (values.length !== full) {
      padded = new Float32Array(full);
      padded.set(values);
    }
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, size[0], size[1], gl.RGBA, gl.FLOAT, padded);
    return new TextureStorage(values.length, this.#handle(texture, size, values.length));
  }

  /** Asks for the values at once, so that later commands cannot change them, and waits without holding up the page. */
  async read(storage: Storage): Promise<Float32Array> {
    const gl = this.#gl;
    const { width, height, handle } = storage as TextureStorage;
    const pack = gl.createBuffer();
    const values = new Float32Array(width * height * 4);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, handle.texture, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pack);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, values.byteLength, gl.STREAM_READ);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
    try {
      await this.#finished();
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pack);
      gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, values);
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
      if (gl.isContextLost()) throw new Error('the WebGL context was lost');
      return values.subarray(0, storage.length);
    } finally {
      gl.deleteBuffer(pack);
    }
  }

  /** Resolves when the GPU has done all that was asked of it so far. */
  async #finished(): Promise<void> {
    const gl = this.#gl;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (!fence) throw new Error('the WebGL context was lost');
    gl.flush();
    while (!gl.isContextLost() && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED) await nextTask();
    gl.deleteSync(fence);
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
    const length = outputLength(program);
    const size = textureSize(Math.max(1, Math.ceil(length / 4)));
    const args = [
      ...Object.entries(inputs).map(([name, storage]) =>
        program.four?.includes(name) ? this.#fourHandle(storage as TextureStorage) : (storage as TextureStorage).handle,
      ),
      ...Object.values(program.numbers),
    ];
    const texture = this.#take(size);
    const handle = this.#handle(texture, size, length, kernel);
    // The next run draws where we say.
    kernel.texture = handle;
    if (!kernel.built) kernel.build(...args);
    kernel._textureSwitched = true;
    kernel.run(...args);
    kernel.texture = null;
    return new TextureStorage(length, handle);
  }

  release(storage: Storage): void {
    const { width, height, handle } = storage as TextureStorage;
    this.#pool.give(`${width}x${height}`, bytesOf(width, height), handle.texture);
  }

  get reserved(): number {
    return this.#pool.reserved;
  }

  dispose(): void {
    void this.#gpu.destroy();
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** Resolves in a task of its own; a timer would wait for milliseconds. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** Starts WebGL2. @throws {DeviceError} where there is none, or none with float32 textures */
export function startWebGl2(): Backend {
  const { canvas, gl } = openContext();
  return new WebGl2Backend(canvas, gl);
}

/** Memory of WebGL2: textures that hold float32 values, four to a texel, made, filled, read and kept for reuse. */
import { OutOfMemoryError } from '../errors.js';
import type { Storage } from './backend.js';
import type { TextureHandle } from './gpu-js.js';
import { Pool } from './pool.js';

/** gpu.js's class of textures with four values to a texel. */
export type HandleClass = new (settings: object) => TextureHandle;

export class TextureStorage implements Storage {
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

export class Textures {
  readonly #gl: WebGL2RenderingContext;
  readonly #handleClass: HandleClass;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #maxSide: number;
  readonly #pool = new Pool<WebGLTexture>((texture) => this.#gl.deleteTexture(texture));

  constructor(gl: WebGL2RenderingContext, handleClass: HandleClass) {
    this.#gl = gl;
    this.#handleClass = handleClass;
    this.#framebuffer = gl.createFramebuffer() as WebGLFramebuffer;
    this.#maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  }

  /** A storage with undefined contents, for `kernel` to draw into. */
  make(length: number, kernel: object = {}): TextureStorage {
    const size = textureSize(Math.max(1, Math.ceil(length / 4)));
    return new TextureStorage(length, this.#handle(this.#take(size), size, length, kernel));
  }

  upload(values: Float32Array): TextureStorage {
    const gl = this.#gl;
    const storage = this.make(values.length);
    const { width, height, handle } = storage;
    const full = width * height * 4;
    let padded = values;
    if (values.length !== full) {
      padded = new Float32Array(full);
      padded.set(values);
    }
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, handle.texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.FLOAT, padded);
    return storage;
  }

  /** Asks for the values at once, so that later commands cannot change them, and waits without holding up the page. */
  async read(storage: TextureStorage): Promise<Float32Array> {
    const gl = this.#gl;
    const { width, height, handle } = storage;
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

  /** The handle that reads the four values of a texel at once. */
  four(storage: TextureStorage): TextureHandle {
    if (!storage.four) {
      storage.four = this.#handle(storage.handle.texture, [storage.width, storage.height], storage.length);
      storage.four.type = 'ArrayTexture(4)';
    }
    return storage.four;
  }

  release({ width, height, handle }: TextureStorage): void {
    this.#pool.give(`${width}x${height}`, bytesOf(width, height), handle.texture);
  }

  /** Bytes of all textures, used and free. */
  get reserved(): number {
    return this.#pool.reserved;
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

/** Module files: whole models of PyTorch, what is written, and files that cannot be read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  decodeSafetensors,
  FormatError,
  gather,
  logicalNot,
  memory,
  Rng,
  range,
  SaccadeError,
  scope,
  type Tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BatchNorm,
  Conv2d,
  Embedding,
  Flatten,
  Linear,
  loadModule,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  saveModule,
  TransformerEncoder,
} from '../src/index.js';
import { Vectors } from './reference.js';

const test = suite<{ folder: string }>('module files');
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'saccade-module-'));
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

const rng = new Rng(1);
const golden = (file: string): string => fileURLToPath(new URL(`golden/${file}`, import.meta.url));
const vectors = new Vectors('models.safetensors');

const cnn = (): Sequential =>
  new Sequential(
    new Conv2d(1, 4, 3, { padding: 1, rng }),
    new BatchNorm(4),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(4, 6, 3, { padding: 1, rng }),
    new ReLU(),
    new Flatten({ channelsFirst: true }),
    new Linear(96, 10, { rng }),
  );

/** The transformer of the reference, with PyTorch's names for its parts. */
class Transformer extends Module<[ids: Tensor, mask?: Tensor]> {
  readonly embedding = new Embedding(12, 16, { rng });
  readonly encoder = new TransformerEncoder(2, 16, 2, { rng, hidden: 32, activation: 'gelu', normFirst: true });
  readonly head = new Linear(16, 12, { rng });
  readonly position: Tensor;

  constructor() {
    super();
    this.position = this.parameter('position', zeros([10, 16]));
  }

  override forward(ids: Tensor, mask?: Tensor): Tensor {
    return scope(() => {
      const places = gather(this.position, range(0, ids.shape[1] as number, 1, { dtype: 'int32' }));
      return this.head.forward(this.encoder.forward(add(this.embedding.forward(ids), places), { mask }));
    });
  }
}

for (const name of ['model-cnn', 'model-cnn-f16']) {
  test(`${name}, a state dict of PyTorch, gives PyTorch's outputs`, async () => {
    const before = memory().tensors;
    const model = cnn();
    await loadModule(golden(`${name}.safetensors`), model);
    model.eval();
    scope(() => {
      const images = vectors.get(`${name}/input/x`).reshape([-1, 8, 8, 1]);
      const expected = vectors.get(`${name}/output`).dataSync();
      assertClose(model.forward(images).dataSync(), expected, { rtol: 1e-5, atol: 1e-5 });
    });
    model.dispose();
    // Fewer, if meanwhile the garbage collector freed what other tests dropped.
    assert.ok(memory().tensors <= before);
  });
}

for (const name of ['model-transformer', 'model-transformer-causal']) {
  test(`${name}, a state dict of PyTorch, gives PyTorch's outputs`, async () => {
    const model = new Transformer().eval();
    await loadModule(golden('model-transformer.safetensors'), model);
    scope(() => {
      const mask = vectors.has(`${name}/input/attnMask`)
        ? logicalNot(vectors.get(`${name}/input/attnMask`))
        : undefined;
      const expected = vectors.get(`${name}/output`).dataSync();
      assertClose(model.forward(vectors.get(`${name}/input/x`), mask).dataSync(), expected, { rtol: 1e-5, atol: 1e-5 });
      if (mask === undefined) return;
      const causal = model.encoder.forward(model.embedding.forward(vectors.get(`${name}/input/x`)), { causal: true });
      const masked = model.encoder.forward(model.embedding.forward(vectors.get(`${name}/input/x`)), { mask });
      assertClose(causal.dataSync(), masked.dataSync(), { rtol: 1e-5, atol: 1e-6 });
    });
    model.dispose();
  });
}

test('what is written has the same names and bytes as the file of PyTorch it came from', async ({ folder }) => {
  const model = cnn();
  await loadModule(golden('model-cnn.safetensors'), model);
  const path = join(folder, 'again.safetensors');
  await saveModule(path, model, { metadata: { epoch: '3' } });
  const [ours, theirs] = [path, golden('model-cnn.safetensors')].map((file) => decodeSafetensors(readFileSync(file)));
  assert.is(ours?.metadata.epoch, '3');
  assert.is(ours?.metadata.format, 'pt');
  assert.equal([...(ours?.tensors.keys() ?? [])].sort(), [...(theirs?.tensors.keys() ?? [])].sort());
  for (const [name, { data, shape }] of theirs?.tensors ?? []) {
    const own = ours?.tensors.get(name);
    assert.equal(own?.shape, shape);
    assert.equal(Array.from(own?.data as Float32Array), Array.from(data as Float32Array, Number));
  }
});

test('a parameter in float64 comes back to the last bit', async ({ folder }) => {
  class Precise extends Module {
    readonly weight = this.parameter('weight', new Rng(2).normal([5], { dtype: 'float64' }));
    override forward(x: Tensor): Tensor {
      return x.mul(this.weight);
    }
  }
  const path = join(folder, 'precise.safetensors');
  const [model, twin] = [new Precise(), new Precise()];
  const values = model.weight.dataSync();
  await saveModule(path, model);
  twin.loadStateDict({ weight: zeros([5]) });
  await loadModule(path, twin);
  assert.equal(twin.weight.dataSync(), values);
  model.dispose();
  twin.dispose();
});

test('a missing file and a damaged one are typed errors, and nothing is changed', async ({ folder }) => {
  const whole = cnn();
  await assertRejects(() => loadModule(join(folder, 'none'), whole), SaccadeError, /cannot be opened/);
  const bytes = readFileSync(golden('model-cnn.safetensors'));
  const cut = join(folder, 'cut.safetensors');
  writeFileSync(cut, bytes.subarray(0, bytes.length - 40));
  const before = [...(whole.stateDict().get('0.weight') as Tensor).dataSync()];
  await assertRejects(() => loadModule(cut, whole), FormatError);
  assert.equal([...(whole.stateDict().get('0.weight') as Tensor).dataSync()], before);
});

test.run();

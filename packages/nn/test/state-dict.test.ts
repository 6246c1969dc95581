/** State dicts: whole models of PyTorch, what does not fit, files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  DisposedError,
  decodeSafetensors,
  FormatError,
  gather,
  logicalNot,
  memory,
  OptionError,
  Rng,
  range,
  SaccadeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BatchNorm,
  Conv2d,
  Embedding,
  Flatten,
  Linear,
  loadModule,
  loadStateDict,
  MaxPool2d,
  MLP,
  Module,
  ReLU,
  Sequential,
  StateDictError,
  saveModule,
  TransformerEncoder,
} from '../src/index.js';
import { Vectors } from './reference.js';

const test = suite<{ folder: string }>('state dicts');
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'saccade-state-'));
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

test('a state dict that does not fit is refused with a list of all that is wrong, and nothing is changed', () => {
  scope(() => {
    const model = new MLP([2, 3, 1], { rng });
    const before = [...model.stateDict()].map(([name, t]) => [name, [...t.dataSync()]]);
    const state = model.stateDict();
    state.delete('0.bias');
    state.set('2.weight', zeros([1, 4]));
    state.set('9.weight', zeros([1]));
    state.set('0.weight', zeros([3, 2], { dtype: 'int32' }));
    const error = assertThrows(() => model.loadStateDict(state), StateDictError) as StateDictError;
    assert.equal(error.missing, ['0.bias']);
    assert.equal(error.unexpected, ['9.weight']);
    assert.equal(error.mismatched, ['0.weight: expected float32, got int32', '2.weight: expected [1, 3], got [1, 4]']);
    for (const line of ['missing (1):\n    0.bias', 'unexpected (1):\n    9.weight', 'of another shape or type (2):']) {
      assert.ok(error.message.includes(line), error.message);
    }
    assert.equal(
      [...model.stateDict()].map(([name, t]) => [name, [...t.dataSync()]]),
      before,
    );
    model.dispose();
  });
});

test('a long list of missing names is cut', () => {
  scope(() => {
    const model = new Sequential(...Array.from({ length: 30 }, () => new Linear(1, 1, { rng })));
    const error = assertThrows(() => model.loadStateDict({}), StateDictError) as StateDictError;
    assert.is(error.missing.length, 60);
    assert.match(error.message, /… and 40 more/);
    model.dispose();
  });
});

test('strict: false leaves the rest alone and says what, but never another shape', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const kept = model.weight.item();
    const report = model.loadStateDict({ bias: tensor([5]), extra: tensor([1]) }, { strict: false });
    assert.equal(report, { missing: ['weight'], unexpected: ['extra'] });
    assert.equal([model.weight.item(), model.bias?.item()], [kept, 5]);
    assertThrows(
      () => model.loadStateDict({ bias: tensor([1, 2]) }, { strict: false }),
      StateDictError,
      /\[1\], got \[2\]/,
    );
    model.dispose();
  });
});

test('names can be mapped and left out', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const state = { 'net.w': tensor([[3]]), 'net.b': tensor([4]), step: tensor([9]) };
    const names: Record<string, string> = { 'net.w': 'weight', 'net.b': 'bias' };
    model.loadStateDict(state, { rename: (name) => names[name] });
    assert.equal([model.weight.item(), model.bias?.item()], [3, 4]);
    model.dispose();
  });
});

test('a state dict is a snapshot: training goes on without it', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const state = model.stateDict();
    const value = model.weight.item();
    model.loadStateDict({ weight: tensor([[7]]), bias: tensor([7]) });
    assert.is(state.get('weight')?.item(), value);
    model.dispose();
  });
});

test('what is no state dict, an unknown option, a missing file and a damaged one are typed errors', async ({
  folder,
}) => {
  const model = new Linear(1, 1, { rng });
  assertThrows(() => model.loadStateDict({ weight: 3 as never }), OptionError, /'weight' is no tensor, got 3/);
  assertThrows(() => model.loadStateDict({}, { strickt: true } as never), OptionError, /no option 'strickt'/);
  await assertRejects(() => loadModule(join(folder, 'none'), model), SaccadeError, /cannot be opened/);
  const bytes = readFileSync(golden('model-cnn.safetensors'));
  const cut = join(folder, 'cut.safetensors');
  writeFileSync(cut, bytes.subarray(0, bytes.length - 40));
  const whole = cnn();
  const before = [...(whole.stateDict().get('0.weight') as Tensor).dataSync()];
  await assertRejects(() => loadModule(cut, whole), FormatError);
  assert.equal([...(whole.stateDict().get('0.weight') as Tensor).dataSync()], before);
});

test('a freed tensor among those given, or two for one name, leaves the module as it is', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const kept = [model.weight.item(), model.bias?.item()];
    const freed = tensor([1]);
    freed.dispose();
    assertThrows(() => model.loadStateDict({ weight: tensor([[9]]), bias: freed }), DisposedError);
    const twice = { weight: tensor([[9]]), bias: tensor([9]), b: tensor([9]) };
    const rename = (name: string): string => (name === 'b' ? 'bias' : name);
    assertThrows(() => model.loadStateDict(twice, { rename }), StateDictError, /bias: given twice, as bias and as b/);
    assert.equal([model.weight.item(), model.bias?.item()], kept);
    for (const wrong of [null, undefined, 3, tensor([1])]) {
      assertThrows(() => model.loadStateDict(wrong as never), OptionError, /expected tensors by name, got/);
    }
    assertThrows(() => loadStateDict({} as never, {}), OptionError, /loadStateDict: expected a module, got an object/);
    model.dispose();
  });
});

test.run();

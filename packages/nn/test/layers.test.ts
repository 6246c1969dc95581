/** Every layer against PyTorch: outputs, gradients by parameters and inputs, changed buffers. */
import {
  add,
  init,
  logicalNot,
  memory,
  mul,
  Rng,
  scope,
  sum,
  type Tensor,
  transpose,
  valueAndGradOf,
} from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyModule,
  AveragePool2d,
  BasicBlock,
  BatchNorm,
  Bottleneck,
  Conv1d,
  Conv2d,
  ELU,
  Embedding,
  GELU,
  GlobalAveragePool,
  GRU,
  type GRUResult,
  GroupNorm,
  LayerNorm,
  LeakyReLU,
  Linear,
  LSTM,
  type LSTMResult,
  MaxPool2d,
  MultiHeadAttention,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '../src/index.js';
import { golden, Vectors } from './reference.js';

onTestDevice(test, init);

interface Case {
  readonly name: string;
  readonly layer: string;
  // biome-ignore lint/suspicious/noExplicitAny: PyTorch's constructor words
  readonly options: Record<string, any>;
  readonly inputs: readonly string[];
  readonly mode: 'train' | 'eval';
}

const rng = new Rng(1);

const build: Record<string, (o: Case['options']) => AnyModule> = {
  Linear: (o) => new Linear(o.inFeatures, o.outFeatures, { rng, bias: o.bias }),
  Embedding: (o) => new Embedding(o.numEmbeddings, o.embeddingDim, { rng, padding: o.paddingIdx }),
  Conv1d: (o) => new Conv1d(o.inChannels, o.outChannels, o.kernelSize, { rng, ...window(o) }),
  Conv2d: (o) => new Conv2d(o.inChannels, o.outChannels, o.kernelSize, { rng, ...window(o) }),
  BatchNorm1d: (o) => batchNorm(o),
  BatchNorm2d: (o) => batchNorm(o),
  GroupNorm: (o) => new GroupNorm(o.numGroups, o.numChannels, { affine: o.affine }),
  LayerNorm: (o) => new LayerNorm(o.normalizedShape, { epsilon: o.eps, affine: o.elementwiseAffine }),
  ReLU: () => new ReLU(),
  LeakyReLU: (o) => new LeakyReLU(o.negativeSlope),
  ELU: (o) => new ELU(o.alpha),
  GELU: (o) => new GELU(o.approximate),
  SiLU: () => new SiLU(),
  Tanh: () => new Tanh(),
  Sigmoid: () => new Sigmoid(),
  Softplus: () => new Softplus(),
  Softmax: (o) => new Softmax(o.dim),
  MaxPool2d: (o) => new MaxPool2d(o.kernelSize, { stride: o.stride, padding: o.padding }),
  AvgPool2d: (o) =>
    new AveragePool2d(o.kernelSize, { stride: o.stride, padding: o.padding, countPadding: o.countIncludePad }),
  AdaptiveAvgPool2d: () => new GlobalAveragePool(),
  MultiheadAttention: (o) =>
    new MultiHeadAttention(o.embedDim, o.numHeads, { rng, bias: o.bias, keyChannels: o.kdim, valueChannels: o.vdim }),
  TransformerEncoderLayer: (o) => new TransformerEncoderLayer(o.dModel, o.nhead, transformer(o)),
  TransformerEncoder: (o) =>
    new TransformerEncoder(o.numLayers, o.dModel, o.nhead, { ...transformer(o), finalNorm: true }),
  GRU: (o) => new GRU(o.inputSize, o.hiddenSize, recurrent(o)),
  LSTM: (o) => new LSTM(o.inputSize, o.hiddenSize, recurrent(o)),
  BasicBlock: (o) => new BasicBlock(o.inPlanes, o.planes, { rng, stride: o.stride }),
  Bottleneck: (o) => new Bottleneck(o.inPlanes, o.planes, { rng, stride: o.stride }),
};

const window = ({ bias, stride, padding, dilation, groups }: Case['options']) => ({
  bias,
  stride,
  padding,
  dilation,
  groups,
});
const batchNorm = (o: Case['options']) =>
  new BatchNorm(o.numFeatures, { momentum: o.momentum, epsilon: o.eps, affine: o.affine });
const transformer = (o: Case['options']) => ({
  rng,
  hidden: o.dimFeedforward,
  dropout: o.dropout,
  activation: o.activation,
  normFirst: o.normFirst,
});
const recurrent = (o: Case['options']) => ({
  rng,
  layers: o.numLayers,
  bidirectional: o.bidirectional,
  bias: o.bias,
});

const channelsFirst = /^(Conv|BatchNorm|GroupNorm|MaxPool|AvgPool|AdaptiveAvgPool|BasicBlock|Bottleneck)/;

/** PyTorch's [batch, channels, ...] to our [batch, ..., channels]. */
function toLast(x: Tensor): Tensor {
  return x.rank < 3 ? x : transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);
}

function toFirst(x: Tensor): Tensor {
  return x.rank < 3 ? x : transpose(x, [0, x.rank - 1, ...x.shape.slice(2).map((_, i) => i + 1)]);
}

/** What the layer gives for a case's inputs, by the names of the outputs. */
function outputs(one: Case, layer: AnyModule, given: Record<string, Tensor>): Record<string, Tensor> {
  const call = (...inputs: unknown[]): unknown => (layer.forward as (...inputs: unknown[]) => unknown)(...inputs);
  if (one.layer === 'GRU' || one.layer === 'LSTM') {
    const states = [given.h, given.c].filter((t) => t !== undefined);
    const { output, hidden, cell } = call(given.x, states.length === 0 ? undefined : states) as GRUResult & LSTMResult;
    return { output, 'output/h': hidden, ...(cell && { 'output/c': cell }) };
  }
  if (!/Attention|Transformer/.test(one.layer)) {
    const y = call(given.x) as Tensor;
    if (one.layer === 'AdaptiveAvgPool2d') return { output: y.reshape([...y.shape, 1, 1]) };
    return { output: channelsFirst.test(one.layer) ? toFirst(y) : y };
  }
  const { attnMask, keyPaddingMask } = given;
  const scores = {
    ...(attnMask && (attnMask.dtype === 'bool' ? { mask: logicalNot(attnMask) } : { bias: attnMask })),
    ...(keyPaddingMask && { keyMask: logicalNot(keyPaddingMask) }),
    ...(given.key && { key: given.key, value: given.value }),
  };
  return { output: call(given.query ?? given.x, scores) as Tensor };
}

const cases = golden<Case[]>('layers.json');
const vectors = new Vectors('layers.safetensors');
const tolerance = { rtol: 1e-5, atol: 1e-5 };

for (const one of cases) {
  test(`${one.name}: outputs, gradients and buffers are PyTorch's`, async () => {
    const before = memory().tensors;
    const layer = (build[one.layer] as (o: Case['options']) => AnyModule)(one.options);
    layer.train(one.mode === 'train');
    await scope(() => check(one, layer));
    layer.dispose();
    assert.is(memory().tensors, before);
  });
}

async function check(one: Case, layer: AnyModule): Promise<void> {
  const stored = (part: string): Tensor => vectors.get(`${one.name}/${part}`);
  const names = vectors.below(`${one.name}/param/`);
  layer.loadStateDict(Object.fromEntries(names.map((name) => [name, stored(`param/${name}`)])));
  const last = channelsFirst.test(one.layer);
  const inputs = Object.fromEntries(one.inputs.map((name) => [name, stored(`input/${name}`)]));
  const given = last ? { ...inputs, x: toLast(inputs.x as Tensor) } : inputs;
  const floats = Object.fromEntries(Object.entries(given).filter(([, t]) => t.dtype === 'float32'));
  const parameters = Object.fromEntries(layer.parameters());
  let results: Record<string, Tensor> = {};
  const [, gradients] = valueAndGradOf({ parameters, floats }, () => {
    results = outputs(one, layer, given as Record<string, Tensor>);
    const parts = Object.entries(results).map(([name, y]) => sum(mul(y, stored(name.replace('output', 'seed')))));
    return [parts.reduce((total, part) => add(total, part)), results];
  });
  for (const [name, y] of Object.entries(results))
    assertClose(await y.data(), await stored(name).data(), tolerance, name);
  for (const [name, g] of Object.entries(gradients.floats)) {
    const torch = last ? toFirst(g) : g;
    assertClose(await torch.data(), await stored(`grad_input/${name}`).data(), tolerance, `gradient by ${name}`);
  }
  await compareGradients(one, layer, gradients.parameters);
  const state = layer.stateDict();
  for (const name of vectors.below(`${one.name}/after/`)) {
    assertClose(await (state.get(name) as Tensor).data(), await stored(`after/${name}`).data(), tolerance, name);
  }
}

/** Gradients have our layouts: a copy of the layer that holds them gives them in PyTorch's. */
async function compareGradients(one: Case, layer: AnyModule, gradients: Record<string, Tensor>): Promise<void> {
  const entries = layer.entries();
  for (const name of vectors.below(`${one.name}/grad/`)) {
    const order = entries.get(name)?.order;
    const g = gradients[name] as Tensor;
    const torch = order === undefined ? g : transpose(g, order);
    assertClose(
      await torch.data(),
      await vectors.get(`${one.name}/grad/${name}`).data(),
      tolerance,
      `gradient by ${name}`,
    );
  }
  assert.equal(Object.keys(gradients).sort(), vectors.below(`${one.name}/grad/`).sort());
}

test('there is a case for every layer that has parameters', () => {
  assert.ok(cases.length > 80);
});

test.run();

/** State dicts of `benbergner/dps`; none is at hand, so they are made with its names and shapes. */
import { StateDictError } from '@saccade/nn';
import { encodeSafetensors, FormatError, memory, Rng, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dpsName, loadDpsCheckpoint } from '../src/model/dps-checkpoint.js';
import { loadSelector, saveSelector } from '../src/model/selector-checkpoint.js';

type Shapes = Map<string, readonly number[]>;

function batchNorm(shapes: Shapes, name: string, channels: number): void {
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${part}`, [channels]);
  shapes.set(`${name}.num_batches_tracked`, []);
}

function stage(shapes: Shapes, name: string, inputs: number, outputs: number): void {
  for (const block of [0, 1]) {
    const path = `${name}.${block}`;
    shapes.set(`${path}.conv1.weight`, [outputs, block === 0 ? inputs : outputs, 3, 3]);
    batchNorm(shapes, `${path}.bn1`, outputs);
    shapes.set(`${path}.conv2.weight`, [outputs, outputs, 3, 3]);
    batchNorm(shapes, `${path}.bn2`, outputs);
  }
  if (inputs === outputs) return;
  shapes.set(`${name}.0.downsample.0.weight`, [outputs, inputs, 1, 1]);
  batchNorm(shapes, `${name}.0.downsample.1`, outputs);
}

/** Names and shapes of the port for a width other than 64, with heads that share its channels. */
function portShapes(width: number, classes: number, inner: number): Shapes {
  const shapes: Shapes = new Map();
  const channels = 8 * width;
  shapes.set('scorer.scorer.0.weight', [width, 3, 7, 7]);
  batchNorm(shapes, 'scorer.scorer.1', width);
  stage(shapes, 'scorer.scorer.4', width, width);
  stage(shapes, 'scorer.scorer.5', width, 2 * width);
  shapes.set('scorer.scorer.6.weight', [1, 2 * width, 3, 3]);
  shapes.set('scorer.scorer.6.bias', [1]);
  shapes.set('feature_net.conv1.weight', [width, 3, 7, 7]);
  batchNorm(shapes, 'feature_net.bn1', width);
  for (const [i, factor] of [1, 2, 4, 8].entries()) {
    stage(shapes, `feature_net.layer${i + 1}`, Math.max(width, (width * factor) / 2), width * factor);
  }
  const layer = 'transformer.layer_stack.0';
  shapes.set(`${layer}.crs_attn.q`, [1, 1, channels]);
  for (const name of ['w_qs', 'w_ks', 'w_vs', 'fc'])
    shapes.set(`${layer}.crs_attn.${name}.weight`, [channels, channels]);
  shapes.set(`${layer}.pos_ffn.w_1.weight`, [inner, channels]);
  shapes.set(`${layer}.pos_ffn.w_1.bias`, [inner]);
  shapes.set(`${layer}.pos_ffn.w_2.weight`, [channels, inner]);
  shapes.set(`${layer}.pos_ffn.w_2.bias`, [channels]);
  for (const part of ['crs_attn', 'pos_ffn']) {
    for (const name of ['weight', 'bias']) shapes.set(`${layer}.${part}.layer_norm.${name}`, [channels]);
  }
  shapes.set('head.0.weight', [classes, channels]);
  shapes.set('head.0.bias', [classes]);
  return shapes;
}

/** A file of such a state dict. */
async function portFile(change: (tensors: Map<string, Tensor>) => void = () => {}): Promise<Uint8Array> {
  const rng = new Rng(1);
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of portShapes(2, 4, 24)) {
    const isCount = name.endsWith('num_batches_tracked');
    tensors.set(name, isCount ? zeros(shape, { dtype: 'int32' }) : rng.uniform(shape, { low: 0.05, high: 0.25 }));
  }
  const all = [...tensors.values()];
  change(tensors);
  const bytes = await encodeSafetensors(tensors, { metadata: { format: 'pt' } });
  for (const t of new Set([...all, ...tensors.values()])) t.dispose();
  return bytes;
}

const geometry = { height: 120, width: 160, patches: 3, patchSize: 16, downscale: 2, heads: 4 } as const;

test('every tensor of the port has its place', async () => {
  const selector = await loadDpsCheckpoint(await portFile(), geometry);
  const ours = [...selector.entries().keys()].filter((name) => name !== 'sigma_multiplier').sort();
  assert.equal([...portShapes(2, 4, 24).keys()].map(dpsName).sort(), ours);
  scope(() => {
    const state = selector.stateDict();
    for (const [name, shape] of portShapes(2, 4, 24))
      assert.equal([...(state.get(dpsName(name))?.shape ?? [])], [...shape]);
  });
  assert.equal([selector.grid.rows, selector.grid.columns], [3, 4]);
  selector.dispose();
});

test('at the port’s own size shapes and grid are the port’s', async () => {
  const shapes = portShapes(64, 4, 2048);
  assert.equal(shapes.get('transformer.layer_stack.0.crs_attn.w_qs.weight'), [512, 512]);
  const total = [...shapes].filter(([name]) => !name.includes('running_') && !name.includes('num_batches'));
  const size = total.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // ResNet-18 without its classifier, its first two stages with a convolution to one score, and the rest.
  const attention = 512 + 4 * 512 * 512 + 2 * 512 + 2 * 512 * 2048 + 2048 + 512 + 2 * 512;
  assert.is(size, 11_176_512 + 683_072 + 2 * 64 * 9 + 1 + attention + 513 * 4);
});

test('it looks, in evaluation and in training', async () => {
  const selector = await loadDpsCheckpoint(await portFile(), geometry);
  scope(() => {
    const x = new Rng(2).normal([2, 120, 160, 3]);
    const { logits } = selector.look(x);
    assert.equal([...logits.shape], [2, 4]);
    const seen = selector.eval().look(x);
    assert.ok(seen.logits.dataSync().every(Number.isFinite));
    assertClose(seen.selection.weights.dataSync(), [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
  selector.dispose();
});

test('it can be saved as a selector', async () => {
  const selector = (await loadDpsCheckpoint(await portFile(), geometry)).eval();
  const kept: Uint8Array[] = [];
  await saveSelector({ save: async (bytes) => void kept.push(bytes) }, selector);
  const twin = (await loadSelector(kept[0] as Uint8Array)).eval();
  scope(() => {
    const x = new Rng(2).normal([1, 120, 160, 3]);
    assert.equal(twin.forward(x).dataSync(), selector.forward(x).dataSync());
  });
  for (const one of [selector, twin]) one.dispose();
});

test('what is missing, of another layer or of another shape is listed, and nothing is left behind', async () => {
  const before = memory().tensors;
  const incomplete = await portFile((tensors) => tensors.delete('head.0.weight'));
  await assertRejects(() => loadDpsCheckpoint(incomplete, geometry), StateDictError, /missing \(1\):\s+head.0.weight/);
  const deeper = await portFile((tensors) => {
    tensors.set('transformer.layer_stack.1.crs_attn.q', zeros([1, 1, 16]));
    tensors.set('transformer.layer_stack.0.crs_attn.q', zeros([1, 2, 16]));
  });
  await assertRejects(
    () => loadDpsCheckpoint(deeper, geometry),
    StateDictError,
    /unexpected \(1\):\s+transformer.layer_stack.1.crs_attn.q\s+of another shape or type \(1\):\s+aggregation.query/,
  );
  const flat = await portFile((tensors) => tensors.set('feature_net.conv1.weight', zeros([6])));
  await assertRejects(
    () => loadDpsCheckpoint(flat, geometry),
    FormatError,
    /feature_net.conv1.weight has too few axes/,
  );
  const huge = await portFile((tensors) => tensors.set('scorer.scorer.0.weight', zeros([20_000, 1])));
  await assertRejects(() => loadDpsCheckpoint(huge, geometry), FormatError, /scorer asks for more than the/);
  assert.is(memory().tensors, before);
});

test.run();

/** Verification: what it measures, and that it finds what is wrong. */
import {
  decodeSafetensors,
  dispose,
  FormatError,
  init,
  memory,
  OptionError,
  packSafetensors,
  Rng,
  ShapeError,
  tensor,
} from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { sharedLayers } from '../../src/checkpoint/shared-block.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { bert, encoded, gpt2, t5, whisper } from './synthetic.js';

onTestDevice(test, init);

async function converted(
  synthetic: Parameters<typeof encoded>[0] & { readonly config: object },
  options: object = { sharedDim: 3 },
): Promise<{ readonly source: Uint8Array; readonly small: Uint8Array; readonly config: never }> {
  const source = await encoded(synthetic);
  const { blob } = await convertToBlob(source, { config: synthetic.config, ...options } as never);
  return { source, small: new Uint8Array(await blob.arrayBuffer()), config: synthetic.config as never };
}

test('self, causal and cross attention; more dimensions, smaller differences', async () => {
  for (const synthetic of [whisper(), gpt2(), t5()]) {
    const differences: number[] = [];
    for (const sharedDim of [1, 3, 8]) {
      const { source, small, config } = await converted(synthetic, { sharedDim, allowGrowth: true });
      const { layers, agrees, others } = await verifyCheckpoint(source, small, { config });
      assert.ok(agrees);
      assert.equal(others.different, []);
      for (const { context, probabilities, error } of layers) {
        assert.ok(context.mean <= context.largest && probabilities.largest <= 1 && context.size > 0.1);
        assert.ok(sharedDim === 8 ? error < 1e-6 && context.largest < 1e-6 : error > 0.01);
      }
      differences.push(layers.reduce((sum, { context }) => sum + context.mean, 0));
    }
    assert.ok(differences[0]! > differences[1]! && differences[1]! > differences[2]!);
  }
});

test('states are random and seeded, or given for all layers or for some', async () => {
  const { source, small, config } = await converted(bert());
  const run = (options: object = {}): ReturnType<typeof verifyCheckpoint> =>
    verifyCheckpoint(source, small, { config, ...options });
  assert.equal(await run({ seed: 3 }), await run({ seed: 3 }));
  assert.not.equal((await run({ seed: 3 })).layers[0]!.context, (await run({ seed: 4 })).layers[0]!.context);
  const tensors = memory().tensors;
  const rng = new Rng(1);
  const hidden = rng.normal([2, 5, 8]);
  const all = await run({ hidden });
  const path = 'bert.encoder.layer.1.attention.self';
  const some = await run({ hidden: new Map([[path, hidden]]) });
  assert.equal(some.layers[1], all.layers[1]);
  assert.not.equal(some.layers[0], all.layers[0]);
  // Where all states are alike every token is looked at equally, whatever the scores.
  const same = tensor(
    Array.from({ length: 40 }, (_, i) => (i % 8) / 8),
    { shape: [5, 8] },
  );
  const alike = await run({ hidden: same });
  assertClose(alike.layers[0]!.probabilities.largest, 0, { atol: 1e-12 });
  await assertRejects(
    () => run({ hidden: rng.normal([5, 7]) }),
    ShapeError,
    /must be \[length, 8\] or \[batch, length, 8\], got \[5, 7\]/,
  );
  await assertRejects(() => run({ hidden: [1, 2] }), OptionError, /hidden must be a tensor/);
  await assertRejects(
    () => run({ hidden: new Map([['x', hidden]]) }),
    OptionError,
    /states of "x", which is no shared layer/,
  );
  await assertRejects(() => run({ length: 0 }), OptionError, /length must be a whole number from 1/);
  await assertRejects(() => run({ nonsense: 0 }), OptionError, /no option 'nonsense'/);
  dispose([hidden, same]);
  assert.is(memory().tensors - tensors, 1); // the one that was refused
});

test('keys of cross attention have states of their own', async () => {
  const { source, small, config } = await converted(whisper());
  const hidden = new Rng(1).normal([4, 8]);
  const keyHidden = new Rng(2).normal([3, 6, 8]);
  const first = await verifyCheckpoint(source, small, { config, hidden });
  const second = await verifyCheckpoint(source, small, { config, hidden, keyHidden: keyHidden.at(0) });
  assert.equal(first.layers[1], second.layers[1]);
  assert.not.equal(first.layers[2], second.layers[2]);
  await assertRejects(
    () => verifyCheckpoint(source, small, { config, hidden: new Rng(1).normal([2, 4, 8]), keyHidden }),
    ShapeError,
    /hidden has 2 sequences, keyHidden 3/,
  );
});

test('what was changed is found', async () => {
  const { source, small, config } = await converted(bert());
  const changed = async (
    name: string,
    change: (data: Float32Array) => void,
  ): Promise<ReturnType<typeof verifyCheckpoint>> => {
    const { tensors, metadata } = decodeSafetensors(new Uint8Array(small));
    change(tensors.get(name)!.data as Float32Array);
    return verifyCheckpoint(source, packSafetensors(tensors, { metadata }), { config });
  };
  const bump = (data: Float32Array): void => {
    data[3]! += 1;
  };
  const path = 'bert.encoder.layer.0.attention';
  const other = await changed(`${path}.output.dense.weight`, bump);
  assert.equal([other.agrees, other.others.different], [false, [`${path}.output.dense.weight`]]);
  const factor = await changed(`${path}.self.query.weight`, bump);
  assert.equal([factor.agrees, factor.others.different], [false, []]);
  assert.ok(factor.layers[0]!.error > factor.layers[0]!.toldError);
  const { tensors, metadata } = decodeSafetensors(small);
  const without = new Map([...tensors].filter(([name]) => !name.includes('word_embeddings')));
  const missing = await verifyCheckpoint(source, packSafetensors(without, { metadata }), { config });
  assert.equal(missing.others.different, ['bert.embeddings.word_embeddings.weight']);
});

test('checkpoints that do not belong together are refused', async () => {
  const { source, small, config } = await converted(bert());
  await assertRejects(
    () => verifyCheckpoint(source, source, { config }),
    FormatError,
    /the second checkpoint is not converted/,
  );
  const other = await encoded(gpt2());
  await assertRejects(
    () => verifyCheckpoint(other, small, { config: gpt2().config }),
    FormatError,
    /no layer "bert\.encoder.* that can be shared/,
  );
});

test('a block of a stranger is checked before it is used', async () => {
  const { source, small, config } = await converted(bert(1));
  const { tensors, metadata } = decodeSafetensors(small);
  const path = 'bert.encoder.layer.0.attention.self';
  type Block = { version: unknown; form: unknown; layers: Record<string, Record<string, unknown>> };
  const refuse = async (change: (block: Block) => void, message: RegExp): Promise<void> => {
    const block = JSON.parse(metadata.collab_attention!) as Block;
    change(block);
    const bytes = packSafetensors(tensors, { metadata: { collab_attention: JSON.stringify(block) } });
    await assertRejects(() => verifyCheckpoint(source, bytes, { config }), FormatError, message);
  };
  await refuse((block) => {
    block.version = 2;
  }, /version must be 1, got 2/);
  await refuse((block) => {
    block.form = 'x';
  }, /form must be plain or released/);
  await refuse((block) => {
    block.layers = [] as never;
  }, /layers must be an object/);
  for (const value of [0, -1, 1.5, 1e99, '3', null]) {
    await refuse(({ layers }) => {
      layers[path]!.shared_dim = value;
    }, /shared_dim of .* must be a count/);
  }
  await refuse(({ layers }) => {
    layers[path]!.shared_dim = 1e9;
  }, /"bert.*query\.weight" must be \[1000000000, 8\], got \[3, 8\]/);
  await refuse(({ layers }) => {
    layers[path]!.heads = 4;
  }, /no layer .* of 4 heads/);
  await refuse(({ layers }) => {
    layers[path]!.key_heads = 3;
  }, /key_heads of .* must be a divisor of 2/);
  await refuse(({ layers }) => {
    layers[path]!.scale = 'x';
  }, /scale of .* must be a number from 0/);
  await refuse(({ layers }) => {
    layers[path]!.tensors = {};
  }, /query of .* must be the name of a tensor/);
  await refuse(({ layers }) => {
    (layers[path]!.tensors as Record<string, unknown>).query = 'x';
  }, /"x" must be \[3, 8\], got no such tensor/);
  await refuse(({ layers }) => {
    layers.none = layers[path]!;
  }, /no layer "none"/);
  assert.is(sharedLayers({}), undefined);
  for (const text of ['', '7', '[]', '{']) {
    await assertRejects(async () => sharedLayers({ collab_attention: text }), FormatError, /collab_attention: /);
  }
  assert.is(sharedLayers(Object.create({ collab_attention: '7' }) as Record<string, string>), undefined);
});

test('progress and a signal', async () => {
  const { source, small, config } = await converted(bert());
  const controller = new AbortController();
  const seen: string[] = [];
  const onProgress = ({
    layer,
    index,
    layers,
  }: {
    readonly layer: string;
    readonly index: number;
    readonly layers: number;
  }): void => {
    seen.push(`${index} of ${layers} ${layer}`);
    controller.abort(new Error('enough'));
  };
  await assertRejects(
    () => verifyCheckpoint(source, small, { config, signal: controller.signal, onProgress }),
    Error,
    /enough/,
  );
  assert.equal(seen, ['0 of 2 bert.encoder.layer.0.attention.self']);
});

test.run();

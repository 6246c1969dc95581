/** Checkpoints in folders: one file or several, with the configuration beside them, old files and those of strangers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  FormatError,
  init,
  memory,
  OptionError,
  openSafetensors,
  openShardedSafetensors,
  SaccadeError,
} from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertCheckpoint, convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { inspectCheckpoint } from '../../src/checkpoint/inspect-checkpoint.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { bert, encoded, type Synthetic } from './synthetic.js';

onTestDevice(test, init);

type Json = Record<string, unknown>;

const json = (path: string): Json => JSON.parse(readFileSync(path, 'utf8')) as Json;

/** A folder with a model. */
async function modelFolder({ shapes, config }: Synthetic, name = 'model.safetensors'): Promise<string> {
  const folder = newFolder();
  writeFileSync(join(folder, name), await encoded({ shapes }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

/** A model in two files. */
async function shardedFolder({ shapes, config }: Synthetic): Promise<string> {
  const folder = newFolder();
  const half = (i: number): string => `model-0000${i + 1}-of-00002.safetensors`;
  const names = Object.keys(shapes);
  const shardOf = (name: string): string => half(/layer\.1\./.test(name) ? 1 : 0);
  for (const shard of [half(0), half(1)]) {
    const own = Object.fromEntries(
      names.filter((name) => shardOf(name) === shard).map((name) => [name, shapes[name]!]),
    );
    writeFileSync(join(folder, shard), await encoded({ shapes: own }));
  }
  const weight_map = Object.fromEntries(names.map((name) => [name, shardOf(name)]));
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 1 }, weight_map }),
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

const index = 'model.safetensors.index.json';

test('the configuration is found beside the model, and goes beside the new one', async () => {
  const folder = await modelFolder(bert());
  const source = join(folder, 'model.safetensors');
  const other = newFolder();
  await convertCheckpoint(source, join(other, 'model.safetensors'), { sharedDim: 3 });
  assert.equal(readdirSync(other).sort(), ['config.json', 'model.safetensors']);
  const { collab_attention: block, ...rest } = json(join(other, 'config.json'));
  assert.equal(rest, bert().config);
  assert.is((block as Json).shared_dim, 3);
  await convertCheckpoint(pathToFileURL(source), join(folder, 'small.safetensors'), { sharedDim: 2 });
  assert.equal(readdirSync(folder).sort(), [
    'config.json',
    'model.safetensors',
    'small.config.json',
    'small.safetensors',
  ]);
  assert.equal(json(join(folder, 'config.json')), bert().config);
  // Beside a model of another name, its own configuration goes first.
  const { layers } = await inspectCheckpoint(source);
  assert.is(layers.length, 2);
  assert.is((await inspectCheckpoint(join(folder, 'small.safetensors'))).shared.length, 2);
});

test('a configuration can be a file, or a page that has none can name the heads', async () => {
  const folder = await modelFolder(bert());
  const bytes = new Uint8Array(readFileSync(join(folder, 'model.safetensors')));
  const config = join(folder, 'config.json');
  for (const given of [
    config,
    pathToFileURL(config),
    new Blob([readFileSync(config)]),
    new Uint8Array(readFileSync(config)),
  ]) {
    const { config: updated } = await convertToBlob(bytes, { sharedDim: 3, config: given });
    assert.is(updated?.hidden_size, 8);
  }
  const { config: none, report } = await convertToBlob(new Blob([bytes]), { sharedDim: 3, heads: 2 });
  assert.is(none, undefined);
  assert.is(report.total.layers.converted, 2);
});

test('a model can be replaced by its own conversion', async () => {
  const folder = await modelFolder(bert());
  const path = join(folder, 'model.safetensors');
  const old = new Uint8Array(readFileSync(path));
  await convertCheckpoint(path, path, { sharedDim: 3 });
  assert.equal(readdirSync(folder).sort(), ['config.json', 'model.safetensors']);
  assert.ok((await verifyCheckpoint(old, path, { config: bert().config })).agrees);
  assert.ok('collab_attention' in json(join(folder, 'config.json')));
});

test('several files become several, or one', async () => {
  const folder = await shardedFolder(bert());
  const source = join(folder, index);
  const [several, one] = [newFolder(), newFolder()];
  const { report } = await convertCheckpoint(source, join(several, index), { sharedDim: 3 });
  assert.equal(readdirSync(several).sort(), [
    'config.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    index,
  ]);
  const { weight_map: map, metadata } = json(join(several, index)) as { weight_map: Json; metadata: Json };
  assert.is(map['bert.encoder.layer.1.attention.self.mixing'], 'model-00002-of-00002.safetensors');
  assert.is(map['bert.encoder.layer.0.attention.self.mixing'], 'model-00001-of-00002.safetensors');
  assert.is(metadata.total_size, report.total.bytes.after);
  assert.ok((await verifyCheckpoint(source, join(several, index))).agrees);
  await convertCheckpoint(source, join(one, 'model.safetensors'), { sharedDim: 3 });
  assert.ok((await verifyCheckpoint(source, join(one, 'model.safetensors'))).agrees);
  const [joined, single] = [
    await openShardedSafetensors(join(several, index)),
    await openSafetensors(join(one, 'model.safetensors')),
  ];
  assert.equal([...joined.names].sort(), [...single.names].sort());
  assert.equal(joined.metadata, single.metadata);
  await joined.close();
  await single.close();
});

test('files of a page come with their index', async () => {
  const folder = await shardedFolder(bert());
  const blob = (name: string): Blob => new Blob([readFileSync(join(folder, name))]);
  const shards = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => [name, blob(name)]),
  );
  const { blob: small, report } = await convertToBlob(blob(index), { shards, sharedDim: 3, config: bert().config });
  assert.is(report.total.layers.converted, 2);
  const { agrees } = await verifyCheckpoint(blob(index), small, { shards, config: bert().config });
  assert.ok(agrees);
});

test('a size that is asked for counts all files', async () => {
  const folder = await shardedFolder(bert(2, 'bert.', 32, 4));
  const target = newFolder();
  const { report } = await convertCheckpoint(join(folder, index), join(target, index), {
    targetBytes: 30_000,
    maxIterations: 2,
  });
  const bytes = readdirSync(target)
    .filter((name) => name.endsWith('.safetensors'))
    .reduce((sum, name) => sum + readFileSync(join(target, name)).length, 0);
  assert.is(report.total.fileBytes, bytes);
  assert.ok(bytes <= 30_000 && bytes > 29_000, String(bytes));
});

test('nothing is half-written: what fails or is stopped leaves what was there, and nothing else', async () => {
  const tensors = memory().tensors;
  const folder = await shardedFolder(bert());
  for (const [source, name] of [
    [join(await modelFolder(bert()), 'model.safetensors'), 'model.safetensors'],
    [join(folder, index), index],
  ] as const) {
    const target = newFolder();
    for (const old of ['model.safetensors', 'model-00001-of-00002.safetensors', index])
      writeFileSync(join(target, old), 'old');
    for (const at of [1, 4, 9]) {
      const controller = new AbortController();
      let written = 0;
      const onProgress = ({ stage }: { readonly stage: string }): void => {
        if (stage === 'write' && ++written === at) controller.abort(new Error('enough'));
      };
      const run = convertCheckpoint(source, join(target, name), {
        sharedDim: 3,
        signal: controller.signal,
        onProgress,
      });
      await assertRejects(() => run, Error, /enough/);
      assert.equal(readdirSync(target).sort(), ['model-00001-of-00002.safetensors', 'model.safetensors', index]);
      for (const old of readdirSync(target)) assert.is(readFileSync(join(target, old), 'utf8'), 'old');
    }
    const nowhere = join(target, 'none', name);
    await assertRejects(() => convertCheckpoint(source, nowhere, { sharedDim: 3 }), SaccadeError, /cannot (write|be)/);
    mkdirSync(join(target, 'taken', name), { recursive: true });
    await assertRejects(
      () => convertCheckpoint(source, join(target, 'taken', name), { sharedDim: 3 }),
      SaccadeError,
      /cannot write/,
    );
    assert.equal(
      readdirSync(join(target, 'taken')).filter((file) => /part|tmp/.test(file)),
      [],
    );
  }
  assert.is(memory().tensors, tensors);
});

test('a target that takes a stream can fail', async () => {
  const { shapes, config } = bert();
  const bytes = await encoded({ shapes });
  const failing = async (): Promise<void> => {
    throw new Error('disk full');
  };
  await assertRejects(() => convertCheckpoint(bytes, failing, { sharedDim: 3, config }), Error, /disk full/);
  let sizes: number[] = [];
  await convertCheckpoint(
    bytes,
    async ({ stream, totalBytes }) => {
      for await (const piece of stream) sizes.push(piece.length);
      sizes = [totalBytes, sizes.reduce((a, b) => a + b, 0)];
    },
    { sharedDim: 3, config },
  );
  assert.is(sizes[0], sizes[1]);
});

test('files of strangers are refused', async () => {
  const folder = await modelFolder(bert());
  const source = join(folder, 'model.safetensors');
  const refuse = async (config: string, message: RegExp): Promise<void> => {
    writeFileSync(join(folder, 'config.json'), config);
    await assertRejects(
      () => convertCheckpoint(source, join(folder, 'x.safetensors'), { sharedDim: 3 }),
      SaccadeError,
      message,
    );
    assert.not(existsSync(join(folder, 'x.safetensors')));
  };
  await refuse('{', /config\.json: no JSON/);
  await refuse('[]', /expected a JSON object, got \[\]/);
  await refuse('\u{feff}7', /no JSON|expected a JSON object/);
  await refuse(' '.repeat(2 ** 24 + 1), /has 16777217 bytes, more than 16777216/);
  for (const heads of ['2', -2, 1e99, 2.5, {}]) {
    await refuse(JSON.stringify({ num_attention_heads: heads }), /num_attention_heads|heads/);
  }
  const sharded = await shardedFolder(bert());
  const indexed = async (change: (map: Json) => void, message: RegExp): Promise<void> => {
    const whole = json(join(sharded, index)) as { weight_map: Json };
    const { weight_map: map } = structuredClone(whole);
    change(map);
    writeFileSync(join(sharded, index), JSON.stringify({ weight_map: map }));
    await assertRejects(
      () => convertCheckpoint(join(sharded, index), join(newFolder(), index), { sharedDim: 3 }),
      FormatError,
      message,
    );
    writeFileSync(join(sharded, index), JSON.stringify(whole));
  };
  const any = 'bert.embeddings.word_embeddings.weight';
  for (const name of ['../x.safetensors', '/x.safetensors', 'a\\b.safetensors', 'C:x.safetensors', 'x.bin', 7, null]) {
    await indexed((map) => {
      map[any] = name;
    }, /must be in a file with a plain name/);
  }
  await indexed((map) => {
    map.more = 'model-00001-of-00002.safetensors';
  }, /"more"/);
  writeFileSync(join(sharded, index), '{}');
  await assertRejects(
    () => inspectCheckpoint(join(sharded, index)),
    FormatError,
    /an index has a weight_map, this has none/,
  );
  await assertRejects(() => inspectCheckpoint(join(folder, 'none.safetensors')), SaccadeError, /cannot be opened/);
  await assertRejects(() => inspectCheckpoint(5 as never), OptionError, /expected a path, URL, Blob or Uint8Array/);
});

test.run();

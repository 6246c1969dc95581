/** Checkpoints in several files, given by name: what is read, and every way an index can be wrong. */
import { createJsDevice, DisposedError, FormatError, OptionError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openSafetensors } from '../src/formats/open-safetensors.js';
import { openShardedSafetensors } from '../src/formats/open-sharded-safetensors.js';
import { packSafetensors } from '../src/formats/safetensors-bytes.js';
import { encodeSafetensors } from '../src/formats/save-safetensors.js';
import type { StoredArray } from '../src/formats/stored.js';
import { memory } from '../src/memory.js';
import { scope } from '../src/scope.js';

/** A test that frees its tensors. */
function check(name: string, work: () => Promise<void>): void {
  test(name, () => scope(async () => work()));
}

const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const arrays = {
  a: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) },
  b: { dtype: 'F16', shape: [1, 1], data: Uint16Array.of(0x3c00) },
  c: { dtype: 'I64', shape: [], data: BigInt64Array.of(-7n) },
} as const satisfies Record<string, StoredArray>;
const shards = {
  [first]: packSafetensors(new Map([['a', arrays.a]]), { metadata: { format: 'pt', by: 'one' } }),
  [second]: packSafetensors(new Map<string, StoredArray>([['b', arrays.b], ['c', arrays.c]]), { metadata: { by: 'two', step: '3' } }), // biome-ignore format: one line
};
const weightMap = { c: second, a: first, b: second };
const index = JSON.stringify({ metadata: { total_size: 18.5, parts: [1, null] }, weight_map: weightMap });

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

check('tensors are read from the files that the index names, in the order of the index', async () => {
  const file = await openShardedSafetensors(bytesOf(index), { shards });
  assert.equal(file.names, ['c', 'a', 'b']);
  assert.equal({ ...file.metadata }, { format: 'pt', by: 'one', step: '3' });
  for (const [name, array] of Object.entries(arrays)) {
    const { dtype, shape } = file.info(name);
    assert.equal({ dtype, shape }, { dtype: array.dtype, shape: [...array.shape] });
    assert.equal([...(await file.readStored(name)).data], [...array.data]);
  }
  const device = createJsDevice();
  const half = await file.read('b', { dtype: 'float64', device });
  assert.equal([half.dtype, ...(await half.data())], ['float64', 1]);
  await file.close();
});

check('shards are given as bytes, Blobs or Files, in an object or a Map, with others among them', async () => {
  const files = Object.entries({ ...shards, 'config.json': bytesOf('{}') }).map(
    ([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name),
  );
  const byName = new Map(files.map((file) => [file.name, file]));
  const json = new File([index], 'model.safetensors.index.json');
  for (const given of [byName, Object.fromEntries(byName), { ...shards, [second]: byName.get(second)! }]) {
    const file = await openShardedSafetensors(json, { shards: given });
    assert.equal([...(await file.readStored('c')).data], [-7n]);
    await file.close();
  }
});

check('all of it is written as one file, the same as from one source', async () => {
  const file = await openShardedSafetensors(bytesOf(index), { shards });
  assert.equal([...file.entries().keys()], [...file.names]);
  const bytes = await encodeSafetensors(file.entries(), { metadata: { format: 'pt' } });
  assert.equal(bytes, packSafetensors(new Map(Object.entries(arrays)), { metadata: { format: 'pt' } }));
});

check('tensors that the index does not name are left aside, and an index without tensors is one', async () => {
  const one = JSON.stringify({ weight_map: { b: second } });
  const file = await openShardedSafetensors(bytesOf(one), { shards: { [second]: shards[second] } });
  assert.equal(file.names, ['b']);
  await assertRejects(() => file.read('c'), OptionError, /no tensor "c"; the file has 1 \("b"\)/);
  const none = await openShardedSafetensors(bytesOf('{"weight_map":{}}'), { shards: {} });
  assert.equal([none.names, Object.keys(none.metadata)], [[], []]);
});

check('names such as __proto__ are names like any other', async () => {
  const tensors = new Map([['__proto__', arrays.a]]);
  const text = `{"weight_map":{"__proto__":"__proto__.safetensors"}}`;
  const given = new Map([['__proto__.safetensors', packSafetensors(tensors)]]);
  const file = await openShardedSafetensors(bytesOf(text), { shards: given });
  assert.equal([...(await file.readStored('__proto__')).data], [1, 2]);
  const missing = '{"weight_map":{"a":"toString.safetensors"}}';
  await assertRejects(() => openShardedSafetensors(bytesOf(missing), { shards }), OptionError, /not among the shards/);
});

check('an unknown name says which there are, and after close nothing is read', async () => {
  const file = await openShardedSafetensors(bytesOf(index), { shards });
  await assertRejects(
    () => file.read('toString'),
    OptionError,
    /no tensor "toString"; the file has 3 \("c", "a", "b"\)/,
  );
  await assertRejects(async () => file.info('d'), OptionError, /openShardedSafetensors: no tensor "d"/);
  await file.close();
  await file.close();
  await file[Symbol.asyncDispose]();
  for (const name of file.names) await assertRejects(() => file.read(name), DisposedError, /after close/);
});

check('an index that is none is refused', async () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ['', /expected '\{'/],
    ['[]', /expected '\{'/],
    ['{', /expected '"'/],
    [`${index}x`, /expected the end/],
    ['{}', /an index has a weight_map, this has none/],
    ['{"metadata":{"weight_map":{}}}', /this has none/],
    ['{"weight_map":[]}', /weight_map must be an object of file names/],
    ['{"weight_map":null}', /weight_map must be an object/],
    ['{"weight_map":{},"weight_map":{}}', /duplicate name "weight_map"/],
    [`{"weight_map":{"a":"${first}","a":"${second}"}}`, /duplicate name "a"/],
    ['{"metadata":{"total_size":01},"weight_map":{}}', /expected '\}'/],
    [`{"metadata":${'['.repeat(50_000)}`, /nesting deeper/],
    [Uint8Array.of(0x7b, 0xff, 0x7d), /the index is not UTF-8/],
    [shards[first], /expected '\{'|is not UTF-8/],
  ];
  for (const [text, message] of cases) {
    const bytes = typeof text === 'string' ? bytesOf(text) : text;
    const error = await assertRejects(() => openShardedSafetensors(bytes, { shards }), FormatError, message);
    assert.match(error.message, /^openShardedSafetensors: /);
  }
});

check('names of files that lead elsewhere are refused, whatever is given under them', async () => {
  const names = [
    '../model.safetensors',
    '/etc/model.safetensors',
    'sub/model.safetensors',
    'sub\\model.safetensors',
    'C:model.safetensors',
    'https://example.com/model.safetensors',
    'data:,model.safetensors',
    '..',
    '.',
    '',
    '.safetensors',
    'model.safetensors\0',
    'mo\ndel.safetensors',
    '\ud800.safetensors',
    'model.bin',
    'model.safetensors.index.json',
    'model.safetensors/',
    7,
    null,
    ['model.safetensors'],
    { name: 'model.safetensors' },
  ];
  for (const name of names) {
    const text = JSON.stringify({ weight_map: { a: name } });
    await assertRejects(
      () => openShardedSafetensors(bytesOf(text), { shards: { [String(name)]: shards[first] } }),
      FormatError,
      /tensor "a" must be in a file with a plain name such as "model-00001-of-00002.safetensors", got /,
    );
  }
  for (const name of ['model.safetensors', 'modèle 1 (a)+b?#%2F.safetensors', '..safetensors', 'a..b.safetensors']) {
    const text = JSON.stringify({ weight_map: { a: name } });
    const file = await openShardedSafetensors(bytesOf(text), { shards: { [name]: shards[first] } });
    assert.equal(file.names, ['a']);
  }
});

check('a tensor that is not where the index says is refused, with the place where it is', async () => {
  const wrong = JSON.stringify({ weight_map: { a: first, b: first, c: second } });
  await assertRejects(
    () => openShardedSafetensors(bytesOf(wrong), { shards }),
    FormatError,
    /tensor "b" should be in "model-00001-of-00002.safetensors", but it is in "model-00002-of-00002.safetensors"/,
  );
  const missing = JSON.stringify({ weight_map: { a: first, d: second } });
  await assertRejects(
    () => openShardedSafetensors(bytesOf(missing), { shards }),
    FormatError,
    /tensor "d" should be in .*, but no shard has it/,
  );
});

check('a damaged shard is refused with its name', async () => {
  const damaged = { ...shards, [second]: shards[second].subarray(1) };
  await assertRejects(
    () => openShardedSafetensors(bytesOf(index), { shards: damaged }),
    FormatError,
    /^openShardedSafetensors: shard "model-00002-of-00002.safetensors": /,
  );
  const other = { ...shards, [first]: bytesOf(index) };
  await assertRejects(
    () => openShardedSafetensors(bytesOf(index), { shards: other }),
    FormatError,
    /is for openShardedSafetensors/,
  );
  await assertRejects(() => openSafetensors(bytesOf(index)), FormatError, /is for openShardedSafetensors/);
});

check('options that say nothing of the files are refused', async () => {
  const open = (options?: object) => openShardedSafetensors(bytesOf(index), options);
  await assertRejects(
    () => open(),
    OptionError,
    /nothing tells where "model-00001-of-00002.safetensors" is; pass shards/,
  );
  await assertRejects(
    () => open({ shards: {} }),
    OptionError,
    /"model-00001-of-00002.safetensors" is not among the shards given/,
  );
  await assertRejects(() => open({ shards: 1 }), OptionError, /shards must be files by name, got 1/);
  await assertRejects(() => open({ shards: null }), OptionError, /shards must be files by name, got null/);
  await assertRejects(() => open({ files: {} }), OptionError, /no option 'files'/);
  await assertRejects(
    () => open({ shards: { [first]: 1, [second]: 1 } }),
    OptionError,
    /shard "model-0000\d.*expected a path, URL/,
  );
  await assertRejects(
    () => openShardedSafetensors(1 as never),
    OptionError,
    /expected a path, URL, Blob or Uint8Array/,
  );
  const signal = AbortSignal.abort();
  assert.is((await assertRejects(() => open({ shards, signal }))).name, 'AbortError');
});

/** Edits of the text of an index, among them ones that leave it valid. */
const edit = fc.tuple(
  fc.nat(),
  fc.nat({ max: 6 }),
  fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    ',',
    ':',
    ' ',
    '\\',
    '/',
    '..',
    '\0',
    '1e400',
    'a',
    'b',
    first,
    second,
    'null',
    '[[',
    '\\u0061',
  ),
);

check('3,000 mutated indices end in a valid file or an error of ours', async () => {
  let valid = 0;
  let refused = 0;
  const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
    let text = index;
    for (const [at, length, scrap] of edits) {
      const start = at % (text.length + 1);
      text = text.slice(0, start) + scrap + text.slice(start + length);
    }
    try {
      const file = await openShardedSafetensors(bytesOf(text), { shards });
      for (const name of file.names) assert.ok((await file.readStored(name)).data.length > 0);
      await file.close();
      valid++;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof OptionError)) throw error;
      assert.match(error.message, /^openShardedSafetensors: /);
      refused++;
    }
  });
  const before = memory().tensors;
  await fc.assert(property, { seed: 5, numRuns: 3000 });
  assert.ok(valid > 50 && refused > 1000, `${valid} valid, ${refused} refused`);
  assert.is(memory().tensors, before);
});

test.run();

/** Models with their configuration in one file: what comes back, and what damaged and hostile files come to. */
import { encodeSafetensors, FormatError, memory, OptionError, openSafetensors, Rng, tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Linear, loadModel, Module, StateDictError, saveModel } from '../src/index.js';

const kind = { name: 'saccade_pair', version: '2' };

class Pair extends Module {
  readonly first: Linear;
  readonly second: Linear;

  constructor(width: number, given?: Linear) {
    super();
    this.first = new Linear(width, 2, { rng: new Rng(1) });
    this.second = given ?? new Linear(2, 1, { rng: new Rng(2) });
  }

  override forward(x: Parameters<Linear['forward']>[0]): ReturnType<Linear['forward']> {
    return this.second.forward(this.first.forward(x));
  }
}

const build = (config: Readonly<Record<string, unknown>>, values: number): Pair => {
  const width = config.width as number;
  if (!(2 * width <= values)) throw new RangeError(`a width of ${width} for ${values} values`);
  return new Pair(width);
};

async function saved(model: Pair, config: object = { width: 3 }): Promise<Uint8Array> {
  let file = new Uint8Array();
  const store = {
    async save(bytes: Uint8Array) {
      file = new Uint8Array(bytes);
    },
  };
  await saveModel(store, model, { kind, config, metadata: { by: 'us' } });
  return file;
}

test('a model comes back as it was, from bytes and from an open file, with further texts beside it', async () => {
  const model = new Pair(3);
  const file = await saved(model);
  const open = await openSafetensors(file);
  assert.is(open.metadata.by, 'us');
  for (const source of [file, open]) {
    const loaded = await loadModel(source, { op: 'loadPair', kind, build });
    const weight = (m: Pair): unknown => m.first.weight.dataSync();
    assert.equal(weight(loaded), weight(model));
    loaded.dispose();
  }
  await open.close();
  model.dispose();
});

test('files of another kind or version, without JSON, with a configuration that cannot be: FormatErrors, and nothing stays', async () => {
  const model = new Pair(3);
  const file = await saved(model);
  const before = memory().tensors;
  const load = (source: Uint8Array, other = kind) => loadModel(source, { op: 'loadPair', kind: other, build });
  await assertRejects(
    () => load(file, { name: 'saccade_pair', version: '3' }),
    FormatError,
    /^loadPair: expected a file of saccade_pair 3, got one of saccade_pair 2$/,
  );
  await assertRejects(
    () => load(file, { name: 'saccade_other', version: '1' }),
    FormatError,
    /got one of no saccade_other$/,
  );
  const x = tensor([1]);
  for (const [config, says] of [
    ['{', /its configuration is no JSON/],
    ['[1]', /its configuration is no object/],
    ['{"width":1e9}', /its configuration is damaged: a width of 1000000000 for 1 values/],
  ] as const) {
    const damaged = await encodeSafetensors({ x }, { metadata: { saccade_pair: '2', config } });
    await assertRejects(() => load(damaged), FormatError, says);
  }
  x.dispose();
  const narrow = await saved(model, { width: 2 });
  await assertRejects(() => load(narrow), StateDictError, /^loadPair: the given tensors do not fit[\s\S]*first.weight/);
  assert.is(memory().tensors, before);
  model.dispose();
});

test('what others made is not freed, and what the caller has to pass is an OptionError', async () => {
  const model = new Pair(3);
  const file = await saved(model, { width: 2 });
  const theirs = new Linear(2, 1, { rng: new Rng(3) });
  const withTheirs = () => new Pair(2, theirs);
  await assertRejects(() => loadModel(file, { op: 'f', kind, build: withTheirs, theirs: [theirs] }), StateDictError);
  assert.not(theirs.weight.disposed);
  const needs = (): Pair => {
    throw new OptionError('f: pass { second }');
  };
  await assertRejects(() => loadModel(file, { op: 'f', kind, build: needs }), OptionError, /^f: pass/);
  await assertRejects(
    () => saveModel(5 as never, model, { kind, config: {} }),
    OptionError,
    /goes to a path or to \{ save \}/,
  );
  theirs.dispose();
  model.dispose();
});

test('modules of others may be undefined', async () => {
  const model = new Pair(3);
  const file = await saved(model, { width: 2 });
  const before = memory().tensors;
  await assertRejects(() => loadModel(file, { op: 'f', kind, build, theirs: [undefined] }), StateDictError, /^f: /);
  assert.is(memory().tensors, before);
  model.dispose();
});

test('what builds no module, or is not called in full, is an OptionError', async () => {
  const model = new Pair(3);
  const file = await saved(model);
  for (const [options, says] of [
    [{ op: 'f', kind, build: () => undefined }, /^f: expected a module, got undefined$/],
    [{ op: 'f', kind, build: async () => 5 }, /^f: expected a module, got /],
    [{ op: 'f', kind }, /^f: expected a function, got undefined$/],
    [{ op: 'f', build }, /^f: kind must be \{ name, version \}, got undefined$/],
  ] as const) {
    await assertRejects(() => loadModel(file, options as never), OptionError, says);
  }
  model.dispose();
});

test('a kind that is missing and a configuration that JSON would lose or change are OptionErrors, and nothing is written', async () => {
  const model = new Pair(3);
  const store = { save: async () => assert.unreachable('written') };
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  for (const [options, says] of [
    [{ config: {} }, /^saveModel: kind must be \{ name, version \}, got undefined$/],
    [{ kind: { name: 'x' }, config: {} }, /^saveModel: kind must be/],
    [{ kind }, /^saveModel: config must be an object, got undefined$/],
    [{ kind, config: [1] }, /^saveModel: config must be an object, got \[1\]$/],
    [{ kind, config: { width: Number.NaN } }, /^saveModel: JSON cannot hold 'width' of config, got NaN$/],
    [{ kind, config: { a: { b: [1, undefined] } } }, /^saveModel: JSON cannot hold '1' of config, got undefined$/],
    [{ kind, config: { f: () => 1 } }, /JSON cannot hold 'f'/],
    [{ kind, config: { n: 1n } }, /JSON cannot hold 'n'/],
    [{ kind, config: { x: new Float32Array(1) } }, /JSON cannot hold 'x'/],
    [{ kind, config: { at: new Date(0) } }, /JSON cannot hold 'at'/],
    [{ kind, config: loop }, /^saveModel: JSON cannot hold config \(/],
  ] as const) {
    await assertRejects(() => saveModel(store, model, options as never), OptionError, says);
  }
  const loaded = await loadModel(await saved(model, { width: 3, rate: undefined }), { op: 'f', kind, build });
  loaded.dispose();
  model.dispose();
});

test.run();

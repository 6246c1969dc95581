/** What checkpoints and configurations can be wrong in, and what maps by hand can. */
import { FormatError, OptionError, SaccadeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  attentionMap,
  checkTransformerMap,
  type ModelConfig,
  StateDictError,
  type TransformerMap,
  type TransformerMapOptions,
  transformerMap,
  transformerStacks,
} from '../../src/index.js';
import { albert, bert, checkpoint, clip, gpt2, llama, renamed, type Shapes, timm, vit, without } from './synthetic.js';

/** The error of mapping. */
async function refused(
  shapes: Shapes,
  config: ModelConfig,
  kind: typeof FormatError | typeof OptionError | typeof StateDictError,
  message: RegExp,
  options: TransformerMapOptions = {},
): Promise<Error> {
  const file = await checkpoint(shapes);
  return assertThrows(() => transformerMap(file, config, options), kind, message);
}

test('an unknown family is refused with the patterns that were found and the families that are known', async () => {
  const shapes = {
    'model.decoder.layers.0.fc1.weight': [2, 2],
    'model.decoder.layers.1.fc1.weight': [2, 2],
    'x.7': [1],
  };
  const error = await refused(shapes, {}, FormatError, /transformerMap: no known family \(bert, distilbert, .*llama\)/);
  assert.match(error.message, /\n {4}model\.decoder\.layers\.\{i\}\.fc1\.weight\n {4}x\.\{i\}$/);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a${i}`, [1]]));
  await refused(many, {}, FormatError, /… and 10 more$/);
  await refused({}, {}, FormatError, /has these tensors: none/);
});

test('a configuration of another model is refused, unless the caller insists', async () => {
  const { shapes, config } = llama('gemma');
  await refused(
    shapes,
    config,
    FormatError,
    /have the names of llama, but the configuration is of "gemma".*pass \{ family: 'llama' \}/,
  );
  const file = await checkpoint(shapes);
  assert.is(transformerMap(file, config, { family: 'llama' }).family, 'llama');
  const rope = { ...timm.config, architecture: 'vit_base_patch16_rope_224' };
  await refused(timm.shapes, rope, FormatError, /is of "vit_base_patch16_rope_224"/);
  for (const architecture of [
    'vit_base_patch16_clip_224',
    'vit_base_patch32_clip_quickgelu_224',
    'vit_so400m_patch14_siglip_224',
  ]) {
    const other = { ...timm.config, architecture };
    const insist = new RegExp(`is of "${architecture}".*pass \\{ family: 'timm-vit' \\}`);
    await refused(timm.shapes, other, FormatError, insist);
    assert.is(transformerMap(await checkpoint(timm.shapes), other, { family: 'timm-vit' }).family, 'timm-vit');
  }
  await refused(clip.shapes, { model_type: 'siglip' }, FormatError, /"siglip"/, { prefix: 'text_model.' });
});

test('several stacks need a choice, and a choice must be there', async () => {
  const choose =
    /there are clip-text with prefix "text_model\.", clip-vision with prefix "vision_model\.": choose one by/;
  await refused(clip.shapes, clip.config, OptionError, choose);
  await refused(clip.shapes, clip.config, OptionError, /no such stack; there are clip-text with/, { prefix: 'model.' });
  await refused(clip.shapes, clip.config, OptionError, /family must be one of bert, .*, got "clip"/, {
    family: 'clip',
  });
  await refused(clip.shapes, clip.config, OptionError, /no option 'stack'/, { stack: 0 } as never);
});

test('of very many stacks an error shows the first twenty', () => {
  const names = Array.from({ length: 1000 }, (_, i) =>
    ['query', 'output.dense'].map(
      (part) => `m${i}.encoder.layer.0.attention.${part === 'query' ? 'self.' : ''}${part}.weight`,
    ),
  ).flat();
  const file = { names, info: () => undefined as never };
  const twenty = /prefix "m0\.", .* with prefix "m19\.", … and 980 more/;
  const several = assertThrows(() => transformerMap(file, {}), OptionError, new RegExp(`${twenty.source}: choose one`));
  const none = assertThrows(
    () => transformerMap(file, {}, { prefix: 'x.' }),
    OptionError,
    new RegExp(`${twenty.source}$`),
  );
  assert.ok(several.message.length < 1000 && none.message.length < 1000);
});

test('as many groups of layers as names can number need no deep stack', () => {
  const groups = Array.from(
    { length: 100_000 },
    (_, i) => `encoder.albert_layer_groups.${i}.albert_layers.0.attention.`,
  );
  const names = groups.flatMap((path) => [`${path}query.weight`, `${path}dense.weight`]);
  const file = { names, info: () => ({ shape: [8, 8] }) as never };
  const below = (calls: number): unknown =>
    calls > 0 ? [below(calls - 1)] : transformerMap(file, { num_attention_heads: 2 });
  assertThrows(() => below(3000), FormatError, /must have a number of layers, at most 10000 in all, got none/);
});

test('missing tensors are listed with the shapes that they should have, beside those that are there instead', async () => {
  const { shapes, config } = bert('bert.');
  const wrong: Shapes = {
    ...renamed(shapes, /1\.intermediate\.dense\.weight/, '1.intermediate.weight'),
    'bert.encoder.layer.0.attention.self.key.weight': [8, 9],
  };
  const error = (await refused(
    wrong,
    config,
    StateDictError,
    /transformerMap: the given tensors do not fit/,
  )) as StateDictError;
  assert.equal(error.missing, ['bert.encoder.layer.1.intermediate.dense.weight [?, 8]']);
  assert.equal(error.unexpected, ['bert.encoder.layer.1.intermediate.weight [16, 8]']);
  assert.equal(error.mismatched, ['bert.encoder.layer.0.attention.self.key.weight: expected [8, 8], got [8, 9]']);
});

test('tensors in a layer that the family does not know are refused, for they would change the result', async () => {
  const scaled = { ...vit.shapes, 'vit.encoder.layer.1.layer_scale1.lambda1': [8] };
  const error = (await refused(scaled, vit.config, StateDictError, /unexpected \(1\)/)) as StateDictError;
  assert.equal(error.unexpected, ['vit.encoder.layer.1.layer_scale1.lambda1 [8]']);
  const { shapes, config } = bert('');
  const relative = await checkpoint({ ...shapes, 'encoder.layer.0.attention.self.distance_embedding.weight': [19, 4] });
  assertThrows(() => attentionMap(relative, config), StateDictError, /attentionMap: .*\s+unexpected \(1\)/);
  const more = { ...gpt2.shapes, 'h.7.attn.c_proj.weight': [8, 8] };
  await refused(more, gpt2.config, StateDictError, /h\.7\.attn\.c_proj\.weight \[8, 8\]/);
});

test('what is optional and missing in one layer only is missing, for it would count as none', async () => {
  const { shapes, config } = bert('bert.');
  const holes = without(shapes, /layer\.1\.attention\.self\.key\.bias|layer\.0\.output\.(dense|LayerNorm)\.bias/);
  const error = (await refused(holes, config, StateDictError, /transformerMap: .*\s+missing \(3\)/)) as StateDictError;
  assert.equal([...error.missing].sort(), [
    'bert.encoder.layer.0.output.LayerNorm.bias [8]',
    'bert.encoder.layer.0.output.dense.bias [8]',
    'bert.encoder.layer.1.attention.self.key.bias [8]',
  ]);
  const file = await checkpoint(holes);
  const attention = assertThrows(() => attentionMap(file, config), StateDictError, /attentionMap:/) as StateDictError;
  assert.equal(attention.missing, ['bert.encoder.layer.1.attention.self.key.bias [8]']);
  assert.is(
    transformerMap(await checkpoint(without(shapes, /key\.bias/)), config).layers[1]?.attention.key.bias,
    undefined,
  );
  await refused(
    without(albert.shapes, /0\.albert_layers\.1\.ffn\.bias/),
    albert.config,
    StateDictError,
    /groups\.0\.albert_layers\.1\.ffn\.bias \[16\]/,
  );
  await refused(without(timm.shapes, /blocks\.0\.attn\.[qk]_norm/), timm.config, StateDictError, /missing \(4\)/);
});

test('layers must count up from 0 and be as many as the configuration says', async () => {
  const { shapes, config } = bert('bert.');
  const gap = renamed(shapes, /layer\.1\./, 'layer.2.');
  await refused(
    gap,
    config,
    FormatError,
    /there is a layer "bert\.encoder\.layer\.2\.", but no "bert\.encoder\.layer\.1\."/,
  );
  assertThrows(
    () => transformerStacks({ names: Object.keys(gap), info: () => undefined as never }),
    FormatError,
    /but no/,
  );
  await refused(
    shapes,
    { ...config, num_hidden_layers: 3 },
    FormatError,
    /says 3 layers \(num_hidden_layers\), the checkpoint has 2/,
  );
  await refused(
    shapes,
    { ...config, hidden_size: 16 },
    FormatError,
    /says 16 channels \(hidden_size\), the checkpoint has 8/,
  );
  await refused(albert.shapes, { ...albert.config, num_hidden_groups: 1 }, FormatError, /says 1 groups/);
  const { num_hidden_layers: _, ...unsaid } = albert.config;
  await refused(albert.shapes, unsaid, FormatError, /must have a number of layers, at most 10000 in all, got none/);
  await refused(albert.shapes, { ...unsaid, num_hidden_layers: 9999 }, FormatError, /got 9999 times 2/);
  await refused(albert.shapes, { ...albert.config, inner_group_num: 1 }, FormatError, /says 1 layers in a group/);
});

test('heads must divide the channels, and those of keys and values the heads', async () => {
  const { shapes, config } = bert('bert.');
  const uneven = /3 heads \(num_attention_heads\) do not divide the 8 channels of the queries/;
  await refused(shapes, { ...config, num_attention_heads: 3 }, FormatError, uneven);
  await refused(shapes, config, FormatError, /5 heads \(option heads\) do not divide the 8 channels/, { heads: 5 });
  await refused(shapes, config, OptionError, /heads must be a whole number from 1, got 0/, { heads: 0 });
  await refused(
    shapes,
    { model_type: 'bert' },
    FormatError,
    /no number of heads \(num_attention_heads, .*\): pass \{ heads \}/,
  );
  const odd = llama('llama', { num_key_value_heads: 3 });
  await refused(
    odd.shapes,
    odd.config,
    FormatError,
    /3 heads of keys and values \(num_key_value_heads\) do not divide 4 heads/,
  );
  const wide = llama('llama', { head_dim: 4 });
  await refused(wide.shapes, wide.config, StateDictError, /q_proj\.weight: expected \[16, 8\], got \[8, 8\]/);
  const uneven3 = llama('llama', { head_dim: 3 });
  await refused(uneven3.shapes, uneven3.config, FormatError, /need an even number of channels in a head, got 3/);
});

test('values of the configuration that make no sense are refused by name', async () => {
  const { shapes } = llama('llama');
  const refusals: [ModelConfig, RegExp][] = [
    [
      { num_attention_heads: 1.5 },
      /num_attention_heads in the configuration must be a whole number in \[1, 16777216\], got 1\.5/,
    ],
    [{ num_attention_heads: '4' }, /must be a whole number in \[1, 16777216\], got "4"/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers in the configuration must be a whole number in \[1, 10000\]/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps in the configuration must be a number in \(0, 1\], got 0/],
    [{ hidden_act: 'constructor' }, /the activation must be one of gelu, .*, got "constructor" in the configuration/],
    [{ hidden_act: 3 }, /hidden_act in the configuration must be a string, got 3/],
    [{ model_type: [] }, /model_type in the configuration must be a string/],
    [{ rope_theta: -1 }, /rope_theta in the configuration must be a number in \(0,/],
    [{ rope_scaling: 3 }, /rope_scaling in the configuration must be an object, got 3/],
    [{ rope_scaling: { type: 'linear' } }, /rope_scaling in the configuration lacks factor/],
    [{ sliding_window: 0.5 }, /sliding_window in the configuration must be a whole number/],
  ];
  for (const [more, message] of refusals) await refused(shapes, llama('llama', more).config, FormatError, message);
  for (const wrong of [null, undefined, [], 'config.json']) {
    await refused(shapes, wrong as never, FormatError, /transformerMap: the configuration must be an object, got/);
  }
  const bad = { ...bert('').config, position_embedding_type: 'rotary' };
  await refused(bert('').shapes, bad, FormatError, /position_embedding_type must be one of absolute, .*, got "rotary"/);
  const decoder = { ...bert('').config, is_decoder: 'yes' };
  await refused(
    bert('').shapes,
    decoder,
    FormatError,
    /is_decoder in the configuration must be true or false, got "yes"/,
  );
  const spectrograms = { ...vit.config, model_type: 'audio-spectrogram-transformer', patch_size: 2 };
  const overlap =
    /frequency_stride and time_stride must be the patch_size 2, got 10 and 10: patches that overlap have no/;
  await refused(vit.shapes, spectrograms, FormatError, overlap);
  await refused(vit.shapes, { ...spectrograms, frequency_stride: 2, time_stride: 1 }, FormatError, /got 2 and 1/);
  const padding = { ...bert('').config, model_type: 'roberta', pad_token_id: -1 };
  await refused(bert('').shapes, padding, FormatError, /pad_token_id .* must be a whole number in \[0, 4294967296\]/);
  const mish = { ...timm.config, model_args: { num_heads: 2, act_layer: 'mish' } };
  await refused(timm.shapes, mish, FormatError, /the activation must be one of gelu, .*, got "mish"/);
  await refused(clip.shapes, { text_config: 3 }, FormatError, /text_config in the configuration must be an object/, {
    family: 'clip-text',
  });
});

test('weights that are no matrices or no floating point numbers are refused', async () => {
  const { shapes, config } = gpt2;
  const name = 'h.0.attn.c_attn.weight';
  await refused(
    { ...shapes, [name]: [8] },
    config,
    FormatError,
    /c_attn\.weight" must be a matrix of three equal parts, got \[8\]/,
  );
  await refused({ ...shapes, [name]: [8, 25] }, config, FormatError, /three equal parts, got \[8, 25\]/);
  await refused({ ...shapes, [name]: [0, 24] }, config, FormatError, /three equal parts/);
  const file = await checkpoint(shapes);
  const quantised = {
    names: file.names,
    info: (one: string) => (one === name ? { ...file.info(one), dtype: 'I8' as const } : file.info(one)),
  };
  assertThrows(() => transformerMap(quantised, config), StateDictError, /c_attn\.weight: expected F32 or .*, got I8/);
});

test('a map by hand is held against the file, and its numbers must make sense', async () => {
  const file = await checkpoint({ q: [6, 4], k: [2, 4], v: [2, 4], o: [4, 6], up: [8, 4], down: [4, 8], n: [4] });
  const w = (name: string) => ({ name, layout: 'out-in' as const });
  const norm = { weight: 'n', kind: 'rms' as const, epsilon: 1e-6 };
  const attention = {
    path: 'a',
    query: w('q'),
    key: w('k'),
    value: w('v'),
    output: w('o'),
    heads: 3,
    keyValueHeads: 1,
    headWidth: 2,
    scale: 1,
    causal: true,
    positions: 'alibi' as const,
  };
  const mlp = { up: w('up'), down: w('down'), activation: 'silu' as const };
  const mapWith = (more: object): TransformerMap => ({
    family: 'own',
    prefix: '',
    width: 4,
    layers: [{ order: 'pre', attention: { ...attention, ...more }, mlp, norms: { attention: norm, mlp: norm } }],
  });
  checkTransformerMap(file, mapWith({}));
  const refusals: [object, typeof OptionError | typeof StateDictError, RegExp][] = [
    [{ key: w('q') }, StateDictError, /q: expected \[2, 4\], got \[6, 4\]/],
    [{ key: w('key') }, StateDictError, /missing \(1\):\s+key \[2, 4\]/],
    [{ query: { ...w('q'), layout: 'in-out' } }, StateDictError, /q: expected \[4, 6\], got \[6, 4\]/],
    [{ query: { ...w('q'), part: { index: 0, count: 2 } } }, StateDictError, /q: expected \[12, 4\], got \[6, 4\]/],
    [
      { query: { ...w('q'), part: { index: 2, count: 2 } } },
      OptionError,
      /transformer map: q: there is no part 2 among 2/,
    ],
    [{ heads: 0 }, OptionError, /transformer map: a: heads must be a whole number from 1, got 0/],
    [{ keyValueHeads: 2 }, OptionError, /a: keyValueHeads must divide the 3 heads, got 2/],
    [
      { positions: 'rotary' },
      OptionError,
      /a: rotary is for positions 'rotary' and needed there, got positions "rotary"/,
    ],
    [
      { positions: 'rotary', rotary: { width: 3, theta: 1e4, pairs: 'halves' } },
      OptionError,
      /a: rotary\.width must be even and at most the 2 channels of a head, got 3/,
    ],
    [{ relativeTable: 'up' }, StateDictError, /up: expected \[\?, 2\], got \[8, 4\]/],
    [{ relativeTable: 3 }, OptionError, /a: relativeTable must be the name of a tensor, got 3/],
    [{ relativeDistance: -1 }, OptionError, /a: relativeDistance must be a whole number from 1, got -1/],
    [{ scale: Number.NaN }, OptionError, /a: scale must be a number above 0, got NaN/],
    [{ causal: 1 }, OptionError, /a: causal must be true or false, got 1/],
    [{ window: 0 }, OptionError, /a: window must be a whole number from 1, got 0/],
    [{ positions: 'learned' }, OptionError, /a: positions must be one of none, rotary, .*, got "learned"/],
    [{ query: { ...w('q'), layout: 'x' } }, OptionError, /"q": layout must be one of out-in, in-out, got "x"/],
    [{ query: { ...w('q'), bias: 1 } }, OptionError, /transformer map: bias must be the name of a tensor, got 1/],
    [{ query: { layout: 'out-in' } }, OptionError, /transformer map: the entry of a weight has no name/],
    [{ query: null }, OptionError, /transformer map: expected the entry of a weight, got null/],
    [{ queryKeyNorm: null }, OptionError, /a: expected queryKeyNorm \{ query, key \}, got null/],
    ...(
      [
        [{ theta: 0 }, /rotary\.theta must be a number above 0, got 0/],
        [{ pairs: 'x' }, /rotary\.pairs must be one of halves, neighbours, got "x"/],
        [{ width: 0.5 }, /rotary\.width must be even .*, got 0\.5/],
        [
          { scaling: { kind: 'linear', factor: Infinity } },
          /rotary\.scaling\.factor must be a number above 0, got Inf/,
        ],
        [{ scaling: { kind: 'llama3', factor: 8 } }, /rotary\.scaling\.lowFrequencyFactor must be a number above 0/],
        [{ scaling: { kind: 'yarn' } }, /rotary\.scaling\.kind must be one of linear, llama3, other, got "yarn"/],
      ] as const
    ).map(([more, message]): [object, typeof OptionError, RegExp] => [
      { positions: 'rotary', rotary: { width: 2, theta: 1e4, pairs: 'halves', ...more } },
      OptionError,
      message,
    ]),
  ];
  for (const [more, kind, message] of refusals)
    assertThrows(() => checkTransformerMap(file, mapWith(more)), kind, message);
  const [layer] = mapWith({}).layers;
  const embeddings = { position: 'n' };
  const wrong: [unknown, RegExp][] = [
    [null, /transformer map: expected a map, got null/],
    [{ ...mapWith({}), layers: [] }, /transformer map: there are no layers/],
    [{ ...mapWith({}), layers: 2 }, /transformer map: layers must be an array, got 2/],
    [{ ...mapWith({}), layers: [null] }, /layer 0: expected an entry, got null/],
    [{ ...mapWith({}), layers: [{ ...layer, order: 'x' }] }, /layer 0: order must be one of pre, post, got "x"/],
    [
      { ...mapWith({}), layers: [{ ...layer, attention: undefined }] },
      /expected the entry of attention, got undefined/,
    ],
    [{ ...mapWith({}), layers: [{ ...layer, mlp: null }] }, /layer 0: expected an mlp, got null/],
    [
      { ...mapWith({}), layers: [{ ...layer, mlp: { ...mlp, activation: 'x' } }] },
      /mlp\.activation must be one of gelu, /,
    ],
    [{ ...mapWith({}), layers: [{ ...layer, norms: [] }] }, /layer 0: expected norms, got \[\]/],
    [{ ...mapWith({}), finalNorm: { ...norm, epsilon: -1 } }, /"n": epsilon must be a number from 0, got -1/],
    [{ ...mapWith({}), finalNorm: { ...norm, kind: 'batch' } }, /"n": kind must be one of layer, rms, got "batch"/],
    [{ ...mapWith({}), finalNorm: { kind: 'rms', epsilon: 0 } }, /the entry of a norm has no weight/],
    [
      { ...mapWith({}), embeddings: { ...embeddings, positionOffset: -3 } },
      /positionOffset must be a whole number from 0/,
    ],
    [
      { ...mapWith({}), embeddings: { ...embeddings, first: 'n' } },
      /embeddings: first must be an array of names, got "n"/,
    ],
    [
      { ...mapWith({}), embeddings: { patch: { name: 'q', layout: 'x' } } },
      /"q": layout must be one of out-in, in-out/,
    ],
    [{ ...mapWith({}), embeddings: null }, /embeddings: expected an entry, got null/],
  ];
  for (const [map, message] of wrong) {
    assertThrows(() => checkTransformerMap(file, map as TransformerMap), OptionError, message);
  }
});

test('whatever stands in a configuration, there is a map or a typed error', async () => {
  const models = [bert('bert.'), albert, gpt2, llama('mistral'), { ...clip, shapes: without(clip.shapes, /vision/) }];
  const files = await Promise.all(models.map(({ shapes }) => checkpoint(shapes)));
  const keys = [
    ...new Set([
      ...models.flatMap(({ config }) => Object.keys(config)),
      'rope_scaling',
      'layer_types',
      'head_dim',
      '__proto__',
    ]),
  ];
  const value = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const change = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
  fc.assert(
    fc.property(fc.nat(models.length - 1), change, (i, changed) => {
      try {
        transformerMap(files[i]!, { ...models[i]!.config, ...changed });
      } catch (error) {
        assert.ok(error instanceof SaccadeError, String(error));
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('whatever stands in a map, it fits or there is a typed error', async () => {
  const { shapes, config } = llama('qwen3');
  const file = await checkpoint(shapes);
  const text = JSON.stringify(transformerMap(file, config));
  const inside = (value: object): [object, string][] =>
    Object.entries(value).flatMap(([key, one]): [object, string][] => [
      [value, key],
      ...(typeof one === 'object' ? inside(one) : []),
    ]);
  for (const wrong of [null, undefined, 0, -1, Number.NaN, 'x', [], {}, [null], true]) {
    for (let i = 0; i < inside(JSON.parse(text)).length; i++) {
      const map = JSON.parse(text);
      const [owner, key] = inside(map)[i]!;
      Object.assign(owner, { [key]: wrong });
      try {
        checkTransformerMap(file, map);
      } catch (error) {
        assert.ok(error instanceof SaccadeError, `${key}: ${String(error)}`);
      }
    }
  }
});

test('names made to be slow to search are searched in no time', () => {
  const names = ['1', 'layer.', 'layer.1', 'layer.1.attention.self.', '.query.weight'].map(
    (text) => `${text.repeat(20_000)}.attention.self.query.weight`,
  );
  assertThrows(() => transformerMap({ names, info: () => undefined as never }, {}), FormatError, /no known family/);
});

test.run();

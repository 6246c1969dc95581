/** Both kinds of self-attention against the reference's layers: positions, group indices, weights, outputs and gradients, of both releases and of exact encodings. */
import { init, memory, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groups } from '../../src/groups/named-groups.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import {
  assertGradients,
  assertNear,
  type Case,
  type ExactCase,
  groupNamed,
  pullBack,
  scalars,
  Vectors,
} from '../reference.js';

onTestDevice(test, init);

type Layer = LiftingSelfAttention | GroupSelfAttention;

function sightOf({ image_size: size, patch_size: patch }: Case): { size: number } | { patch: number } {
  return patch === null ? { size } : { patch };
}

/** The layer of a case of a release. */
function releasedLayer(told: Case, encoding: 'paper2021' | 'gevit2023'): Layer {
  const Layer = told.kind === 'lift' ? LiftingSelfAttention : GroupSelfAttention;
  return new Layer(told.in_channels, told.out_channels, {
    group: groupNamed(told.group, told.num_elements),
    heads: told.num_heads,
    mid: told.mid_channels,
    ...sightOf(told),
    encoding,
    encodingEps: 1e-12,
    rng: new Rng(0),
  });
}

function exactLayer(told: ExactCase): Layer {
  const group = groups[told.mirror ? (`p${told.N}m` as 'p4m') : (`p${told.N}` as 'p4')];
  const isGlobal = told.patch_size === 2 * told.image_size - 1;
  const options = {
    ...{ group, heads: told.num_heads, mid: told.mid_channels, encodingEps: 1e-12, rng: new Rng(0) },
    ...(isGlobal ? { size: told.image_size } : sightOf(told)),
  };
  if (told.kind === 'lift') return new LiftingSelfAttention(told.in_channels, told.out_channels, options);
  const groupIndex = told.group_encoding ?? undefined;
  return new GroupSelfAttention(told.in_channels, told.out_channels, { ...options, groupIndex });
}

const cases: readonly [file: string, make: () => Layer, side: number][] = [
  ...Object.entries(scalars('meta'))
    .filter(([name]) => /^(lift|group)_/.test(name))
    .map(([name, told]) => [name, () => releasedLayer(told as Case, 'paper2021'), (told as Case).image_size] as const),
  ...Object.entries(scalars('gevit_meta')).map(
    ([name, told]) =>
      [`gevit_${name}`, () => releasedLayer(told as Case, 'gevit2023'), (told as Case).image_size] as const,
  ),
  ...Object.entries(scalars('exact_meta')).map(
    ([name, told]) => [name, () => exactLayer(told as ExactCase), (told as Case).image_size] as const,
  ),
].map(([file, make, side]) => [file, make, side]);

for (const [file, make, side] of cases) {
  test(`${file}: output and gradients`, async () => {
    const before = memory().tensors;
    const layer = make();
    const vectors = new Vectors(file);
    await scope(async () => {
      vectors.fill(layer, 'w.');
      const x = vectors.channelsLast('x');
      const wanted = new Map([['x', x], ...layer.parameters()]);
      const { y, gradients } = pullBack(() => layer.forward(x), vectors.channelsLast('cotangent'), wanted);
      await assertNear(y, vectors.channelsLast('y'), 2e-5, file);
      const expected = vectors.own(layer, 'g.').set('x', vectors.channelsLast('grad_x'));
      await assertGradients(gradients, expected, file);
    });
    layer.dispose();
    assert.is(memory().tensors, before);
  });

  test(`${file}: positions and group indices`, () => {
    const layer = make();
    const vectors = new Vectors(file);
    comparePositions(layer, vectors, side);
    const { groupIndex } = layer.planFor(side, side).plan;
    const name = file.startsWith('exact') ? 'group_index' : 'g_indices';
    if (groupIndex !== undefined) assert.equal(Array.from(groupIndex), vectors.values(name));
    layer.dispose();
  });

  if (file.startsWith('exact')) continue;
  test(`${file}: where single pixels look`, async () => {
    const before = memory().tensors;
    const layer = make();
    const vectors = new Vectors(file);
    await scope(async () => {
      vectors.fill(layer, 'w.');
      const x = vectors.channelsLast('x');
      for (const [row, column] of [[0, 0], [1, side - 1], [2, 1]] as const) await compareWeights(layer, x, vectors, row, column); // biome-ignore format: pairs
    });
    layer.dispose();
    assert.is(memory().tensors, before);
  });
}

/** Rows and columns of all places [V, O] in two lists. */
function placesOf(layer: Layer, side: number): readonly [number[], number[]] {
  const { plan, rows, columns } = layer.planFor(side, side);
  return [Array.from(plan.rowIndex, (i) => rows[i]!), Array.from(plan.columnIndex, (i) => columns[i]!)];
}

function comparePositions(layer: Layer, vectors: Vectors, side: number): void {
  const own = placesOf(layer, side);
  const offsets = own[0].length / layer.group.order;
  for (const axis of [0, 1]) {
    if (vectors.has('positions')) {
      const given = vectors.values('positions').filter((_, i) => i % 2 === axis);
      assertClose(own[axis]!, given, { rtol: 0, atol: 1e-6 });
      continue;
    }
    const given = vectors.values(['row_indices', 'col_indices'][axis]!);
    const ours = Array.from(
      given,
      (_, at) => own[axis]![layer.sight.options.patch === undefined ? windowed(at, side, offsets) : at]!,
    );
    assertClose(ours, given, { rtol: 0, atol: 1e-6 });
  }
}

/** Where a number of [group, height, width, height, width], of query and key, stands in [group, offsets]. */
function windowed(at: number, side: number, offsets: number): number {
  const pixels = side ** 2;
  const [v, i, j] = [Math.floor(at / pixels ** 2), Math.floor(at / pixels) % pixels, at % pixels];
  const row = Math.floor(j / side) - Math.floor(i / side) + side - 1;
  return v * offsets + row * (2 * side - 1) + ((j % side) - (i % side) + side - 1);
}

/** [batch, heads, outputs, (queries,) height, width, (keys,) ...window] of the reference at one pixel. */
async function compareWeights(layer: Layer, x: Tensor, vectors: Vectors, row: number, column: number): Promise<void> {
  const { weights, offsets } = layer.attentionAt(x, { row, column });
  const axes = layer.lifts ? [':', ':', ':'] : [':', ':', ':', ':'];
  const expected = Array.from(
    await vectors
      .tensor('probs')
      .at(...axes, row, column)
      .data(),
  );
  const all = Array.from(await weights.data());
  if (layer.sight.options.patch !== undefined) {
    assertClose(all, expected, { rtol: 0, atol: 1e-6 });
    return;
  }
  // The reference has the keys of the image, by their places.
  const side = x.shape.at(-2)!;
  const count = offsets.length / 2;
  const own = expected.map((_, at) => {
    const [y, z] = [Math.floor((at % side ** 2) / side) - row, (at % side) - column];
    return all[Math.floor(at / side ** 2) * count + (y + side - 1) * (2 * side - 1) + z + side - 1]!;
  });
  assertClose(own, expected, { rtol: 0, atol: 1e-6 });
}

test.run();

/** What layers prove of themselves: for which elements they are exact, and the reason where they are not; and that measurement agrees. */
import { init, Rng, ShapeError, scope, type Tensor } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Form, Provable } from '../../src/certify/proof.js';
import type { Group } from '../../src/groups/group.js';
import { groups, rotations } from '../../src/groups/named-groups.js';
import { Crop } from '../../src/layers/crop.js';
import { GroupSelfAttention, type GroupSelfAttentionOptions } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { OrbitNorm } from '../../src/layers/norms.js';
import { OrbitDropout } from '../../src/layers/orbit-dropout.js';
import { whyPlanDiffers } from '../../src/layers/plan-invariance.js';
import { PoolPixels } from '../../src/layers/pool-pixels.js';
import { GroupPool, SpatialPool } from '../../src/layers/pools.js';
import { Restrict } from '../../src/layers/restrict.js';
import { TransformerBlock } from '../../src/layers/transformer-block.js';
import { randomise, turnError } from '../turns.js';

onTestDevice(test, init);

const rng = new Rng(0);
const { p4, p8, p4m, mz2, z2 } = groups;

const images = (height: number, width = height): Form => ({ group: undefined, height, width });
const over = (group: Group, height: number, width = height): Form => ({ group, height, width });

type Asked = readonly [layer: Provable, form: Form, group: Group];

/** The single step of a layer. */
function step([layer, form, group]: Asked) {
  const { steps } = layer.prove(form, group, 'a.layer');
  assert.is(steps.length, 1);
  assert.is(steps[0]!.layer, 'a.layer');
  return steps[0]!;
}

/** Layers live for a test. */
function attention(options: Partial<GroupSelfAttentionOptions>, kind: 'lift' | 'group' = 'group') {
  const all = { group: p4, patch: 3, heads: 1, mid: 4, rng, ...options };
  return kind === 'lift' ? new LiftingSelfAttention(2, 3, all) : new GroupSelfAttention(2, 3, all);
}

function expectStep(
  asked: Asked,
  exact: readonly number[],
  reason: RegExp | '',
  approximate: readonly number[] = [],
): void {
  const found = step(asked);
  assert.equal(found.exact, exact);
  assert.equal(found.approximate, approximate);
  if (reason === '') assert.is(found.reason, '');
  else assert.match(found.reason, reason);
}

const all = (group: Group): number[] => group.matrices.map((_, element) => element);

test('exact attention is exact for all elements that map pixels to pixels', () => {
  scope(() => {
    for (const group of [z2, p4, p4m, mz2]) {
      for (const options of [
        {},
        { groupIndex: 'relative' },
        { groupIndex: 'pair' },
        { neighbourhood: 'soft' },
        { patch: undefined, size: 6 },
      ] as const) {
        expectStep([attention({ group, ...options }), over(group, 6), group], all(group), '');
      }
      expectStep([attention({ group }, 'lift'), images(6), group], all(group), '');
    }
  });
});

test('elements that do not are near at best', () => {
  const reason = /^not all elements of p8 map pixels to pixels$/;
  expectStep([attention({ group: p8 }, 'lift'), images(6), p8], [0, 2, 4, 6], reason, [1, 3, 5, 7]);
  expectStep([attention({ group: p8 }), over(p8, 6), p8], [0, 2, 4, 6], reason, [1, 3, 5, 7]);
  const sixth = rotations(6);
  expectStep([attention({ group: sixth }), over(sixth, 6), sixth], [0, 3], /map pixels to pixels/, [1, 2, 4, 5]);
});

test('asked about a smaller group, only its elements are told, and of a larger one those that the layer has', () => {
  expectStep([attention({ group: p8 }, 'lift'), images(6), p4], [0, 1, 2, 3], '');
  expectStep([attention({ group: p4 }, 'lift'), images(6), p4m], [0, 1, 2, 3], /^p4 has not all elements of p4m$/);
  expectStep([attention({ group: z2 }, 'lift'), images(6), p4], [0], /^z2 has not all elements of p4$/);
  const half = p4.subgroup([0, 2]);
  expectStep([attention({ group: half }, 'lift'), images(6), p4], [0, 2], /has not all elements of p4/);
  expectStep([attention({ group: mz2 }, 'lift'), images(6), p4], [0], /mz2 has not all elements of p4/);
});

test('released encodings are refuted by their integers', () => {
  const paper = { encoding: 'paper2021' } as const;
  expectStep(
    [attention(paper, 'lift'), images(6), p4],
    [0, 2],
    /^positions of encoding paper2021 do not turn with the elements$/,
  );
  expectStep(
    [attention(paper), over(p4, 6), p4],
    [0],
    /^positions of encoding paper2021 do not turn with the elements; the group index of encoding paper2021 changes when output, query and key turn together$/,
  );
  expectStep([attention({ ...paper, group: p8 }), over(p8, 6), p8], [0], /encoding paper2021/);
  expectStep([attention({ ...paper, group: z2 }), over(z2, 6), z2], [0], '');
  const later = { encoding: 'gevit2023' } as const;
  expectStep([attention(later), over(p4, 6), p4], [0, 1, 2, 3], '');
  expectStep([attention({ ...later, group: p8 }), over(p8, 6), p8], [0, 2, 4, 6], /map pixels to pixels/, [1, 3, 5, 7]);
  expectStep([attention({ ...later, group: p4m }, 'lift'), images(6), p4m], all(p4m), '');
  const { exact, reason } = step([attention({ ...later, group: p4m }), over(p4m, 6), p4m]);
  assert.ok(exact.length < 8);
  assert.is(reason, 'the group index of encoding gevit2023 changes when output, query and key turn together');
});

test("sides that are not a square's keep half turns and mirrors", () => {
  expectStep(
    [attention({ group: p4m }), over(p4m, 6, 4), p4m],
    [0, 2, 4, 6],
    /^sides of 6 and 4 are not those of a square$/,
  );
  expectStep([attention({}, 'lift'), images(5, 6), p4], [0, 2], /not those of a square/);
  expectStep([attention({ patch: undefined, size: [4, 6] }), over(p4, 4, 6), p4], [0, 2], /not those of a square/);
});

test('dropout in training breaks it unless masks are shared, and in evaluation does not', () => {
  const reason = /^attention dropout of 0.2 in training, with masks that are not shared over orbits$/;
  expectStep([attention({ dropout: 0.2 }), over(p4, 6), p4], [0], reason);
  expectStep([attention({ dropout: 0.2 }).eval(), over(p4, 6), p4], [0, 1, 2, 3], '');
  expectStep([attention({ dropout: 0.2, orbitSharedDropout: true }), over(p4, 6), p4], [0, 1, 2, 3], '');
  expectStep([attention({ dropout: 0.2, orbitSharedDropout: true, group: p8 }), over(p8, 6), p8], [0, 2, 4, 6], reason);
  const values = /^dropout of 0.2 in training, with masks that are not shared over orbits$/;
  expectStep([new OrbitDropout(0.2, { rng }), over(p4, 6), p4], [0], values);
  expectStep([new OrbitDropout(0.2, { rng }).eval(), over(p4, 6), p4], [0, 1, 2, 3], '');
  expectStep([new OrbitDropout(0.2, { rng, shared: p4 }), over(p4, 6), p4], [0, 1, 2, 3], '');
  expectStep([new OrbitDropout(0.2, { rng, shared: p4 }), over(p4m, 6), p4m], [0, 1, 2, 3], values);
});

test('pools of odd sides are refuted with the sides', () => {
  const pool = new PoolPixels();
  expectStep([pool, over(p4, 8), p4], all(p4), '');
  expectStep([pool, over(p4, 7), p4], [0], /^2x2 pool with odd side 7 -> 3$/);
  // A column is lost: the mirror of the rows keeps it.
  expectStep([pool, over(p4m, 6, 7), p4m], [0, 6], /2x2 pool with odd side 7 -> 3/);
  // Row and column are: so does the transpose.
  const { exact } = step([pool, over(p4m, 7), p4m]);
  assert.equal(exact.map((h) => p4m.matrices[h]), [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]); // biome-ignore format: matrices
  expectStep([pool, over(p8, 8), p8], [0, 2, 4, 6], /map pixels to pixels/, [1, 3, 5, 7]);
  expectStep([pool, over(p8, 7), p8], [0], /^2x2 pool with odd side 7 -> 3$/);
  assert.equal(pool.prove(over(p4, 7, 8), p4, '').output, over(p4, 3, 4));
});

test('crops are exact if they are as wide before as behind', () => {
  expectStep([new Crop(2), over(p4m, 7), p4m], all(p4m), '');
  expectStep([new Crop([1, 2]), over(p4, 7), p4], [0], /^crop of 1 before and 2 behind$/);
  assert.equal(new Crop([1, 2]).prove(over(p4, 7), p4, '').output, over(p4, 4));
});

test('norms and pools of elements and of pixels are exact, and tell what is left', () => {
  expectStep([new OrbitNorm(3), over(p8, 7), p8], all(p8), '');
  expectStep([new GroupPool(), over(p4, 7), p4], all(p4), '');
  expectStep([new SpatialPool(), over(p4, 7), p4], all(p4), '');
  assert.equal(new GroupPool().prove(over(p4, 7), p4, '').output, images(7));
  assert.equal(new SpatialPool().prove(over(p4, 7), p4, '').output, { group: p4, height: undefined, width: undefined });
});

test('after a restriction the subgroup is respected', () => {
  const half = p4.subgroup([0, 2]);
  expectStep([new Restrict(p4, half), over(p4, 7), p4], [0, 2], /^restricted to p4\{0,2\}$/);
  assert.is(new Restrict(p4, half).prove(over(p4, 7), p4, '').output.group, half);
  expectStep([attention({ group: half }), over(half, 6), p4], [0, 2], /has not all elements of p4/);
});

test('a block names its parts', () => {
  const block = new TransformerBlock(4, 6, { group: p4, patch: 3, crop: [0, 1], valueDropout: 0.3, rng });
  const { steps, output } = block.prove(over(p4, 6), p4, 'blocks.0.1');
  assert.equal(steps.map(({ layer }) => layer.replace('blocks.0.1.', '')), [
    'norm_in', 'attention', 'norm_out', 'dropout', 'crop', 'mlp.hidden', 'mlp.norm', 'mlp.output', 'mlp.output_norm',
  ]); // biome-ignore format: a list
  assert.equal(steps.filter(({ exact }) => exact.length < 4).map(({ layer }) => layer), ['blocks.0.1.dropout', 'blocks.0.1.crop']); // biome-ignore format: one line
  assert.equal(output, over(p4, 5));
});

test('a layer that does not take what comes before says so', () => {
  const message = /^GroupSelfAttention: expected features over p4, got images$/;
  assertThrows(() => attention({}).prove(images(6), p4, ''), ShapeError, message);
  assertThrows(
    () => attention({}).prove(over(p8, 6), p4, ''),
    ShapeError,
    /expected features over p4, got features over p8/,
  );
  assertThrows(
    () => attention({}, 'lift').prove(over(p4, 6), p4, ''),
    ShapeError,
    /^LiftingSelfAttention: expected images, got features over p4/,
  );
  const pooled = { group: p4, height: undefined, width: undefined };
  assertThrows(() => attention({}).prove(pooled, p4, ''), ShapeError, /expected pixels, which were pooled before/);
});

test('a plan whose neighbourhood or window is not that of the turned image is refuted', () => {
  const encoded = attention({}).planFor(6, 6);
  const { plan } = encoded;
  const reason = 'the neighbourhood is not symmetric';
  const count = plan.offsets.length / 2;
  assert.is(whyPlanDiffers(encoded, 'exact', p4, 1), undefined);
  const lopsided = { ...plan, offsets: Int32Array.from(plan.offsets, (offset, i) => (i === 0 ? offset - 1 : offset)) };
  assert.is(whyPlanDiffers({ ...encoded, plan: lopsided }, 'exact', p4, 1), reason);
  const window = Float32Array.from({ length: count }, (_, o) => o);
  assert.is(whyPlanDiffers({ ...encoded, plan: { ...plan, window } }, 'exact', p4, 1), reason);
  const groupIndex = plan.groupIndex!.map((entry, i) => (i === 7 ? (entry + 1) % 4 : entry));
  assert.match(
    whyPlanDiffers({ ...encoded, plan: { ...plan, groupIndex } }, 'exact', p4, 1)!,
    /the group index of encoding exact changes/,
  );
  const rowIndex = plan.rowIndex.map((row, i) => (i === 7 ? (row + 1) % 3 : row));
  assert.match(
    whyPlanDiffers({ ...encoded, plan: { ...plan, rowIndex } }, 'exact', p4, 1)!,
    /positions of encoding exact do not turn/,
  );
});

test('what is proved is measured, and what is refuted is not exact', () => {
  scope(() => {
    const cases: readonly (readonly [layer: { forward(x: Tensor): Tensor } & Provable, group: Group, sides: readonly [number, number]])[] = [
      [attention({ group: p4m }), p4m, [5, 5]],
      [attention({ group: p4m, neighbourhood: 'disc', patch: 5 }), p4m, [4, 6]],
      [attention({ encoding: 'gevit2023', group: p4m }), p4m, [5, 5]],
      [attention({ encoding: 'paper2021', group: p4 }), p4, [5, 5]],
      [new PoolPixels(), p4m, [5, 5]],
      [new PoolPixels(), p4m, [6, 5]],
      [new PoolPixels(), p4m, [6, 6]],
      [new Crop([0, 1]), p4m, [6, 6]],
      [new Crop(1), p4m, [6, 6]],
      [new OrbitNorm(2), p4m, [6, 5]],
    ]; // biome-ignore format: a table
    for (const [layer, group, [height, width]] of cases) {
      if (layer instanceof GroupSelfAttention) randomise(layer, rng);
      const x = rng.normal([1, group.order, height, width, 2]) as Tensor;
      const { exact } = layer.prove(over(group, height, width), group, '').steps[0]!;
      for (const h of group.latticeElements) {
        // Turning sides that are no square's exchanges them, of which nothing is proved.
        if (height !== width && group.matrices[h]![0][0] === 0) continue;
        const error = turnError((y) => layer.forward(y), x, group, h);
        assert.ok(
          exact.includes(h) ? error < 2e-6 : error > 1e-4,
          `${layer.constructor.name} ${h}: ${error}, ${exact}`,
        );
      }
    }
  });
});

test.run();

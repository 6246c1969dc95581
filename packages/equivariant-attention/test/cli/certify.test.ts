/** `equivariant-attention certify`: the verdict, and what it says to a shell. */
import { join } from 'node:path';
import { Rng } from '@saccade/tensor';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { saveGroupAttention } from '../../src/files/module-file.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { equivariantAttention } from './command.js';
import { writeNetwork } from './write-files.js';

const folder = newFolder();

interface Told {
  readonly file: string;
  readonly holds: boolean;
  readonly verdict: { readonly kind: string; readonly layer?: string };
  readonly elements: readonly unknown[];
  readonly measurement?: { readonly samples: number; readonly shape: readonly number[] };
}

function certify(...args: string[]) {
  return equivariantAttention(['certify', ...args, '--threads', '1'], folder);
}

test.before(async () => {
  await writeNetwork(join(folder, 'p4.safetensors'));
  await writeNetwork(join(folder, 'p8.safetensors'), { group: 'p8' });
  await writeNetwork(join(folder, 'plain.safetensors'), { group: 'z2' });
  await writeNetwork(join(folder, 'dropout.safetensors'), { valueDropout: 0.5 });
  await writeNetwork(join(folder, 'pools.safetensors'), { blocks: [1, 1] });
  using layer = new LiftingSelfAttention(1, 4, { group: 'p4', patch: 3, rng: new Rng(1) });
  await saveGroupAttention(join(folder, 'layer.safetensors'), layer);
});

test('a network that is exact is proved and measured, status 0', async () => {
  const [text, json] = await Promise.all([
    certify('p4.safetensors'),
    certify('p4.safetensors', '--samples', '2', '--size', '10x10', '--json'),
  ]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /^p4: exact \(proved\)\nmeasured on 4 random inputs, seed 0, \[8, 8, 1\]/);
  assert.is(text.stderr, 'proving and measuring …\n');
  const told = JSON.parse(json.stdout) as Told;
  assert.equal([told.file, told.holds, told.verdict.kind], ['p4.safetensors', true, 'exact']);
  assert.is(told.elements.length, 4);
  assert.equal([told.measurement?.samples, told.measurement?.shape], [2, [10, 10, 1]]);
});

test('where turns do not map pixels to pixels, it is exact on a subgroup, status 0', async () => {
  const { code, stdout } = await certify('p8.safetensors', '--samples', '1');
  assert.is(code, 0);
  assert.match(stdout, /^p8: exact on subgroup \{0, 2, 4, 6\} \(proved\), approximate elsewhere: error \d/);
});

test('a network that is not is broken, at a layer and for a reason, status 1', async () => {
  const [plain, dropout, pools] = await Promise.all([
    certify('plain.safetensors', '--group', 'p4', '--samples', '0'),
    certify('dropout.safetensors', '--training', '--samples', '0'),
    certify('pools.safetensors', '--size', '9x9', '--samples', '1', '--json'),
  ]);
  assert.is(plain.code, 1);
  assert.match(plain.stdout, /^p4: broken at layer lifting, because /);
  assert.is(plain.stderr, '', 'nothing is measured');
  assert.is(dropout.code, 1);
  assert.match(dropout.stdout, /broken at layer blocks\.0\.0\.dropout, because .*dropout/);
  assert.is(pools.code, 1);
  const { holds, verdict } = JSON.parse(pools.stdout) as Told;
  assert.equal([holds, verdict.kind, verdict.layer], [false, 'broken', 'blocks.0.pool']);
});

test('what is no network is refused', async () => {
  const { code, stderr } = await certify('layer.safetensors');
  assert.is(code, 1);
  assert.match(stderr, /layer\.safetensors: a single layer, no network: equivariant-attention train writes one/);
});

test.run();

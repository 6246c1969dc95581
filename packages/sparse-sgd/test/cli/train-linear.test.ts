/** `sparse-sgd train --data`: runs side by side, files, going on. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@saccade/tensor';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sparseSgd, start, writeRows } from './command.js';

interface Run {
  readonly name: string;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly testAccuracy?: number;
  readonly bits: number;
  readonly bytes: number;
  readonly error?: string;
  readonly curve: readonly { readonly step: number; readonly loss: number }[];
}

function runsOf(stdout: string): Run[] {
  return (JSON.parse(stdout) as { readonly runs: Run[] }).runs;
}

test('compressors are compared in a table, a chart and a page', async () => {
  const folder = newFolder();
  writeRows(join(folder, 'rows'), 600, 1);
  writeRows(join(folder, 'held'), 300, 2);
  const compress = ['none', 'top-k:1', 'top-k:1/no-memory'].flatMap((name) => ['--compress', name]);
  const args = [
    'train',
    '--data',
    'rows',
    '--test',
    'held',
    '--unit-rows',
    '--epochs',
    '3',
    '--lambda',
    '0.01',
    ...compress,
  ];
  const [json, text] = await Promise.all([
    sparseSgd([...args, '--json', '--chart', 'chart.svg', '--page', 'page.html'], folder),
    sparseSgd(args, folder),
  ]);
  assert.is(json.code, 0, json.stderr);
  const [all, one, forgetful] = runsOf(json.stdout) as [Run, Run, Run];
  // With memory one entry a step does what all 20 do; without, steps are lost for good.
  assert.ok(Math.abs(one.loss! / all.loss! - 1) < 0.005, `${one.loss} and ${all.loss}`);
  assert.ok(forgetful.loss! > 1.02 * all.loss!, `${forgetful.loss} and ${all.loss}`);
  assert.ok(one.testAccuracy! > 0.85, `${one.testAccuracy}`);
  assert.equal([all.bits / one.bits, one.bits], [10, 1800 * 64]);
  assert.ok(one.bytes < all.bytes / 4);
  assert.is(one.curve.length, 31);
  const [chart, page] = ['chart.svg', 'page.html'].map((name) => readFileSync(join(folder, name), 'utf8'));
  assert.match(chart!, /^<svg [\s\S]*top-k:1 without memory[\s\S]*bits sent/);
  assert.match(page!, /<td>[\s\S]*top-k:1 without memory/);
  assert.not.match(page!, 'http-equiv', 'the page of a finished run does not load itself again');
  assert.match(text.stdout, /^ +loss +accuracy +of the test +bits +bytes +us a step\nnone +0\.\d+ +\d\d\.\d\d % /);
  assert.match(text.stderr, /^600 rows of 20 features, 1800 steps\nnone: epoch 0\/3, loss 0\.69315, 0 bit sent\n/);
  assert.equal(readdirSync(folder).sort(), ['chart.svg', 'held', 'page.html', 'rows']);
});

test('a model that becomes infinite is told, and the other runs go on', async () => {
  const folder = newFolder();
  writeRows(join(folder, 'rows'), 100, 1);
  const rate = ['--rate', 'constant:1e300', '--epochs', '2'];
  const args = ['train', '--data', 'rows', '--compress', 'none', '--compress', 'top-k:1', ...rate, '--json'];
  const { code, stdout, stderr } = await sparseSgd(args, folder);
  assert.is(code, 1);
  assert.ok(runsOf(stdout).every(({ error, loss }) => /no longer finite/.test(error!) && loss === undefined));
  assert.match(stderr, /none: .*no longer finite[\s\S]*top-k:1: .*no longer finite/);
});

test('threads share a model, several classes are told apart, weights are written', async () => {
  const folder = newFolder();
  writeRows(join(folder, 'rows'), 300, 1);
  const rows = readFileSync(join(folder, 'rows'), 'utf8').replaceAll(/^-1/gm, '0').split('\n');
  writeFileSync(
    join(folder, 'classes'),
    rows.map((row, i) => (i % 3 === 0 ? row.replace(/^[01] .*/, '2 1:9') : row)).join('\n'),
  );
  const [parallel, softmax] = await Promise.all([
    sparseSgd(['train', '--data', 'rows', '--parallel', '2', '--epochs', '3', '--json'], folder),
    sparseSgd(['train', '--data', 'classes', '--softmax', '--epochs', '5', '--out', 'w.safetensors', '--json'], folder),
  ]);
  assert.is(parallel.code, 0, parallel.stderr);
  assert.ok(runsOf(parallel.stdout)[0]!.accuracy! > 0.85);
  assert.is(softmax.code, 0, softmax.stderr);
  assert.ok(runsOf(softmax.stdout)[0]!.accuracy! > 0.8);
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, 'w.safetensors')));
  assert.equal(tensors.get('weight')?.shape, [20, 3]);
  assert.is(metadata.compress, 'top-k:1');
});

test('Ctrl-C keeps what was saved; the end is the same as without', async () => {
  const folder = newFolder();
  writeRows(join(folder, 'rows'), 4000, 1);
  const args = ['train', '--data', 'rows', '--epochs', '30', '--compress', 'qsgd:16'];
  const saving = [...args, '--checkpoint', 'my run.safetensors'];
  const running = start(saving, folder);
  await running.until('epoch 1/30');
  running.kill('SIGINT');
  const stopped = await running.ended;
  assert.is(stopped.code, 130, stopped.stderr);
  assert.is(stopped.stdout, '');
  assert.match(stopped.stderr, 'stopped by Ctrl-C; the run is saved in my run.safetensors. To go on:\n');
  assert.match(stopped.stderr, "--checkpoint 'my run.safetensors' --resume\n");
  const [again, seen] = await Promise.all([
    sparseSgd(saving, folder),
    sparseSgd(['inspect', 'my run.safetensors', '--json'], folder),
  ]);
  assert.is(again.code, 2);
  assert.match(again.stderr, 'there is a run in my run.safetensors: go on with --resume, or remove it');
  const { kind, step, compress } = JSON.parse(seen.stdout) as Record<string, unknown>;
  assert.equal([kind, compress], ['check point of Mem-SGD', 'qsgd:16']);
  assert.ok((step as number) >= 4000 && (step as number) < 120_000, `${step}`);

  const [resumed, whole] = await Promise.all([
    sparseSgd([...saving, '--resume', '--json'], folder),
    sparseSgd([...args, '--json'], folder),
  ]);
  assert.match(resumed.stderr, 'goes on from my run.safetensors');
  assert.equal(runsOf(resumed.stdout)[0]!.curve, runsOf(whole.stdout)[0]!.curve);
});

test.run();

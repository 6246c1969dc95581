/** All commands, on a small model in a folder. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@saccade/command';
import { openSafetensors, Rng, saveSafetensors } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConversionReport } from '../../src/checkpoint/conversion-report.js';
import { compress } from '../../src/cli/compress.js';
import { energyOf } from '../../src/cli/energy.js';
import { inspect } from '../../src/cli/inspect.js';
import { verify } from '../../src/cli/verify.js';
import { bert, encoded, llama } from '../checkpoint/synthetic.js';
import { collabAttention } from './command.js';

const folder = newFolder();

test.before(async () => {
  const model = bert(2, 'bert.', 32, 4);
  writeFileSync(join(folder, 'model.safetensors'), await encoded(model));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(model.config));
  writeFileSync(join(folder, 'llama.safetensors'), await encoded(llama()));
});

const run = (...args: string[]): ReturnType<typeof collabAttention> => collabAttention(args, folder);

test('compress and verify', async () => {
  const text = await run('compress', '.', '-o', 'small.safetensors', '--shared-dim', '0.5', '--iterations', '20');
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /layer +rank +error .*\nbert\.encoder\.layer\.0\.attention\.self +16 of 32 +0\.\d+ /);
  assert.match(
    text.stdout,
    /\d+\.\d KB before, \d+\.\d KB after: \d+\.\d % less, \d+\.\d % less for keys and queries\n/,
  );
  assert.match(text.stdout, /self-attention over more than \d+ tokens takes more multiply-adds than before\n/);
  assert.match(
    text.stderr,
    /^looking at 2 attention layers …\nlayer 1 of 2: bert\.encoder.* rank 16, sweep 1, error 0\.\d+\n/,
  );
  assert.equal(existsSync(join(folder, 'small.config.json')), true);
  const same = await run('verify', 'model.safetensors', 'small.safetensors');
  assert.is(same.code, 0, same.stderr);
  assert.match(same.stdout, /\n9 other tensors are the same to the byte\n$/);
  const states = new Rng(1).normal([7, 32]);
  await saveSafetensors(join(folder, 'states.safetensors'), { 'bert.encoder.layer.0.attention.self': states });
  states.dispose();
  const given = await run('verify', '.', 'small.safetensors', '--states', 'states.safetensors', '--json');
  assert.is((JSON.parse(given.stdout) as { readonly agrees: boolean }).agrees, true);
  const bytes = new Uint8Array(readFileSync(join(folder, 'small.safetensors')));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(join(folder, 'bad.safetensors'), bytes);
  const bad = await run('verify', '.', 'bad.safetensors');
  assert.is(bad.code, 1);
  assert.match(bad.stdout, /1 of 9 other tensors DIFFER: .*\nthe compressed model is NOT what it says\n/);
});

test('compress rewrites the graph of an .onnx file', async () => {
  copyFileSync(new URL('../golden/onnx/encoder.onnx', import.meta.url), join(folder, 'encoder.onnx'));
  const text = await run('compress', 'encoder.onnx', '-o', 'small.onnx', '--shared-dim', '0.5');
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /attention +rank +error .*\n.* \d+ of \d+ +0\.\d+ .*\n[\s\S]*model: small\.onnx\n$/);
  assert.match(text.stderr, /^attention 1 of \d+: .*rank \d+, sweep 1, error 0\.\d+\n/);
  assert.ok(existsSync(join(folder, 'small.onnx')));
  const json = await run('compress', 'encoder.onnx', '-o', 'small.onnx', '--max-error', '0.5', '--json');
  const { attentions, file } = JSON.parse(json.stdout) as { attentions: { status: string }[]; file: string };
  assert.ok(file === 'small.onnx' && attentions.some(({ status }) => status === 'converted'));
  const wrong = await run('compress', 'encoder.onnx', '-o', 'small.onnx', '--target-bytes', '1MB');
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /--target-bytes is for safetensors, not for \.onnx files/);
});

test('compress to an error or a size, as JSON', async () => {
  const report = async (...args: string[]): Promise<ConversionReport> => {
    const { code, stdout, stderr } = await run(
      'compress',
      '.',
      '-o',
      'x.safetensors',
      '--iterations',
      '5',
      ...args,
      '--json',
    );
    assert.is(code, 0, stderr);
    return JSON.parse(stdout) as ConversionReport;
  };
  const size = await report('--target-bytes', '30KB', '--seed', '3', '--length', '64');
  assert.ok(size.total.fileBytes <= 30_000 && size.total.fileBytes > 29_000);
  assert.is(size.total.operations.length, 64);
  const error = await report('--max-error', '0.6', '--restarts', '0');
  assert.ok(error.total.largestError <= 0.6);
  const released = await report('--shared-dim', '8', '--released', '--float32');
  assert.is(released.total.layers.converted, 2);
  const file = await openSafetensors(join(folder, 'x.safetensors'));
  assert.match(file.metadata.collab_attention!, '"form":"released"');
  await file.close();
});

test('inspect tells what can be shared, and why not', async () => {
  const [own, other, json] = await Promise.all([
    run('inspect', '.'),
    run('inspect', 'llama.safetensors'),
    run('inspect', '.', '--json'),
  ]);
  assert.match(
    own.stdout,
    /^bert; 17 tensors, .*\nbert\.encoder\.layer\.1\.attention\.self +4 x 8 +32 +F32 +8\.4 KB +30\n$/s,
  );
  assert.match(other.stdout, /cannot be shared:\nmodel\.layers\.0\.self_attn: rotary positions \(RoPE\)/);
  assert.is((JSON.parse(json.stdout) as { readonly layers: object[] }).layers.length, 2);
});

test('energy as a table, JSON and a picture', async () => {
  const { code, stdout, stderr } = await run('energy', '.', '-o', 'energy.svg', '--share', '0.5');
  assert.is(code, 0, stderr);
  assert.match(
    stdout,
    /^layer +one head +queries +keys +by query +by head +by key\nbert.*self +\d\.\d of 8 +\d+ of 32 /,
  );
  assert.match(
    readFileSync(join(folder, 'energy.svg'), 'utf8'),
    /^<svg .*mean of 2 layers.*queries together.*<\/svg>\n$/s,
  );
  const json = await run('energy', '.', '--layer', 'bert.encoder.layer.1.attention.self', '--json');
  const { layers } = JSON.parse(json.stdout) as { layers: { dimensions: { heads: number[]; query: number } }[] };
  assert.is(layers.length, 1);
  assert.ok(layers[0]!.dimensions.heads.every((dims) => dims >= 1 && dims <= 8));
});

test('help, wrong use and failures end with their codes', async () => {
  const cases: [args: string[], code: number, text: RegExp][] = [
    [['--help'], 0, /^Attention heads that share.*collab-attention energy MODEL/s],
    [['compress', '--help'], 0, /--target-bytes N .*--on-unsupported WHAT.*--family NAME/s],
    [[], 2, /expected a command; there are inspect, compress, verify and energy/],
    [
      ['compress', '.', '-o', 'y.safetensors', '--shared-dim', '1.5'],
      2,
      /sharedDim must be a whole number from 1, or a/,
    ],
    [['compress', 'llama.safetensors', '-o', 'y.safetensors', '--shared-dim', '3'], 1, /has no shared form: rotary/],
  ];
  const ended = await Promise.all(cases.map(([args]) => run(...args)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args.join(' ')}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
  }
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('y.')),
    [],
  );
});

test('wrong arguments are refused, each by its name', async () => {
  const model = join(folder, 'model.safetensors');
  const out = ['-o', join(folder, 'y.safetensors')];
  const { signal } = new AbortController();
  const refuse = (run: Command, args: string[], message: RegExp): Promise<Error> =>
    assertRejects(() => run(args, signal), Error, message);
  await refuse(inspect, [], /expected a model: collab-attention inspect MODEL/);
  await refuse(inspect, [newFolder()], /there is no model\.safetensors in the folder/);
  await refuse(inspect, [model, 'x'], /unexpected argument 'x'/);
  await refuse(compress, [model, '--shared-dim', '3'], /expected -o FILE/);
  await refuse(compress, [model, ...out], /expected one of --shared-dim N, --max-error E and --target-bytes N/);
  await refuse(compress, [model, ...out, '--shared-dim', '3', '--max-error', '1'], /expected one of/);
  for (const text of ['3XB', '', '0', '-1', '1e9', '9'.repeat(30)]) {
    await refuse(
      compress,
      [model, ...out, `--target-bytes=${text}`],
      /--target-bytes must be a number of bytes such as/,
    );
  }
  await refuse(compress, [model, '-o', 'none/y', '--shared-dim', '3'], /--out: there is no folder none/);
  await refuse(compress, [model, ...out, '--shared-dim', '3', '--on-unsupported', 'x'], /one of refuse, skip, got x/);
  await refuse(compress, [model, ...out, '--shared-dim', '3', '--heads', '0'], /--heads must be a whole number from 1/);
  await refuse(compress, [model, ...out, '--shared-dim', '3', '--heads', '5'], /5 heads .*do not divide the 32/);
  await refuse(compress, ['none', ...out, '--shared-dim', '3'], /cannot be opened/);
  await refuse(verify, [model], /expected a compressed model/);
  await refuse(verify, [model, model], /the second checkpoint is not converted/);
  await refuse(energyOf, [model, '--share', '2'], /--share must be at most 1/);
  await refuse(energyOf, [model, '--layer', 'x'], /there is no layer "x"/);
});

test.run();

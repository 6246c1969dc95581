/** What the commands take and refuse. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, UsageError } from '@saccade/command';
import { assertRejects } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/cli/certify.js';
import { curve } from '../../src/cli/curve.js';
import { paths } from '../../src/cli/paths.js';
import { clip } from '../model/small-checkpoints.js';
import { rankCollapse } from './command.js';
import { deepBert, writeModel } from './write-model.js';

const { signal } = new AbortController();

/** Each is refused before a file is read. */
async function refuse(command: Command, given: readonly (readonly [args: string, message: RegExp])[]): Promise<void> {
  for (const [args, message] of given) {
    const words = args.split(' ').filter((word) => word !== '');
    await assertRejects(() => command(words, signal), UsageError, message);
  }
}

test('options that all commands have are refused by their names', async () => {
  const all: readonly (readonly [Command, string])[] = [
    [curve, 'curve'],
    [paths, 'paths'],
    [certify, 'certify'],
  ];
  for (const [command, name] of all) {
    await refuse(command, [
      ['', new RegExp(`expected a model: rank-collapse ${name} MODEL.safetensors`)],
      ['x y', /unexpected argument 'y'/],
      ['x --nonsense', /--nonsense/],
      ['x --heads 0', /--heads must be a whole number from 1, got 0/],
      ['x --threads many', /--threads must be a whole number from 1, got many/],
      ['x --seed=-1', /--seed must be a whole number from 0, got -1/],
      ['x --random 0', /--random must be a whole number from 1, got 0/],
      ['x --tokens t --random 3', /--random is for random texts: --tokens gives others/],
    ]);
  }
});

test('each command refuses its own options by their names', async () => {
  await refuse(curve, [
    ['x --variant sam', /--variant must be all, or some of san, san\+mlp, san\+skip, transformer, got sam/],
    ['x --variant san,', /--variant must be all, or some of .*, got $/],
    ['x --center mode', /--center must be one of mean, median, midrange, got mode/],
    ['x --svg none/a.svg', /--svg: there is no folder none for none\/a.svg/],
    ['x --text 0', /--text/],
  ]);
  await refuse(paths, [
    ['x --variant all', /--variant must be one of san, san\+mlp, san\+skip, transformer, got all/],
    ['x --by token', /--by must be some of head, layer, first, last, got token/],
    ['x --by head --by layer,token', /--by must be some of .*, got token/],
    ['x --length 3', /--length is for --sample N/],
    ['x --importance norms', /--importance is for --sample N/],
    ['x --sample 0', /--sample must be a whole number from 1, got 0/],
    ['x --sample 5 --length=-1', /--length must be a whole number from 0, got -1/],
    ['x --sample 5 --importance size', /--importance must be one of uniform, norms, got size/],
    ['x --text 0.5', /--text must be a whole number from 0, got 0.5/],
  ]);
  await refuse(certify, [
    ['x --variant all', /--variant must be one of san, /],
    ['x --pure --variant san', /--pure is attention alone: no --variant or --no-norms goes with it/],
    ['x --pure --no-norms', /--pure is attention alone/],
    ['x --svg a.svg', /--svg/],
  ]);
});

test('a model needs a configuration or its heads, and one stack of layers', async () => {
  const folder = newFolder();
  await writeModel(folder, 'clip', clip);
  await writeModel(folder, 'bare', { ...deepBert(1), config: {} });
  const bare = join(folder, 'bare.safetensors');
  writeFileSync(join(folder, 'list.json'), '[1]');
  await assertRejects(
    () => curve([bare, '--config', join(folder, 'list.json')], signal),
    Error,
    /expected a JSON object/,
  );
  await assertRejects(() => curve([bare, '--heads', '3'], signal), Error, /3 heads .*do not divide the 16 channels/);
  await assertRejects(
    () => curve([bare, '--heads', '2', '--family', 'x'], signal),
    Error,
    /family must be one of bert/,
  );
  await assertRejects(() => curve([join(folder, 'clip.safetensors')], signal), Error, /choose one by/);
  const ended = await Promise.all([
    rankCollapse(['curve', 'clip.safetensors', '--prefix', 'text_model.', '--json'], folder),
    rankCollapse(['curve', 'bare.safetensors', '--heads', '2', '--json'], folder),
  ]);
  for (const { code, stdout, stderr } of ended) assert.is(JSON.parse(stdout).heads, 2, `${code}: ${stderr}`);
});

test('help and version end with 0, wrong use with 2 and what fails with 1', async () => {
  const folder = newFolder();
  await writeModel(folder, 'model', { ...deepBert(1), config: {} });
  await writeModel(folder, 'bert', deepBert(1));
  writeFileSync(join(folder, 'red.json'), '[1, "\\u001b[31mred"]');
  const cases: readonly (readonly [args: string, code: number, text: RegExp])[] = [
    ['--help', 0, /^How attention loses rank.*rank-collapse certify.*Exit status/s],
    ['--version', 0, /^\d+\.\d+\.\d+\n$/],
    ['', 2, /^rank-collapse: expected a command; there are curve, paths and certify\n/],
    ['curve model.safetensors --center mode', 2, /rank-collapse curve --help lists the options\n$/],
    ['paths none.safetensors', 1, /^rank-collapse: .*none.safetensors: cannot be opened/],
    ['curve bert.safetensors --tokens none.json', 1, /^rank-collapse: cannot read none.json/],
    ['certify bert.safetensors --tokens red.json', 1, /^rank-collapse: red.json: text 0, token 1: [^\p{Cc}]*\n$/u],
  ];
  const ended = await Promise.all(cases.map(([args]) => rankCollapse(args.split(' ').filter(Boolean), folder)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
    assert.is(expected === 0 ? stderr : stdout, '');
  }
});

test('a model without a configuration asks for one', async () => {
  const folder = newFolder();
  const { shapes } = deepBert(1);
  await writeModel(folder, 'model', { shapes, config: {} });
  rmSync(join(folder, 'model.config.json'));
  const path = join(folder, 'model.safetensors');
  await refuse(curve, [[path, /there is no config.json beside .*: pass --config FILE, or --heads N/]]);
});

test('each help names every option, in lines that a terminal shows', async () => {
  const model =
    'config family prefix heads float64 threads json help tokens random random-length seed variant no-norms';
  const names = {
    curve: `${model} center ranks svg`,
    paths: `${model} text by sources sources-by-layer sample length importance svg`,
    certify: `${model} text pure`,
  };
  const commands = Object.keys(names) as (keyof typeof names)[];
  const ended = await Promise.all(commands.map((name) => rankCollapse([name, '--help'])));
  for (const [i, { code, stdout }] of ended.entries()) {
    assert.is(code, 0);
    for (const option of names[commands[i]!].split(' ')) {
      assert.match(stdout, new RegExp(`\\n {2}--${option}\\b`), `${commands[i]} --${option}`);
    }
    assert.ok(stdout.split('\n').every((line) => line.length <= 110));
  }
});

test.run();

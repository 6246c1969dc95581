/** What the commands take and refuse. */
import { dirname, join } from 'node:path';
import { UsageError } from '@saccade/command';
import { assertRejects } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/cli/certify.js';
import { evaluate } from '../../src/cli/evaluate.js';
import { train } from '../../src/cli/train.js';
import { optionNames, trainOptions } from '../../src/cli/train-options.js';
import { equivariantAttention } from './command.js';

type Command = (args: readonly string[], signal: AbortSignal) => Promise<number>;

/** Each is refused before anything is read or computed. */
async function refuse(command: Command, given: readonly (readonly [args: string, message: RegExp])[]): Promise<void> {
  const { signal } = new AbortController();
  for (const [args, message] of given) {
    const words = args.split(' ').filter((word) => word !== '');
    await assertRejects(() => command(words, signal), UsageError, message);
  }
}

test('train refuses wrong options, each by its name', async () => {
  const folder = newFolder();
  await refuse(train, [
    ['images', /unexpected argument 'images'/],
    ['--nonsense', /--nonsense/],
    ['--group p5', /--group must be one of z2, p4, p8, p12, p16, mz2, p4m, p8m, got p5/],
    ['--rotated', /--rotated is for --data/],
    ['--limit 0', /--limit must be a whole number from 1, got 0/],
    ['--image-size small', /--image-size must be a whole number from 1, got small/],
    ['--turn round', /--turn must be one of none, group, any, got round/],
    ['--validation 1', /--validation must be a number from 0 to below 1, got 1/],
    ['--validation=-0.1', /--validation must be a number from 0, got -0.1/],
    ['--channels 1.5', /--channels must be a whole number from 1, got 1.5/],
    ['--channels 6', /--channels must be 8, 12, 16 or another multiple of 4, got 6/],
    ['--heads 0', /--heads must be a whole number from 1, got 0/],
    ['--patch 4', /--patch must be an odd number, got 4/],
    ['--lifting-patch 2', /--lifting-patch must be an odd number, got 2/],
    ['--neighbourhood hexagon', /--neighbourhood must be one of square, disc, soft, got hexagon/],
    ['--epochs 2 --steps 3', /expected --epochs or --steps, got both/],
    ['--steps 0', /--steps must be a whole number from 1, got 0/],
    ['--rate 0', /--rate must be a number above 0, got 0/],
    ['--seed=-1', /--seed must be a whole number from 0, got -1/],
    ['--threads none', /--threads must be a whole number from 1, got none/],
    ['--out none/model.safetensors', /--out: there is no folder none for none\/model.safetensors/],
    [`--out ${folder}`, /--out: .* is a folder, expected a file/],
    [`--out ${join(folder, 'm')} --checkpoint none/c`, /--checkpoint: there is no folder none/],
  ]);
});

test('the other commands refuse wrong options, each by its name', async () => {
  await refuse(certify, [
    ['', /expected a model: equivariant-attention certify MODEL.safetensors/],
    [dirname(newFolder()), /there is no model.safetensors in the folder/],
    ['x y', /unexpected argument 'y'/],
    ['x --group c7', /--group must be one of z2, .*, got c7/],
    ['x --size 8', /--size must be height x width such as 480x640, got 8/],
    ['x --samples=-1', /--samples must be a whole number from 0, got -1/],
    ['x --seed 0.5', /--seed must be a whole number from 0, got 0.5/],
    ['x --turns', /--turns/],
  ]);
  await refuse(evaluate, [
    ['', /expected a model: equivariant-attention evaluate MODEL.safetensors/],
    ['x --group p4', /--group is for --turns and --symmetrise/],
    ['x --turns --group round', /--group must be one of/],
    ['x --symmetrise sum', /--symmetrise must be one of mean, max, got sum/],
    ['x --rotated', /--rotated is for --data/],
    ['x --limit none', /--limit must be a whole number from 1, got none/],
  ]);
});

test('a disc is the usual neighbourhood where a square is not turned into itself', () => {
  const shapeOf = (...args: string[]): string | undefined => trainOptions(args)?.neighbourhood;
  assert.is(shapeOf(), 'square');
  assert.is(shapeOf('--group', 'p4m'), 'square');
  assert.is(shapeOf('--group', 'p8'), 'disc');
  assert.is(shapeOf('--group', 'p8', '--neighbourhood', 'soft'), 'soft');
});

test('help and version end with 0, wrong use with 2 and what fails with 1', async () => {
  const cases: readonly (readonly [args: string, code: number, text: RegExp])[] = [
    ['--help', 0, /^Attention that respects.*equivariant-attention evaluate.*Exit status/s],
    ['--version', 0, /^\d+\.\d+\.\d+\n$/],
    ['', 2, /^equivariant-attention: expected a command; there are train, certify and evaluate\n/],
    ['train --group p5', 2, /equivariant-attention train --help lists the options\n$/],
    ['certify none.safetensors', 1, /^equivariant-attention: .*none.safetensors: cannot be opened/],
    ['train --data none --threads 1', 1, /^equivariant-attention: .*none/],
  ];
  const ended = await Promise.all(cases.map(([args]) => equivariantAttention(args.split(' ').filter(Boolean))));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
    assert.is(expected === 0 ? stderr : stdout, '');
  }
});

test('each help names every option, in lines that a terminal shows', async () => {
  const names = {
    train: optionNames.join(' '),
    certify: 'group size samples seed training threads json help',
    evaluate: 'data rotated limit turns group symmetrise threads json help',
  };
  const commands = Object.keys(names) as (keyof typeof names)[];
  const ended = await Promise.all(commands.map((name) => equivariantAttention([name, '--help'])));
  for (const [i, { code, stdout }] of ended.entries()) {
    assert.is(code, 0);
    for (const option of names[commands[i]!].split(' ')) {
      assert.match(stdout, new RegExp(`\\n {2}(-\\w, )?--${option}\\b`), `${commands[i]} --${option}`);
    }
    assert.ok(stdout.split('\n').every((line) => line.length <= 110));
  }
});

test.run();

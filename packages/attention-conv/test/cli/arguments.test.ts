/** What the commands take and refuse. */
import { dirname, join } from 'node:path';
import { UsageError } from '@saccade/command';
import { assertRejects } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/cli/certify.js';
import { convert } from '../../src/cli/convert.js';
import { plot } from '../../src/cli/plot.js';
import { read } from '../../src/cli/read.js';
import { attentionConv } from './command.js';

type Command = (args: readonly string[]) => Promise<number>;

/** Each is refused before a file is read. */
async function refuse(command: Command, given: readonly (readonly [args: string, message: RegExp])[]): Promise<void> {
  for (const [args, message] of given) {
    await assertRejects(() => command(args.split(' ').filter((word) => word !== '')), UsageError, message);
  }
}

test('convert refuses wrong options, each by its name', async () => {
  const to = join(newFolder(), 'a.safetensors');
  const all = `x --spec s -o ${to}`;
  await refuse(convert, [
    ['', /expected a file with weights: attention-conv convert CNN.safetensors/],
    ['x --spec s', /expected -o FILE, where the attention goes/],
    [`x y --spec s -o ${to}`, /unexpected argument 'y'/],
    [`${all} --nonsense`, /--nonsense/],
    [`${all} -o`, /--out/],
    [`x --spec s -o ${dirname(to)}`, /--out: .* is a folder, expected a file/],
    ['x --spec s -o none/a.safetensors', /--out: there is no folder none for none\/a.safetensors/],
    [`${all} --alpha 0`, /--alpha must be a number above 0, got 0/],
    [`${all} --alpha=-1`, /--alpha must be a number above 0, got -1/],
    [`${all} --alpha sharp`, /--alpha must be a number above 0, got sharp/],
    [`${all} --max-error 0`, /--max-error must be a number above 0, got 0/],
    [`${all} --border wall`, /--border must be one of pad, sink, native, got wall/],
    [`${all} --values svd`, /--values must be one of identity, project, lowrank, got svd/],
    [`${all} --range 1`, /--range must be two numbers in order such as 0,1, got 1/],
    [`${all} --range 1,0`, /--range must be two numbers in order such as 0,1, got 1,0/],
    [`${all} --range 0,`, /--range must be two numbers/],
    [`${all} --range 0,1,2`, /--range must be two numbers/],
    [`${all} --extents 8,0`, /--extents must be whole numbers from 1 such as 8,8, got 8,0/],
    [`${all} --extents 8x8`, /--extents must be whole numbers from 1 such as 8,8, got 8x8/],
  ]);
});

test('either layers or one weight tell which network, with options that go with it', async () => {
  const to = join(newFolder(), 'a.safetensors');
  const original = async (command: Command, begin: string): Promise<void> => {
    await refuse(command, [
      [begin, /expected either --spec FILE or --weight NAME/],
      [`${begin} --spec s --weight w`, /expected either --spec FILE or --weight NAME/],
      [`${begin} --spec s --bias b`, /--bias is for --weight: the spec says it of each layer/],
      [`${begin} --spec s --stride 2`, /--stride is for --weight/],
      [`${begin} --spec s --padding-mode zeros`, /--padding-mode is for --weight/],
    ]);
  };
  await original(convert, `x -o ${to}`);
  await original(certify, 'x --against y');
});

test('the other commands refuse wrong options, each by its name', async () => {
  await refuse(certify, [
    ['', /expected a file: attention-conv certify ATTENTION.safetensors/],
    ['x --spec s', /expected --against FILE, the weights of the network/],
    ['x --against y --spec s --images 0', /--images must be a whole number from 1, got 0/],
    ['x --against y --spec s --seed 0.5', /--seed must be a whole number from 0, got 0.5/],
    ['x --against y --spec s --alpha 1', /--alpha/],
  ]);
  await refuse(read, [
    ['', /expected a file: attention-conv read ATTENTION.safetensors/],
    ['x --radius -1', /--radius/],
    ['x --radius=-1', /--radius must be a whole number from 0, got -1/],
    ['x y', /unexpected argument 'y'/],
  ]);
  const to = join(newFolder(), 'a.svg');
  await refuse(plot, [
    ['', /expected a file: attention-conv plot ATTENTION.safetensors/],
    ['x', /expected -o FILE, where the picture goes/],
    [`x -o ${to} --picture mood`, /--picture must be one of heads, contours, got mood/],
    [`x -o ${to} --radius far`, /--radius must be a whole number from 0, got far/],
    ['x -o none/a.svg', /--out: there is no folder none/],
  ]);
});

test('help and version end with 0, wrong use with 2 and what fails with 1', async () => {
  const folder = newFolder();
  const cases: readonly (readonly [args: string, code: number, text: RegExp])[] = [
    ['--help', 0, /^Convolutions as attention.*attention-conv plot.*Exit status/s],
    ['--version', 0, /^\d+\.\d+\.\d+\n$/],
    ['', 2, /^attention-conv: expected a command; there are convert, read, certify and plot\n/],
    ['read none.safetensors', 1, /^attention-conv: .*none.safetensors: cannot be opened/],
  ];
  const ended = await Promise.all(cases.map(([args]) => attentionConv(args.split(' ').filter(Boolean), folder)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
    assert.is(expected === 0 ? stderr : stdout, '');
  }
});

test('each help names every option, in lines that a terminal shows', async () => {
  const names = {
    convert:
      'spec weight bias stride padding dilation groups padding-mode out alpha max-error border values range extents json',
    certify: 'against spec weight bias stride padding dilation groups padding-mode images seed json',
    read: 'layer radius json',
    plot: 'out picture layer radius',
  };
  const commands = Object.keys(names) as (keyof typeof names)[];
  const ended = await Promise.all(commands.map((name) => attentionConv([name, '--help'])));
  for (const [i, { code, stdout }] of ended.entries()) {
    assert.is(code, 0);
    for (const option of `${names[commands[i]!]} help`.split(' ')) {
      assert.match(stdout, new RegExp(`\\n {2}(-\\w, )?--${option}\\b`), `${commands[i]} --${option}`);
    }
    assert.ok(stdout.split('\n').every((line) => line.length <= 110));
  }
});

test.run();

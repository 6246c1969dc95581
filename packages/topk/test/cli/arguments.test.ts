/** What the commands take and refuse. */
import { join } from 'node:path';
import { UsageError } from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainHelp } from '../../src/cli/train-help.js';
import { optionNames, trainOptions } from '../../src/cli/train-options.js';
import { topk } from './command.js';

test('defaults fit the kind of images, and options replace them', () => {
  const folder = trainOptions(['--data', 'x', '--patches=7'])!;
  assert.equal(folder.source, { kind: 'folder', path: 'x', channels: 3 });
  assert.equal([folder.patches, folder.patchSize, folder.features, folder.aggregation], [7, 100, 'ats', 'mean']);
  const digits = trainOptions([
    '--generate',
    'digits',
    '--size',
    '96x128',
    '--entropy=-0.5',
    '--scorer-channels',
    '1,2',
  ])!;
  assert.equal(digits.source, { kind: 'digits', count: 4000 });
  assert.equal([digits.size, digits.entropy, digits.scorerChannels, digits.rate], [[96, 128], -0.5, [1, 2], 0.004]);
  assert.is(trainOptions(['--help']), undefined);
});

test('wrong options are refused, each by its name', () => {
  const refuse = (args: string[], message: RegExp): void => {
    assertThrows(() => trainOptions(args), UsageError, message);
  };
  refuse([], /either --data DIR or --generate NAME/);
  refuse(['--data', 'x', '--generate', 'digits'], /either/);
  refuse(['--data', 'x', '--count', '3'], /--count is for --generate/);
  refuse(['--data', 'x', 'y'], /unexpected argument 'y'/);
  refuse(['--data'], /--data/);
  refuse(['--data', 'x', '--nonsense'], /--nonsense/);
  const refused = (option: string, text: string, message: RegExp): void => {
    refuse(['--data', 'x', `--${option}=${text}`], message);
  };
  for (const option of ['patches', 'patch-size', 'downscale', 'pool', 'samples', 'epochs', 'batch', 'threads']) {
    for (const text of ['0', '1.5', 'two', '', '1e400']) {
      refused(option, text, new RegExp(`--${option} must be a whole number from 1, got ${text}$`));
    }
  }
  refused('seed', '-1', /--seed must be a whole number from 0, got -1/);
  refused('sigma', '-0.1', /--sigma must be a number from 0, got -0.1/);
  refused('rate', '0', /--rate must be a number above 0, got 0/);
  refused('validation', '1', /--validation must be a number from 0 to below 1, got 1/);
  refused('scorer-channels', '8,,16', /such as 8,16,32, got 8,,16/);
  refused('size', '480', /such as 480x640, got 480/);
  refused('channels', '4', /--channels must be one of 1, 3, got 4/);
  for (const option of ['features', 'aggregation', 'align', 'method', 'grad']) {
    refused(option, 'x', new RegExp(`--${option} must be one of .*, got x`));
  }
});

test('the help of train names every option', () => {
  for (const option of optionNames) assert.match(trainHelp, new RegExp(`\\n {2}--${option} `));
  assert.ok(trainHelp.split('\n').every((line) => line.length <= 100));
});

test('help and version end with 0, wrong use with 2 and what fails with 1', async () => {
  const empty = newFolder();
  const cases: [args: string[], code: number, text: RegExp][] = [
    [['--help'], 0, /^Networks that look only.*topk bench/s],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [[], 2, /^topk: expected a command; there are train, predict and bench\ntopk --help lists the options\n$/],
    [['predict'], 2, /expected an image: topk predict IMAGE/],
    [['predict', 'x.png'], 1, /^topk: .*model\.safetensors: cannot be opened.*\n$/],
    [['predict', 'x.png', '--model', join(empty, 'none')], 1, /^topk: .*none.*\n$/],
    [['train', '--data', 'x', '--out', join('none', 'x.safetensors')], 2, /--out: there is no folder none for/],
    [['bench', '--n', '3', '--k', '4'], 2, /--k must be at most --n, got 4 of 3/],
  ];
  const ended = await Promise.all(cases.map(([args]) => topk(args, empty)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args.join(' ')}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
    assert.is(expected === 0 ? stderr : stdout, '');
  }
});

test.run();

/** What the commands take and refuse. */
import { UsageError } from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reachableAddresses } from '../../src/cli/hub-addresses.js';
import { jobOptions } from '../../src/cli/job-options.js';
import { linearOptions } from '../../src/cli/linear-options.js';
import { meetingText, missingPackages, parseMeeting } from '../../src/cli/meeting-place.js';
import { trainHelp } from '../../src/cli/train-help.js';
import { optionNames, trainRequest } from '../../src/cli/train-options.js';
import { sparseSgd } from './command.js';

const crew = ['--workers', '2', '--listen', '7400'];

/** Reads arguments as far as they are checked before anything is opened. */
function read(args: readonly string[]): unknown {
  const request = trainRequest(args)!;
  return request.kind === 'linear' ? linearOptions(request.values) : jobOptions(request.values);
}

test('rows on this machine are a run for each compressor, with or without memory', () => {
  const { values, kind } = trainRequest(['--data', 'x', '--compress', 'none', '--compress', 'top-k:1/no-memory'])!;
  assert.is(kind, 'linear');
  const { runs, epochs, x, data } = linearOptions(values);
  assert.equal(runs, [
    { name: 'none', compress: 'none', memory: true },
    { name: 'top-k:1 without memory', compress: 'top-k:1', memory: false },
  ]);
  assert.equal([epochs, x, data.loss, data.unitRows], [1, 'bits', 'logistic', false]);
  const { runs: forgetful } = linearOptions(trainRequest(['--data', 'x', '--no-memory'])!.values);
  assert.equal(forgetful, [{ name: 'top-k:1 without memory', compress: 'top-k:1', memory: false }]);
});

test('digits alone send all, and with others a sliver', () => {
  const alone = jobOptions(trainRequest(['--digits'])!.values);
  assert.equal([alone.compress, alone.crew, alone.epochs, alone.x], ['none', undefined, 10, 'bytes']);
  const { compress, crew: others, rate } = jobOptions(trainRequest(['--digits', ...crew])!.values);
  assert.equal([compress, rate], ['top-k:1%@float16', 0.4]);
  const place = { kind: 'listen', host: '127.0.0.1', port: 7400 };
  assert.equal(others, { workers: 2, place, job: 'digits', quorum: undefined, roundTimeout: 10_000 });
  const rows = jobOptions(
    trainRequest(['--data', 'a/b.libsvm', '--feedback', 'dgc', '--group', '4096', ...crew])!.values,
  );
  assert.equal([rows.crew?.job, rows.group, rows.rate], ['b-libsvm', { bucket: 4096 }, 0.05]);
  assert.is(trainRequest(['--help']), undefined);
});

test('wrong options are refused, each by its name', () => {
  const refuse = (args: string[], message: RegExp): void => {
    assertThrows(() => read(args), UsageError, message);
  };
  refuse([], /either --data FILE or --digits/);
  refuse(['--data', 'x', '--digits'], /either/);
  refuse(['--digits', 'y'], /unexpected argument 'y'/);
  refuse(['--data'], /--data/);
  refuse(['--digits', '--nonsense'], /--nonsense/);
  refuse(['--digits', '--job', 'x'], /--job is for several workers: give --workers N too/);
  refuse(['--digits', '--softmax'], /--softmax is for --data/);
  refuse(['--data', 'x', '--batch', '3'], /--batch is for --digits and for --workers/);
  refuse(['--data', 'x', '--average', 'mean', ...crew], /--average is for --data without --workers/);
  refuse(['--digits', '--workers', '2'], /--workers needs one of --listen/);
  refuse(['--digits', '--nats', 'nats://x:1', ...crew], /--workers needs one of/);
  refuse(['--digits', '--workers', '2', '--nats', 'hub://x:1'], /--nats must be an address such as nats/);
  refuse(['--digits', '--compress', 'none', '--compress', 'none', ...crew], /a job has one --compress/);
  refuse(['--digits', '--batch', '1', ...crew], /--batch must be at least --workers, got 1 for 2/);
  refuse(['--digits', '--quorum', '3', ...crew], /--quorum must be at most --workers, got 3 of 2/);
  refuse(['--digits', '--resume'], /--resume needs --checkpoint FILE/);
  refuse(['--data', 'x', '--compress', 'none', '--compress', 'sign', '--out', 'w'], /--out is for one run/);
  refuse(['--digits', '--chart', 'no/such/folder/a.svg'], /--chart: there is no folder no\/such\/folder for/);
  refuse(['--data', 'x', '--parallel', '2', '--average', 'mean'], /--average is not for --parallel/);
  refuse(['--data', 'x', '--rate', '0.1'], /--rate: expected constant:0.1, .*got "0.1"|--rate: .*got '0.1'/);
  const refused = (names: readonly string[], before: string[], texts: readonly string[], message: string): void => {
    for (const name of names) {
      for (const text of texts) refuse([...before, `--${name}=${text}`], new RegExp(`--${name}.*${message}`));
    }
  };
  refused(['epochs', 'batch'], ['--digits'], ['0', '1.5', 'two', '', '1e400'], 'must be a whole number from 1');
  refused(['workers', 'quorum'], ['--digits', ...crew], ['0', 'two'], 'must be a whole number from 1');
  refused(['features', 'parallel'], ['--data=x'], ['0', '-1'], 'must be a whole number from 1');
  refused(['seed'], ['--digits'], ['-1', '0.5'], 'must be a whole number from 0');
  refused(['rate', 'round-timeout'], ['--digits', ...crew], ['0', 'x'], 'must be a number above 0');
  refused(['feedback', 'x'], ['--digits'], ['nothing'], 'must be one of');
  refused(['group'], ['--digits'], ['0', 'all'], 'must be layer, global or a number of entries');
  refused(['compress'], ['--data=x'], ['top-k:0', 'zip', 'top-k:1%@float8'], '');
  refused(['average', 'precision'], ['--data=x'], ['best'], 'must be one of');
  refused(['listen'], ['--digits', '--workers=2'], ['x', 'a:b', 'a:70000', 'http://a:1'], 'must be HOST:PORT');
  refused(['job'], ['--digits', ...crew], ['', 'a b', '../x', 'x'.repeat(65)], 'must be a name');
});

test('addresses are read and written', () => {
  for (const text of [
    'hub://a.example:7400',
    'hub://[::1]:7400',
    'nats://a:1,nats://b:2',
    'ws://a:9222',
    'tls://a:4222',
  ]) {
    assert.is(meetingText(parseMeeting(text)), text);
  }
  for (const text of [
    'a:7400',
    'hub://',
    'hub://a:0',
    'http://a:1',
    'nats://',
    'nats://a:1,hub://b:2',
    'nats://a/b',
    '',
  ]) {
    assertThrows(() => parseMeeting(text), UsageError, /--hub must be|expected an address such as hub/);
  }
  assert.equal(reachableAddresses({ host: '::1', port: 7 }), ['[::1]:7']);
  assert.ok(reachableAddresses({ host: '0.0.0.0', port: 7 }).every((address) => /^[\d.]+:7$/.test(address)));
});

test('missing packages of NATS are told with what to type', () => {
  const missing = Object.assign(new Error("Cannot find package '@nats-io/jetstream' imported from x"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  assert.match(missingPackages(missing)!.message, 'npm install @nats-io/nats-core @nats-io/transport-node');
  assert.is(missingPackages(new Error('@nats-io/jetstream')), undefined);
});

test('the help of train names every option', () => {
  for (const option of optionNames) assert.match(trainHelp, new RegExp(`\\n {2}--${option} `));
  assert.equal(
    trainHelp.split('\n').filter((line) => line.length > 100),
    [],
  );
});

test('help and version end with 0, wrong use with 2 and what fails with 1', async () => {
  const folder = newFolder();
  const cases: [args: string[], code: number, text: RegExp][] = [
    [['--help'], 0, /^Trains one model on several machines.*sparse-sgd inspect/s],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [[], 2, /^sparse-sgd: expected a command; there are train, join, hub, bench and inspect\n/],
    [['join', 'hub://127.0.0.1:7400'], 2, /--job NAME is missing/],
    [['train', '--data', 'none'], 1, /^sparse-sgd: .*none.*\n$/],
  ];
  const ended = await Promise.all(cases.map(([args]) => sparseSgd(args, folder)));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args.join(' ')}: ${stderr}`);
    assert.match(expected === 0 ? stdout : stderr, text);
    assert.is(expected === 0 ? stderr : stdout, '');
  }
});

test.run();

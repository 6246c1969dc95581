/** How programs end: statuses, what is printed where, Ctrl-C. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ended, type Running, startCommand } from '@saccade/testing/command';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const sample = new URL('programs/sample.ts', import.meta.url);

function start(...args: readonly string[]): Running {
  return startCommand(sample, args);
}

/** Runs it with a standard output or error that nobody reads any more. */
function runUnread(closed: 'stdout' | 'stderr', ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(sample), ...args], { timeout: 60_000 });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    if (name === closed) child[name].destroy();
    else child[name].on('data', (part) => (text[name] += part));
  }
  return new Promise((done) => child.on('close', (code) => done({ code, ...text })));
}

test('help, version and results go to standard output, what went wrong to standard error, without a stack', async () => {
  const cases: [args: string[], code: number, text: string | RegExp][] = [
    [
      ['--help'],
      0,
      `Ends in many ways.

  sample add --by N   adds

  sample COMMAND --help   the options of a command
  sample --version        the version

Exit status: 0 if all went well, 1 if something failed, 2 for a wrong option, 130 after Ctrl-C.
`,
    ],
    [['--version'], 0, '1.2.3\n'],
    [['add', '--by', '2'], 0, '3\n'],
    [
      [],
      2,
      'sample: expected a command; there are add, fail, refuse, wait, deaf, pour, spill and misuse\nsample --help lists the options\n',
    ],
    [['paint'], 2, /^sample: no command 'paint'; there are add, .*\nsample --help lists the options\n$/],
    [['constructor'], 2, /no command 'constructor'/],
    [['add', '--to', '2'], 2, /^sample: .*--to.*\nsample add --help lists the options\n$/],
    [['refuse'], 2, 'sample: k must be an integer in [1, 8], got 9\nsample refuse --help lists the options\n'],
    [['misuse'], 2, 'sample: not so\nsample misuse --help lists the options\n'],
    [['spill'], 1, 'sample: cannot write the output (no space left)\n'],
    [['fail'], 1, /^sample: cannot write no\/such\/folder\/x \(ENOENT.*\)\n$/],
  ];
  const ended = await Promise.all(cases.map(([args]) => start(...args).ended));
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, text] = cases[i]!;
    assert.is(code, expected, `${args.join(' ')}: ${stderr}`);
    const [written, empty] = expected === 0 ? [stdout, stderr] : [stderr, stdout];
    if (typeof text === 'string') assert.is(written, text);
    else assert.match(written, text);
    assert.is(empty, '');
  }
});

test('Ctrl-C ends what watches for it with 130; a second one ends what does not', async () => {
  const stop = async (name: string, answers: readonly string[]): Promise<Ended> => {
    const running = start(name);
    for (const answer of answers) {
      await running.until(answer);
      running.kill('SIGINT');
    }
    return running.ended;
  };
  const [heard, deaf] = await Promise.all([stop('wait', ['waits']), stop('deaf', ['waits', 'goes on'])]);
  assert.equal([heard.code, heard.stderr, heard.stdout], [130, 'waits\nstopped by Ctrl-C\n', '']);
  assert.equal([deaf.code, deaf.stderr], [130, 'waits\ngoes on\n']);
});

test('a program whose reader is gone ends without a word, with the status that it was about to give', async () => {
  const [poured, failed, refused] = await Promise.all([
    runUnread('stdout', 'pour'),
    runUnread('stderr', 'fail'),
    runUnread('stderr', 'refuse'),
  ]);
  assert.equal(poured, { code: 0, stdout: '', stderr: '' });
  assert.equal([failed.code, failed.stdout], [1, '']);
  assert.equal([refused.code, refused.stdout], [2, '']);
});

test.run();

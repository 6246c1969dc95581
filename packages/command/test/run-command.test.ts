/** How programs end: statuses, what is printed where, Ctrl-C. */
import { type Ended, type Running, startCommand } from '@saccade/testing/command';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

function start(...args: readonly string[]): Running {
  return startCommand(new URL('programs/sample.ts', import.meta.url), args);
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
      'sample: expected a command; there are add, fail, refuse, wait, deaf and misuse\nsample --help lists the options\n',
    ],
    [['paint'], 2, /^sample: no command 'paint'; there are add, .*\nsample --help lists the options\n$/],
    [['constructor'], 2, /no command 'constructor'/],
    [['add', '--to', '2'], 2, /^sample: .*--to.*\nsample add --help lists the options\n$/],
    [['refuse'], 2, 'sample: k must be an integer in [1, 8], got 9\nsample refuse --help lists the options\n'],
    [['misuse'], 2, 'sample: not so\nsample misuse --help lists the options\n'],
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

test.run();

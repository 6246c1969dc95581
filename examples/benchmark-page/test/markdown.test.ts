import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { markdown, short } from '../src/bench/markdown.js';
import type { CaseResult, Report } from '../src/bench/report.js';

const timing = (median: number) => ({ median, minimum: median, rounds: 3, calls: 1 });

const product: CaseResult = {
  name: 'matrix product 8',
  operations: 1024,
  torch: { kind: 'matrix product', sizes: [8] },
  times: {
    'saccade webgpu': timing(2),
    'saccade webgl2': timing(5),
    'tfjs webgpu': timing(3),
    'tfjs webgl': timing(10),
  },
  errors: {},
  problems: ['jax-js webgpu gives another result: off by 0.5'],
  fallbacks: ['saccade webgl2: copy'],
};

const report: Report = {
  date: '2030-01-02 03:04',
  host: 'Some Browser 5',
  adapters: [
    { api: 'webgpu', name: 'a card', software: false },
    { api: 'webgl2', name: 'SwiftShader', software: true },
  ],
  threads: 1,
  quick: false,
  versions: { tfjs: '4.22.0' },
  missing: ['jax-js webgpu: no such thing'],
  cases: [product],
  stopped: true,
};

test('a report has its facts, a table with ratios, and what went wrong', () => {
  assert.is(
    markdown(report),
    `- webgpu: a card
- webgl2: SwiftShader (software: figures mean nothing)
- Some Browser 5
- wasm on 1 thread
- tfjs 4.22.0
- 2030-01-02 03:04 UTC

| case | saccade webgpu, ms | saccade webgl2, ms | tfjs webgpu, ms | tfjs webgl, ms | tfjs webgpu / saccade webgpu | tfjs webgl / saccade webgl2 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| matrix product 8 | 2.00 | 5.00 | 3.00 | 10.0 | 1.50 | 2.00 |

Milliseconds a call, medians; a ratio above 1 means that saccade is faster.

- stopped before its end
- left out: jax-js webgpu: no such thing
- matrix product 8: jax-js webgpu gives another result: off by 0.5
- matrix product 8: on the CPU in the GPU's place: saccade webgl2: copy
`,
  );
});

test('a report without cases says so', () => {
  assert.match(markdown({ ...report, cases: [] }), /No case was finished/);
});

test('numbers have three digits', () => {
  assert.equal([0.012345, 1.2345, 12.345, 1234.5].map(short), ['0.0123', '1.23', '12.3', '1235']);
});

test.run();

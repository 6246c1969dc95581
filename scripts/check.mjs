// The one test command: every check of the repository in order, then how many tests passed. `npm test`
import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

// A module with one relaxed_madd, which only engines with relaxed SIMD accept.
const relaxedProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 1, 253, 15, 65, 2, 253, 15, 65,
  3, 253, 15, 253, 133, 2, 11,
];
const hasRelaxedSimd = WebAssembly.validate(Uint8Array.from(relaxedProbe));
const turbo = 'turbo run --concurrency=100% --continue=dependencies-successful';
const node24 = 'npm exec -y --package=node@24 -c';

const steps = [
  ['lint and format', 'biome check .'],
  ['floors', 'node scripts/floors.mjs && turbo boundaries'],
  ['types', `${turbo} typecheck`],
  ['dead code', 'knip --no-config-hints'],
  ['build', `${turbo} build`],
  ['unit tests', `${turbo} test`],
  [
    'relaxed SIMD on Node 24',
    `${node24} "${turbo} test --filter=@saccade/kernels --filter=@saccade/tensor --filter=@saccade/nn"`,
  ],
  ['browsers and GPUs', `${turbo} test:browser`],
  ['published form', `${turbo} package`],
  ['bundle size', 'node scripts/size.mjs'],
  ['packages as users install them', 'npm run test:packed'],
];

const env = {
  ...process.env,
  PATH: resolve('node_modules/.bin') + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: '1',
};

/** What uvu says of each test that failed, with the package before it. It stands far up; the end is what people read. */
function failures(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => (/\bFAIL\b/.test(line) ? [lines.slice(i, i + 16).join('\n')] : []));
}

/** Runs one command, showing its output; resolves to its exit code and the test counts it printed. */
function run(command, name) {
  return new Promise((done) => {
    // The name tells turbo's cache which Node ran the tests.
    const SACCADE_NODE = name.includes('Node 24') ? '24' : process.version;
    const child = spawn(command, { shell: true, env: { ...env, SACCADE_NODE }, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      process.stdout.write(chunk);
      text += chunk;
    });
    child.on('close', (code) => {
      const count = { passed: 0, failed: 0, skipped: 0 };
      for (const [, passed, failed, skipped] of text.matchAll(
        /\b(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/gm,
      )) {
        count.passed += Number(passed);
        count.failed += Number(failed);
        count.skipped += Number(skipped ?? 0);
      }
      if (code !== 0 && count.failed === 0) count.failed = 1;
      done({ code, failures: code === 0 ? [] : failures(text), ...count });
    });
  });
}

const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
const failed = [];
for (const [name, command] of steps) {
  if (name.startsWith('relaxed') && hasRelaxedSimd) {
    summary.push(`skip         ${name}: Node ${process.version} has relaxed SIMD, the unit tests ran with it`);
    continue;
  }
  console.log(`\n--- ${name}: ${command}`);
  const start = Date.now();
  const result = await run(command, name);
  const seconds = ((Date.now() - start) / 1000).toFixed(1).padStart(6);
  summary.push(`${result.code === 0 ? 'ok  ' : 'FAIL'} ${seconds} s ${name}`);
  failed.push(...result.failures.map((text) => `--- ${name}\n${text}`));
  for (const key of Object.keys(total)) total[key] += result[key];
  if (name === 'build' && result.code !== 0) break; // all that follows needs it
}

if (failed.length > 0) console.log(`\n${failed.join('\n\n')}`);
console.log(`\n${summary.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;

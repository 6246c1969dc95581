/** The command: trains on the digits, prints the test accuracy, writes the report. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { init, scope, type Tensor } from '@saccade/tensor';
import { loadDigits } from './data.js';
import { logits, type Parameters, type Step, train } from './network.js';
import { type Run, writeReport } from './report.js';

const help = `Trains a small convolutional network on handwritten digits.

  npm run demo -- [options]

  --epochs N    passes over the training images (default 12)
  --seed N      seed of weights and batches (default 1)
  --threads N   threads of the wasm device (default: as many as there are)
  --out DIR     where the report goes (default: report/ of the repository)
  --json        print the result as JSON on standard output
  --help        this text
`;

/** A whole number from the command line, or the default. */
function whole(
  name: string,
  text: string | undefined,
  fallback: number | undefined,
  least: number,
): number | undefined {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} must be a whole number from ${least}, got ${text}`);
  }
  return value;
}

/** One line on standard error that is written over, where somebody looks. */
function showProgress({ epoch, loss }: Step, epochs: number): void {
  if (!process.stderr.isTTY) return;
  const done = Math.round((24 * (epoch + 1)) / epochs);
  process.stderr.write(`\r[${'#'.repeat(done).padEnd(24)}] epoch ${epoch + 1}/${epochs}  loss ${loss.toFixed(4)}  `);
}

async function predict(parameters: Parameters, images: Tensor): Promise<Int32Array> {
  return scope(async () => logits(parameters, images).argmax({ axis: 1 }).data<'int32'>());
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      epochs: { type: 'string' },
      seed: { type: 'string' },
      threads: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const epochs = whole('epochs', values.epochs, 12, 1) as number;
  const seed = whole('seed', values.seed, 1, 0) as number;
  const { info } = await init({ threads: whole('threads', values.threads, undefined, 1) });
  const started = performance.now();
  const data = await loadDigits();
  const steps: Step[] = [];
  const training = train(data.train.images, data.train.labels, { epochs, seed });
  let next = await training.next();
  while (!next.done) {
    steps.push(next.value);
    showProgress(next.value, epochs);
    next = await training.next();
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  const labels = await data.test.labels.data<'int32'>();
  const predictions = await predict(next.value, data.test.images);
  const right = labels.filter((label, i) => label === predictions[i]).length;
  const result: Run = {
    steps,
    labels,
    predictions,
    seed,
    accuracy: right / labels.length,
    seconds: (performance.now() - started) / 1000,
    device: `Device ${info.name}, ${info.arithmetic}, ${info.threads} thread${info.threads === 1 ? '' : 's'}`,
    images: await data.test.images.data(),
  };
  const report = await writeReport(values.out ?? fileURLToPath(new URL('../../../report', import.meta.url)), result);
  const { accuracy, seconds, device } = result;
  if (values.json) process.stdout.write(`${JSON.stringify({ accuracy, seconds, seed, epochs, device, report })}\n`);
  else {
    console.log(
      `test accuracy ${(100 * accuracy).toFixed(1)} % (${right} of ${labels.length}) in ${seconds.toFixed(1)} s`,
    );
    console.log(`report: ${report}`);
  }
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

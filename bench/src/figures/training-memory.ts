/** Runs the 10,000 training steps of training-run.ts in a process of their own and judges their memory. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Figure, figure } from '../harness/figure.js';

const group = 'memory over training steps';

/** Memory at one step of a run. */
export interface Sample {
  readonly step: number;
  readonly tensors: number;
  /** Bytes in live tensors on the device. */
  readonly device: number;
  readonly heap: number;
  readonly rss: number;
}

function run(steps: number, flags: readonly string[]): [Sample, Sample] {
  const script = fileURLToPath(new URL('./training-run.ts', import.meta.url));
  const args = [...process.execArgv, ...flags, script, String(steps)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as [Sample, Sample];
}

function growth(
  [early, late]: [Sample, Sample],
  name: string,
  key: Exclude<keyof Sample, 'step'>,
  atMost: number,
): Figure {
  const percent = (100 * (late[key] - early[key])) / early[key];
  const show = (value: number) => (key === 'tensors' ? String(value) : `${(value / 2 ** 20).toFixed(1)} MiB`);
  const detail = `step ${early.step}: ${show(early[key])}, step ${late.step}: ${show(late[key])}`;
  return figure(group, name, percent, '%', detail, atMost);
}

export async function trainingMemoryFigures(quick: boolean): Promise<Figure[]> {
  const steps = quick ? 2000 : 10_000;
  const usual = run(steps, []);
  // V8 doubles its young generation once, from 16 to 32 MiB, somewhere in the run; fixed, it leaves what is ours.
  const fixed = run(steps, ['--max-semi-space-size=4']);
  return [
    growth(usual, 'live tensors', 'tensors', 0),
    growth(usual, 'bytes in live tensors', 'device', 0),
    growth(usual, 'JavaScript heap in use', 'heap', 10),
    growth(usual, 'resident memory', 'rss', 10),
    growth(fixed, 'resident memory, young generation fixed', 'rss', 10),
  ];
}

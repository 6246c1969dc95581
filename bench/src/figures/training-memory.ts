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

export async function trainingMemoryFigures(quick: boolean): Promise<Figure[]> {
  const script = fileURLToPath(new URL('./training-run.ts', import.meta.url));
  const steps = quick ? 2000 : 10_000;
  const [early, late] = JSON.parse(
    execFileSync(process.execPath, [...process.execArgv, script, String(steps)], { encoding: 'utf8' }),
  ) as [Sample, Sample];
  const growth = (name: string, key: 'tensors' | 'device' | 'heap' | 'rss', atMost: number) => {
    const percent = (100 * (late[key] - early[key])) / early[key];
    const show = (value: number) => (key === 'tensors' ? String(value) : `${(value / 2 ** 20).toFixed(1)} MiB`);
    const detail = `step ${early.step}: ${show(early[key])}, step ${late.step}: ${show(late[key])}`;
    return figure(group, name, percent, '%', detail, atMost);
  };
  return [
    growth('live tensors', 'tensors', 0),
    growth('bytes in live tensors', 'device', 0),
    growth('JavaScript heap in use', 'heap', 10),
    growth('resident memory', 'rss', 10),
  ];
}

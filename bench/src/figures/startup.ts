/** Import of the built package and init of the wasm device, in fresh Node processes. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';

const group = 'start-up';
const folder = fileURLToPath(new URL('../../', import.meta.url));

const program = (threads: string) => `
  const start = performance.now();
  const { init } = await import('@saccade/kernels');
  await init({ device: 'wasm'${threads} });
  console.log(performance.now() - start);
`;

function measure(threads: string, processes: number): number[] {
  const times: number[] = [];
  for (let i = 0; i < processes; i++) {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program(threads)], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    times.push(Number(output));
  }
  return times.sort((a, b) => a - b);
}

export async function startupFigures(quick: boolean): Promise<Figure[]> {
  const processes = quick ? 5 : 15;
  return [
    ['import + init, 1 thread', ', threads: 1'],
    ['import + init, threads by default', ''],
  ].map(([name, threads]) => {
    const times = measure(threads as string, processes);
    const range = `median of ${processes} processes, ${times[0]?.toFixed(1)} to ${times.at(-1)?.toFixed(1)} ms`;
    return figure(group, name as string, median(times), 'ms', range, 30);
  });
}

/** PyTorch, where there is a Python that has it: finding it, and running a training script of ours in turns with us. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Milliseconds and loss of each step. */
export interface Steps {
  readonly times: readonly number[];
  readonly losses: readonly number[];
}

/** How images lie in memory: channel by channel, which is PyTorch's default, or as ours, which some of its kernels like better. */
export type TorchLayout = 'contiguous_format' | 'channels_last';

export interface TorchTraining {
  readonly version: string;
  /** Files of its linear algebra; unknown but on Linux. */
  readonly libraries: readonly string[];
  steps(layout: TorchLayout, count: number): Promise<Steps>;
  close(): void;
}

/** One thread, and nothing that makes OpenBLAS take this for another processor. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...rest } = process.env;
  return { ...rest, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
}

/** The command of a Python that can import torch; Debian's comes first, as it is where its package python3-torch goes. */
export function findTorch(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', 'import torch'], { env: environment(), stdio: 'ignore' }).status === 0,
  );
}

/** Starts mnist_torch.py on a safetensors file of start values, images and labels. @throws {Error} if it ends early */
export async function startTorchTraining(python: string, file: string): Promise<TorchTraining> {
  const script = fileURLToPath(new URL('./mnist_torch.py', import.meta.url));
  const child = spawn(python, [script, file], { env: environment(), stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {}); // a process that ended is told by the missing answer
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} mnist_torch.py ended without an answer`);
    return JSON.parse(value);
  };
  return {
    ...((await answer()) as Pick<TorchTraining, 'version' | 'libraries'>),
    steps: (layout, count) => {
      child.stdin.write(`${layout} ${count}\n`);
      return answer() as Promise<Steps>;
    },
    close: () => child.stdin.end(),
  };
}

/** PyTorch's times for the cases of a report, where there is a Python that has it and a GPU that it knows. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Report } from '../bench/report.js';
import type { Timing } from '../bench/turns.js';

/** What torch_gpu.py prints. */
interface TorchTimes {
  readonly gpu: string;
  readonly version: string;
  readonly cases: readonly { readonly name: string; readonly time: Timing }[];
}

/** The script lies beside this file, and beside the program that `--pack` makes. */
const script = fileURLToPath(new URL('./torch_gpu.py', import.meta.url));

/** The report with a column of PyTorch's, or with a line that says why there is none. @param python its command */
export function withTorch(report: Report, python: string): Report {
  const wanted = report.cases.map(({ name, torch }) => ({ name, ...torch }));
  const { status, stdout, error } = spawnSync(python, [script, JSON.stringify(wanted)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    const reason = error?.message ?? `${python} torch_gpu.py ended with exit code ${status}; stderr says why`;
    return { ...report, missing: [...report.missing, `torch cuda: ${reason}`] };
  }
  const { gpu, version, cases } = JSON.parse(stdout) as TorchTimes;
  const times = new Map(cases.map(({ name, time }) => [name, time]));
  return {
    ...report,
    adapters: [...report.adapters, { api: 'cuda', name: gpu, software: false }],
    versions: { ...report.versions, torch: version },
    cases: report.cases.map((result) => {
      const time = times.get(result.name);
      return time === undefined ? result : { ...result, times: { ...result.times, 'torch cuda': time } };
    }),
  };
}

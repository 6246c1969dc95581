/** What a run without a window ends with: PyTorch's times if they are wanted, the table on stdout, the report as JSON. */
import { writeFileSync } from 'node:fs';
import { markdown } from '../bench/markdown.js';
import type { Report } from '../bench/report.js';
import { withTorch } from './torch.js';

export interface Delivery {
  readonly json?: string | undefined;
  /** The command of a Python that has PyTorch. */
  readonly torch?: string | undefined;
}

/** Sets exit code 1 if a library failed or gave another result. */
export function deliver(run: Report, { json, torch }: Delivery): void {
  const report = torch === undefined ? run : withTorch(run, torch);
  process.stdout.write(markdown(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.cases.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

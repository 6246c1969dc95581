/** What the machine is that times were taken on. */
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Its processors, and what else they did: a sentence. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), load average ${loadavg()[0]!.toFixed(1)}, Node ${process.versions.node}.`;
}

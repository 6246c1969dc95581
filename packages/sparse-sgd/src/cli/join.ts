/** `sparse-sgd join`: one more worker for a job. */
import { oneOf, print, readArguments, requireFolders, tell, UsageError } from '@saccade/command';
import { init } from '@saccade/tensor';
import type { Transport } from '../transport/transport.js';
import { digitsTask } from './digits-task.js';
import { roundTimeoutOf } from './job-options.js';
import { reportJob } from './job-report.js';
import { decodeSettings, type JobSettings } from './job-settings.js';
import { libsvmTask } from './libsvm-task.js';
import { readLinear } from './linear-files.js';
import { checkedJobName, meet, meetingText, parseMeeting } from './meeting-place.js';
import { type PartOptions, takePart } from './take-part.js';
import type { Task } from './task.js';

const help = `Takes part in a job as one more worker. All settings come from the job.

  sparse-sgd join ADDRESS --job NAME [options]

  ADDRESS            hub://host:port, nats://host:4222 or ws://host:port (NATS by WebSocket)
  --job NAME         as sparse-sgd train printed it
  --round-timeout S  as of sparse-sgd train (default 10)
  --data FILE        the rows, for a job on a libsvm file: the same file as of the others
  --out FILE         the weights, as safetensors
  --chart FILE.svg   the loss of this worker's examples against what it sent
  --page FILE.html   the same as a page; written anew while it trains
  --x NAME           what they show from left to right: bytes (default), bits or steps
  --json             the result as JSON on standard output, and nothing else there
  --help             this text

A job that has not begun is waited for. One that has begun is joined with the state that the others
have; what this worker is killed with, and had not sent yet, is lost, and the others go on.
`;

const definitions = {
  job: { type: 'string' },
  'round-timeout': { type: 'string' },
  data: { type: 'string' },
  out: { type: 'string' },
  chart: { type: 'string' },
  page: { type: 'string' },
  x: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function taskOf({ task, seed }: JobSettings, path: string | undefined, signal: AbortSignal): Promise<Task> {
  if (task.kind === 'digits') return digitsTask(seed);
  const { rows, features, unitRows, positive, lambda, classes } = task;
  if (path === undefined) {
    throw new UsageError(`the job is on a file of ${rows} rows of ${features} features: name it with --data FILE`);
  }
  const loss = classes > 1 ? 'softmax' : 'logistic';
  const files = await readLinear({ path, test: undefined, features, loss, positive, unitRows, lambda }, signal);
  return libsvmTask(task, files.train, undefined);
}

async function work(
  transport: Transport,
  path: string | undefined,
  part: PartOptions,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const settings = decodeSettings(transport.job);
  const late = transport.initialState === undefined ? '' : ', late';
  await tell(`takes part as worker ${transport.rank} of ${transport.size}${late}: ${settings.compress}`);
  const task = await taskOf(settings, path, signal);
  await reportJob(await takePart(transport, settings, task, part), settings, part, json);
}

/** Runs the command. @returns the exit status */
export async function join(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [address] = positionals;
  if (address === undefined) throw new UsageError('expected an address: sparse-sgd join hub://HOST:PORT --job NAME');
  const place = parseMeeting(address);
  const { data, out, chart, page, json } = values;
  if (values.job === undefined) throw new UsageError('--job NAME is missing: sparse-sgd train says which');
  const job = checkedJobName(values.job);
  const roundTimeout = roundTimeoutOf(values['round-timeout']);
  requireFolders({ out, chart, page });
  const part: PartOptions = { job, out, chart, page, x: oneOf('x', values.x, ['bits', 'bytes', 'steps']) ?? 'bytes' };
  await init({ device: 'wasm', threads: 1 });
  await tell(`joins job '${job}' at ${meetingText(place)}, or waits for it`);
  const transport = await meet(place, { job, roundTimeout, signal });
  try {
    await work(transport, data, part, json, signal);
  } finally {
    await transport.close();
  }
  return 0;
}

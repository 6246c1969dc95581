/** `sparse-sgd train`: a linear model on this machine, or a job, alone or with other workers. */
import { print } from '@saccade/command';
import { jobOptions } from './job-options.js';
import { linearOptions } from './linear-options.js';
import { trainHelp } from './train-help.js';
import { trainRequest } from './train-options.js';

/** Runs the command. @returns the exit status */
export async function train(args: readonly string[], signal: AbortSignal): Promise<number> {
  const request = trainRequest(args);
  if (request === undefined) {
    await print(trainHelp);
    return 0;
  }
  if (request.kind === 'linear') {
    const options = linearOptions(request.values);
    return (await import('./train-linear.js')).trainLinearModel(options, args, signal);
  }
  const options = jobOptions(request.values);
  return (await import('./train-job.js')).trainJob(options, args, signal);
}

/** The training loop: batches, steps, validation, early stopping, check points that resume bit for bit. */
import { dispose, SaccadeError } from '@saccade/tensor';
import type { AnyModule } from '../module.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { loadCheckpoint, type Trained } from './checkpoint.js';
import { checkFit, type FitOptions, type FitResult } from './fit-options.js';
import { Run } from './run.js';
import { newState } from './training-state.js';

/**
 * Trains a model. With a check point a run that was killed goes on from the last one and ends with the same weights, bit for
 * bit, as one that was not.
 * @throws {NonFiniteError} if a loss or gradient is NaN or infinite: names the step and where it began; nothing moved in that step
 * @throws {OptionError} for options that make no sense @throws {FormatError} for a damaged check point
 * @throws the signal's reason once it is aborted, or {SaccadeError} with code `io` if the check point could not be saved then
 */
export async function fit<B extends object>(model: AnyModule, options: FitOptions<B>): Promise<FitResult> {
  checkFit(model, options);
  const { data, optimizer, epochs, average, checkpoint, signal } = options;
  signal?.throwIfAborted();
  // One that was set to evaluation whole is meant to be trained; parts that were stay frozen.
  if (!model.training) model.train();
  // Looked at by check points only, which other optimizers are refused with.
  const trained: Trained = { model, optimizer: optimizer as Optimizer, average, data, best: undefined };
  const wanted = checkpoint !== undefined && checkpoint.resume !== false;
  const resumed = wanted ? await loadCheckpoint(checkpoint.to, trained) : undefined;
  const run = new Run(model, options, trained, resumed ?? newState());
  try {
    if (resumed === undefined)
      await run.save(); // a place that cannot be written to is found now
    else run.tellResumed();
    while (run.state.epoch < epochs && !run.state.stopped) {
      await run.trainEpoch();
      await run.closeEpoch();
      await run.save();
    }
    run.restoreBest();
    return run.result();
  } catch (error) {
    if (signal?.aborted) await saveAborted(run);
    throw error;
  } finally {
    dispose(trained.best);
  }
}

/** That the run was aborted is known; that nothing was saved is not. */
async function saveAborted(run: { save(): Promise<void> }): Promise<void> {
  try {
    await run.save();
  } catch (cause) {
    throw new SaccadeError('io', `fit: aborted, and the check point could not be saved (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** A network fed back to itself: one layer applied again and again is as deep as one likes. */
import { inference, type Module } from '@saccade/nn';
import {
  add,
  checkOptions,
  concat,
  requireCount,
  requireFlag,
  requireShape,
  reshape,
  type Tensor,
} from '@saccade/tensor';

/** Options of `recur`. */
export interface RecurOptions {
  /**
   * Whether a step goes on from the output plus what went in; the trajectory still holds the outputs, as in the release. Default false: from the output.
   */
  readonly skip?: boolean | undefined;
}

/**
 * The trajectory of tokens [steps + 1, tokens, channels]: where they start, and what the network gives after each step. Without dropout.
 * @param network gives tokens [1, tokens, channels] for such tokens, as `CircleNetwork` or a `SelfAttentionNetwork` with as many labels as coordinates
 * @param start [tokens, channels]
 * @throws {OptionError} unless steps is a whole number from 1 @throws {ShapeError} for another start, or if the network gives another shape
 */
export function recur(network: Module, start: Tensor, steps: number, options: RecurOptions = {}): Tensor {
  const op = 'recur';
  const { skip = false } = checkOptions(op, options, ['skip']);
  requireFlag(op, 'skip', skip);
  requireCount(op, 'steps', steps);
  const [tokens, channels] = requireShape(op, 'start', start, ['tokens', 'channels']);
  return inference(network, () => {
    let state: Tensor = reshape(start, [1, tokens, channels]);
    const trajectory: Tensor[] = [state];
    for (let step = 0; step < steps; step++) {
      const output = network.forward(state);
      requireShape(op, 'what the network gives', output, [1, tokens, channels]);
      trajectory.push(output);
      state = skip ? add(output, state) : output;
    }
    return concat(trajectory, 0);
  });
}

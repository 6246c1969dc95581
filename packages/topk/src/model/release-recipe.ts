/** The optimizer of the paper's code, quirks included, in the words of `@saccade/nn`. */
import { Adam, type Schedule, type Trainable } from '@saccade/nn';
import {
  checkOptions,
  OptionError,
  quote,
  requireAbove,
  requireCount,
  requireFrom,
  type Tensor,
} from '@saccade/tensor';

/** Options of the schedule. */
export interface ReleaseScheduleOptions {
  /** The highest rate. Default 1: the schedule is then a factor. */
  readonly rate?: number | undefined;
  /** Steps in all. */
  readonly steps: number;
  /** Share of them in which the rate rises. Default 0. */
  readonly warmUp?: number | undefined;
}

/**
 * With p = step / steps: rate p / warmUp while p < warmUp, then rate (cos(pi (p - warmUp) / (1 - warmUp)) + 1) / 2; 0 from
 * the end on. Unlike `cosine` of `@saccade/nn` it starts at 0 and cuts at a share, not at a whole step. @throws {OptionError}
 */
export function releaseSchedule(options: ReleaseScheduleOptions): Schedule {
  const op = 'releaseSchedule';
  const { rate = 1, steps, warmUp = 0 } = checkOptions(op, options, ['rate', 'steps', 'warmUp']);
  requireFrom(op, 'rate', rate);
  requireCount(op, 'steps', steps);
  if (!(warmUp >= 0 && warmUp < 1)) {
    throw new OptionError(`${op}: warmUp must be a number in [0, 1), got ${quote(warmUp)}`);
  }
  return (step) => {
    const p = Math.min(1, step / steps);
    if (p < warmUp) return (rate * p) / warmUp;
    return (rate * (Math.cos((Math.PI * (p - warmUp)) / (1 - warmUp)) + 1)) / 2;
  };
}

/** Options of the optimizer; those of the paper's traffic signs where there is a default. */
export interface ReleaseAdamOptions extends ReleaseScheduleOptions {
  /** Default 1e-4. */
  readonly rate?: number | undefined;
  /** Each value of the gradients is moved into [-clipValue, clipValue] first. Default 0.1. */
  readonly clipValue?: number | undefined;
  /** By what share parameters shrink in a step at the height of the schedule, whatever the rate. Default 1e-4. */
  readonly weightDecay?: number | undefined;
  /** Which parameters shrink. Default: all. */
  readonly decays?: ((name: string, parameter: Tensor) => boolean) | undefined;
}

/**
 * Adam on clipped values with `releaseSchedule`. As released, the decoupled decay is multiplied by the schedule's factor
 * from 0 to 1 and not by the rate: 1 / rate times as strong as that of `AdamW` for the same number. @throws {OptionError}
 */
export function releaseAdam(trained: Trainable, options: ReleaseAdamOptions): Adam {
  const op = 'releaseAdam';
  checkOptions(op, options, ['rate', 'steps', 'warmUp', 'clipValue', 'weightDecay', 'decays']);
  const { rate = 1e-4, steps, warmUp, clipValue = 0.1, weightDecay = 1e-4, decays } = options;
  requireAbove(op, 'rate', rate);
  requireFrom(op, 'weightDecay', weightDecay);
  return new Adam(trained, {
    rate: releaseSchedule({ rate, steps, warmUp }),
    clipValue,
    // The optimizer multiplies it by the scheduled rate, of which only the schedule is to stay.
    decay: weightDecay / rate,
    decays,
  });
}

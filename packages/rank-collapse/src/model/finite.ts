/** Whether values are finite, and the error where they are not. */
import { all, isfinite, OptionError, scope, sum, type Tensor } from '@saccade/tensor';

/** Weights, tokens or a layer's output hold NaN or an infinity. */
export class NotFiniteError extends OptionError {}

/** Whether all values are finite. The terms of a finite sum are; one that is not may have overflowed, which takes a second look. */
export async function allFinite(t: Tensor): Promise<boolean> {
  return await scope(async () => {
    const [total] = await sum(t).data();
    if (Number.isFinite(Number(total))) return true;
    const [yes] = await all(isfinite(t)).data<'bool'>();
    return yes === 1;
  });
}

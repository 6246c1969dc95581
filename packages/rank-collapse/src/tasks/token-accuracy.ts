/** How many tokens are answered rightly. */
import { breather } from '@saccade/nn';
import { argmax, scope, type Tensor } from '@saccade/tensor';
import { IGNORED, type LabelledTokens } from './task.js';

/** Examples that are looked at together. */
const AT_ONCE = 256;

/** The share of right answers among the tokens that count, of inputs part by part. @param logits gives [examples, tokens, labels] for inputs */
export async function tokenAccuracy(
  { inputs, labels }: LabelledTokens,
  logits: (inputs: Tensor) => Tensor | Promise<Tensor>,
  signal?: AbortSignal | undefined,
): Promise<number> {
  const breathe = breather();
  let [right, counted] = [0, 0];
  for (let from = 0; from < (labels.shape[0] ?? 0); from += AT_ONCE) {
    signal?.throwIfAborted();
    await scope(async () => {
      const part = `${from}:${from + AT_ONCE}`;
      const answers = await argmax(await logits(inputs.at(part)), { axis: -1 }).data<'int32'>();
      const wanted = await labels.at(part).data<'int32'>();
      wanted.forEach((label, i) => {
        if (label === IGNORED) return;
        counted++;
        if (label === answers[i]) right++;
      });
    });
    await breathe();
  }
  return right / counted;
}

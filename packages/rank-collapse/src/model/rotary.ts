/** Rotary positions: pairs of channels of queries and keys turn by an angle that grows with the position (Su et al. 2021). */
import type { RotaryEntry } from '@saccade/nn';
import { add, concat, mul, OptionError, reshape, scope, stack, sub, type Tensor, tensor } from '@saccade/tensor';

/** Turns x [batch, heads, tokens, dims], whose tokens stand at 0, 1, ...; channels behind the entry's width stay. */
export function turn(x: Tensor, rotary: RotaryEntry): Tensor {
  const [batch, heads, tokens, dims] = x.shape as [number, number, number, number];
  const { width, pairs } = rotary;
  return scope(() => {
    const angles = anglesOf(rotary, tokens);
    const table = (f: (angle: number) => number): Tensor =>
      tensor(angles.map(f), { shape: [tokens, width / 2], dtype: x.dtype, device: x.device });
    const [cosines, sines] = [table(Math.cos), table(Math.sin)];
    const turned = width === dims ? x : x.at('...', `:${width}`);
    const halves = pairs === 'halves';
    const both = reshape(turned, halves ? [batch, heads, tokens, 2, width / 2] : [batch, heads, tokens, width / 2, 2]);
    const [a, b] = halves ? [both.at('...', 0, ':'), both.at('...', 1, ':')] : [both.at('...', 0), both.at('...', 1)];
    const parts = [sub(mul(a, cosines), mul(b, sines)), add(mul(b, cosines), mul(a, sines))];
    const out = reshape(stack(parts, halves ? -2 : -1), [batch, heads, tokens, width]);
    return width === dims ? out : concat([out, x.at('...', `${width}:`)], -1);
  });
}

/** position frequency: [tokens width / 2]. */
function anglesOf(rotary: RotaryEntry, tokens: number): number[] {
  const frequencies = Array.from({ length: rotary.width / 2 }, (_, j) =>
    scaledFrequency(rotary, rotary.theta ** ((-2 * j) / rotary.width)),
  );
  return Array.from({ length: tokens }, (_, position) => frequencies.map((f) => position * f)).flat();
}

/** With Llama 3's scaling, waves longer than the original texts are slowed down, short ones are not, and those between are in part. */
function scaledFrequency({ scaling }: RotaryEntry, frequency: number): number {
  if (scaling === undefined) return frequency;
  if (scaling.kind === 'linear') return frequency / scaling.factor;
  if (scaling.kind === 'other') throw new OptionError(`openTransformer: rotary scaling '${scaling.name}' is not known`);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
  const turns = (originalPositions * frequency) / (2 * Math.PI);
  const share = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return frequency * (share + (1 - share) / factor);
}

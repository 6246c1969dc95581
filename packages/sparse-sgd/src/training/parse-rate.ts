/** Learning rates as text, for commands. */
import { OptionError, quote } from '@saccade/tensor';
import { bottou, constant, decay, epochDecay, type LearningRate, type RelativeShift } from './schedules.js';

/** A number, or NaN, which all makers refuse. */
function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function shiftOf(text: string): number | RelativeShift {
  return text.includes('d') ? (text as RelativeShift) : number(text);
}

const makers: Readonly<
  Record<string, readonly [least: number, most: number, make: (...parts: string[]) => LearningRate]>
> = {
  constant: [1, 1, (rate = '') => constant(number(rate))],
  'epoch-decay': [2, 2, (rate = '', factor = '') => epochDecay(number(rate), number(factor))],
  decay: [1, 2, (gamma = '', shift = 'd/k') => decay({ gamma: number(gamma), shift: shiftOf(shift) })],
  bottou: [1, 1, (gamma = '') => bottou({ gamma: number(gamma) })],
};

/**
 * A learning rate from text: `constant:0.1`, `epoch-decay:0.5,0.9` (rate, factor), `decay:2,d/k` (gamma, shift), `decay:2,300`, `bottou:1` (gamma).
 * lambda, and a shift in d and k, stay open for `resolveRate`.
 * @throws {OptionError} for any other text
 */
export function parseRate(text: string): LearningRate {
  const [, kind = '', rest = ''] = /^([a-z-]+):(.*)$/.exec(String(text)) ?? [];
  const parts = rest.split(',');
  const maker = Object.hasOwn(makers, kind) ? makers[kind] : undefined;
  if (maker === undefined || parts.length < maker[0] || parts.length > maker[1]) {
    throw new OptionError(
      `parseRate: expected constant:0.1, epoch-decay:0.5,0.9, decay:2,d/k, decay:2,300 or bottou:1, got ${quote(text)}`,
    );
  }
  return maker[2](...parts);
}

/** Cases that operations of one kind have in common: functions of one element, of two operands, folds over axes. */
import type { Operand, ReduceOptions, Tensor } from '../../src/index.js';
import { type Case, floats, given, type Input, one } from './case.js';

type Interval = readonly [low: number, high: number];

/** A function of each element, on an input inside its domain. */
export function unaryCase(op: string, f: (x: Tensor) => Tensor, input: Input): Case {
  return one(op, 'of a vector', [input], (x) => f(x));
}

/** A step function: its gradient is 0. */
export function stepCase(op: string, f: (x: Tensor) => Tensor): Case {
  return one(op, 'between the steps', [given([-1.7, -0.2, 0.4, 2.6])], (x) => f(x));
}

const pairs: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['of one shape', [2, 3], [2, 3]],
  ['with the right side repeated', [2, 3], [3]],
  ['with the left side repeated', [3], [2, 3]],
  ['with both sides repeated', [2, 1, 3], [4, 1]],
  ['with a scalar tensor', [], [2, 2]],
  ['without elements', [0, 3], [3]],
];

/** A function of two operands, with an interval for each; `kinked` where equal operands have no derivative. */
export function binaryCases(
  op: string,
  f: (a: Operand, b: Operand) => Tensor,
  a: Interval,
  b: Interval,
  { kinked = false }: { readonly kinked?: boolean } = {},
): readonly Case[] {
  return [
    ...pairs.map(([name, left, right]) => one(op, name, [floats(left, ...a), floats(right, ...b)], (x, y) => f(x, y))),
    one(op, 'of a tensor and a number', [floats([4], ...a)], (x) => f(x, 1.3)),
    one(op, 'of a number and a tensor', [floats([4], ...b)], (y) => f(1.3, y)),
    one(op, 'of a tensor with itself', [floats([3], 0.6, 1.9)], (x) => f(x, x), { smooth: !kinked }),
  ];
}

const folds: readonly (readonly [string, readonly number[], ReduceOptions])[] = [
  ['over everything', [2, 3], {}],
  ['over the first axis', [3, 2], { axis: 0 }],
  ['over the last axis, kept', [2, 3], { axis: -1, keepDims: true }],
  ['over outer axes', [2, 3, 2], { axis: [0, 2] }],
  ['over outer axes in any order, kept', [2, 3, 2], { axis: [-1, 0], keepDims: true }],
  ['over an axis of extent 1', [2, 1, 3], { axis: [1, 2] }],
];

/** A fold over axes of numbers in [low, high). */
export function foldCases(
  op: string,
  f: (x: Tensor, options?: ReduceOptions) => Tensor,
  low?: number,
  high?: number,
): readonly Case[] {
  return folds.map(([name, shape, options]) => one(op, name, [floats(shape, low, high)], (x) => f(x, options)));
}

/** What is asked about a billiard image: four tasks, each a function of the balls from left to right. */
import type { BilliardBall } from './billiard-balls.js';

/**
 * What the label of a billiard image is:
 * - `'rightmost-number'`: the number of the rightmost ball, minus 1 (9 classes);
 * - `'max-left-right'`: the larger number of the leftmost and the rightmost ball, minus 1 (9 classes), the paper's task;
 * - `'sum-all-modulo10'`: the sum of all numbers modulo 10 (10 classes);
 * - `'left-color-min-max'`: the least of all numbers if the leftmost ball is green, blue or purple, else the largest,
 *   minus 1 (9 classes).
 */
export type BilliardTask = 'rightmost-number' | 'max-left-right' | 'sum-all-modulo10' | 'left-color-min-max';

/** The label of every task. */
export type BilliardLabels = Readonly<Record<BilliardTask, number>>;

export const billiardTasks: readonly BilliardTask[] = [
  'rightmost-number',
  'max-left-right',
  'sum-all-modulo10',
  'left-color-min-max',
];

const coldColors = ['green', 'blue', 'purple'];

/** The labels of all tasks. @param balls one at least, no two with the same x */
export function billiardLabels(balls: readonly BilliardBall[]): BilliardLabels {
  const leftmost = balls.reduce((best, ball) => (ball.x < best.x ? ball : best));
  const rightmost = balls.reduce((best, ball) => (ball.x > best.x ? ball : best));
  const numbers = balls.map(({ number }) => number);
  const extreme = coldColors.includes(leftmost.color) ? Math.min : Math.max;
  return {
    'rightmost-number': rightmost.number - 1,
    'max-left-right': Math.max(leftmost.number, rightmost.number) - 1,
    'sum-all-modulo10': numbers.reduce((sum, number) => sum + number, 0) % 10,
    'left-color-min-max': numbers.reduce((best, number) => extreme(best, number)) - 1,
  };
}

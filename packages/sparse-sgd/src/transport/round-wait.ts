/** How long a worker waits for a round, and what it does about it. */
import { SaccadeError } from '@saccade/tensor';
import type { CheckedJobOptions } from './job-options.js';
import type { RoundFeed } from './round-feed.js';
import type { RoundMachine } from './round-machine.js';

const longestTimeout = 2 ** 31 - 1;

/**
 * Resolves once there is a round to take. After `roundTimeout` it asks for the round to be closed, as soon as there are messages
 * enough.
 *
 * @param close appends the request @throws {SaccadeError} `timeout` after `patience`
 */
export async function waitForRound(
  op: string,
  feed: RoundFeed,
  options: CheckedJobOptions,
  close: () => void,
): Promise<void> {
  const { machine } = feed;
  const { roundTimeout, patience } = options;
  let asked = false;
  const askToClose = (): void => {
    if (asked || machine.contributors.length < machine.needed) return;
    asked = true;
    close();
  };
  let again: ReturnType<typeof setInterval> | undefined;
  const overdue = (): void => {
    askToClose();
    again = setInterval(askToClose, Math.max(1, Math.min(1000, roundTimeout / 10)));
  };
  const timer = setTimeout(overdue, Math.min(roundTimeout, longestTimeout));
  try {
    const within = Math.min(patience, longestTimeout);
    await feed.until(() => feed.waiting, { within, why: () => gaveUp(op, machine, patience) });
  } finally {
    clearTimeout(timer);
    clearInterval(again);
  }
}

function gaveUp(op: string, machine: RoundMachine, patience: number): Error {
  const there = machine.contributors;
  const silent = machine.present.filter((rank) => !there.includes(rank));
  return new SaccadeError(
    'timeout',
    `${op}: round ${machine.round} has ${there.length} of the ${machine.needed} messages that it needs (quorum) ` +
      `after ${patience / 1000} s; nothing came from worker ${silent.join(', ') || 'anybody else'}`,
  );
}

/** All workers of a job in one process: for research, and to test what a network would do. */
import { checkOptions, OptionError, Rng, requireCount } from '@saccade/tensor';
import { isFiniteVector } from '../compress/first-non-finite.js';
import type { Message, Vector } from '../compress/message.js';
import type { Feedback, Gathered } from './feedback.js';
import { meetings } from './meeting.js';
import { type NonFinitePolicy, requirePolicy, withoutNonFinite } from './non-finite.js';

/** Options of `simulate`. */
export interface SimulateOptions {
  /** Of what compressors draw: worker w draws from stream w. Default 0. */
  readonly seed?: number | undefined;
  /** What becomes of a gradient with NaN or infinity in it. Default 'throw'. */
  readonly onNonFinite?: NonFinitePolicy | undefined;
}

/** Workers that take turns together. */
export interface Simulation {
  /** The workers' halves, by rank. */
  readonly workers: readonly Feedback[];
  /** Turns done. */
  readonly step: number;
  /** What the last turn's exchanges sent, by rank of those that took part. */
  readonly sent: readonly (readonly Message[])[];
  /**
   * One turn with one gradient for each worker, undefined for one that is absent. Gives the direction to move against.
   * @throws {OptionError} for another number of gradients @throws what `Feedback.reduce` throws
   */
  turn(gradients: readonly (Vector | undefined)[]): Promise<Vector>;
}

/**
 * Workers in one process, with an exchange in memory.
 * @example simulate(4, () => errorFeedback(topKCompressor({ ratio: 0.01 }), 1000))
 * @param make the half of worker `rank`; all must be of the same kind
 * @throws {OptionError}
 */
export function simulate(workers: number, make: (rank: number) => Feedback, options: SimulateOptions = {}): Simulation {
  const { seed = 0, onNonFinite = 'throw' } = checkOptions('simulate', options, ['seed', 'onNonFinite']);
  requireCount('simulate', 'workers', workers);
  requirePolicy('simulate', onNonFinite);
  const feedbacks = Array.from({ length: workers }, (_, rank) => make(rank));
  const rng = new Rng(seed);
  let step = 0;
  let before: string | undefined;
  let sent: (readonly Message[])[] = [];

  async function turn(gradients: readonly (Vector | undefined)[]): Promise<Vector> {
    if (gradients.length !== workers) {
      throw new OptionError(`simulate: a turn needs ${workers} gradients, got ${gradients.length}`);
    }
    const given = gradients.map((g) => (g === undefined || isFiniteVector(g) ? g : withoutNonFinite(g, onNonFinite)));
    const here = feedbacks.map((_, rank) => rank).filter((rank) => given[rank] !== undefined);
    // A turn without anybody says nothing about who is there.
    const changed = here.length > 0 && before !== undefined && before !== here.join();
    const exchanges: Gathered[] = [];
    const attend = meetings<Message, Gathered>(here.length, async (messages) => {
      exchanges.push({ messages, own: undefined, changed });
      return messages.map((own) => ({ messages, own, changed }));
    });
    const directions = await Promise.all(
      here.map((rank, party) => {
        const own = { step, stream: 0, rng: rng.derive(rank).derive(step) };
        return feedbacks[rank]!.reduce(given[rank] as Vector, own, (message) => attend(party, message));
      }),
    );
    const { lengths } = feedbacks[0] as Feedback;
    const nothing = lengths.map(() => ({ messages: [], own: undefined, changed }));
    const absent = feedbacks.filter((_, rank) => given[rank] === undefined);
    const absorbed = absent.map((feedback) => feedback.absorb(here.length === 0 ? nothing : exchanges));
    sent = exchanges.map(({ messages }) => messages);
    if (here.length > 0) before = here.join();
    step += 1;
    return (directions[0] ?? absorbed[0])!.slice();
  }

  return {
    workers: feedbacks,
    get step() {
      return step;
    },
    get sent() {
      return sent;
    },
    turn,
  };
}

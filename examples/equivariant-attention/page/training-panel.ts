/** Training of two other networks in the page: a button that starts and stops it, and a bar. */
import { byId, part } from './elements.js';
import { type Pair, trainPair } from './pair.js';
import { giveTurns, inTurn } from './turns.js';

/** Who is told. */
export interface TrainingListener {
  readonly onPair: (pair: Pair, seed: number) => void;
  readonly onError: (error: unknown) => void;
  /** Told what people should hear. */
  readonly say: (text: string) => void;
}

/** Starts to listen. */
export function trainingPanel({ onPair, onError, say }: TrainingListener): void {
  const section = byId('training');
  const [button, bar] = [part(section, '.toggle'), part(section, '.running')];
  let running: AbortController | undefined;
  let seed = 1;
  const train = async (signal: AbortSignal): Promise<void> => {
    say('Trains …');
    try {
      const pair = await inTurn(() =>
        trainPair(seed + 1, {
          signal,
          onStep: async (share, text) => {
            part<HTMLProgressElement>(section, 'progress').value = share;
            part(section, '.step').textContent = text;
            await giveTurns();
          },
        }),
      );
      seed += 1;
      onPair(pair, seed);
    } catch (error) {
      if (signal.aborted) say('Stopped.');
      else onError(error);
    }
  };
  part<HTMLFormElement>(section, 'form').addEventListener('submit', async (event) => {
    event.preventDefault();
    if (running !== undefined) {
      running.abort();
      return;
    }
    running = new AbortController();
    button.textContent = 'Stop';
    bar.hidden = false;
    await train(running.signal);
    running = undefined;
    button.textContent = 'Train both';
    bar.hidden = true;
  });
}

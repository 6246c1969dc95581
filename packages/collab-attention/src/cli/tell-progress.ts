/** How far a conversion is, as lines for people who wait. */
import { plainText } from '@saccade/pictures';
import type { ConversionProgress } from '../checkpoint/convert-options.js';
import type { VerificationProgress } from '../checkpoint/verify-checkpoint.js';

/** A line for each layer. */
export function tellLayer({ layer, index, layers }: VerificationProgress): void {
  process.stderr.write(`layer ${index + 1} of ${layers}: ${plainText(layer)}\n`);
}

/** Milliseconds between two lines of one layer. */
const PAUSE = 2000;

/** Tells each layer once it begins, now and then how far it is, and that the file is written. */
export function progressTeller(screen: NodeJS.WritableStream = process.stderr): (progress: ConversionProgress) => void {
  let [last, told] = ['', performance.now()];
  const tell = (text: string): void => {
    screen.write(`${text}\n`);
    told = performance.now();
  };
  return (progress) => {
    const { stage } = progress;
    if (stage === 'survey') {
      if (progress.index === 0) tell(`looking at ${progress.layers} attention layers …`);
      return;
    }
    const key = stage === 'write' ? `write ${progress.file}` : progress.layer;
    const isNew = key !== last;
    last = key;
    if (!isNew && performance.now() - told < PAUSE) return;
    if (stage === 'write') {
      tell(
        isNew
          ? `writing ${plainText(progress.file)} …`
          : `${Math.floor((100 * progress.bytes) / progress.totalBytes)} % written`,
      );
      return;
    }
    const { layer, index, layers, rank, iteration, error } = progress;
    tell(
      `layer ${index + 1} of ${layers}: ${plainText(layer)}, rank ${rank}, sweep ${iteration}, error ${error.toPrecision(3)}`,
    );
  };
}

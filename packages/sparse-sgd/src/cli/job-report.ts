/** What people and programs are told at the end of a job. */
import { counted, percent, print, printJson } from '@saccade/command';
import { quantity } from '@saccade/pictures';
import type { JobSettings } from './job-settings.js';
import type { Outcome, PartOptions } from './take-part.js';

function droppedOf({ counts, dropped }: Outcome): number {
  return dropped + counts.dropped.late + counts.dropped.duplicate + counts.dropped.malformed;
}

function resultJson(
  outcome: Outcome,
  settings: JobSettings,
  { job, out, chart, page, checkpoint }: PartOptions,
): object {
  const { score, rank, workers, turns, bytes, denseBytes, paperBits, rounds, lost, joined } = outcome;
  const { task, compress, feedback, group, epochs, batch, rate, seed } = settings;
  return {
    ...{ job, worker: rank, workers, accuracy: score.accuracy, loss: score.loss, tested: score.examples },
    ...{ bytes, denseBytes, share: bytes / denseBytes, transportBytes: outcome.counts.bytesSent, paperBits },
    ...{ turns, rounds, missed: outcome.counts.missed, lost, joined, dropped: droppedOf(outcome) },
    ...{ memoryNorm: outcome.memoryNorm, seconds: outcome.seconds },
    settings: { task, compress, feedback, group, epochs, batch, rate, seed },
    files: { out, chart, page, checkpoint },
    points: outcome.points,
  };
}

function trafficText({ bytes, denseBytes, counts, rounds, workers }: Outcome): string {
  if (workers === 1) return `alone, so nothing was sent; the gradients take ${quantity(denseBytes, 'B')}\n`;
  const share = (part: number): string => percent(part / Math.max(1, denseBytes), 2);
  return (
    `sent ${quantity(bytes, 'B')} in ${rounds} rounds, ${share(bytes)} of the ${quantity(denseBytes, 'B')} of all gradients; ` +
    `${quantity(counts.bytesSent, 'B')} (${share(counts.bytesSent)}) with all that keeps the workers together\n`
  );
}

/** Prints it, as text or as JSON. */
export async function reportJob(
  outcome: Outcome,
  settings: JobSettings,
  options: PartOptions,
  json: boolean,
): Promise<void> {
  if (json) return printJson(resultJson(outcome, settings, options));
  const { score, tested, lost, workers, rank } = outcome;
  const who = workers === 1 ? '' : `worker ${rank} of ${workers}: `;
  await print(
    `${who}accuracy ${percent(score.accuracy)} of ${score.examples} ${tested}, loss ${score.loss.toPrecision(4)}\n`,
  );
  await print(trafficText(outcome));
  if (workers > 1) await print(`${counted(lost, 'worker')} lost, ${counted(droppedOf(outcome), 'message')} dropped\n`);
  const { out, chart, page, checkpoint } = options;
  for (const [what, path] of Object.entries({ weights: out, chart, page, 'check point': checkpoint })) {
    if (path !== undefined) await print(`${what}: ${path}\n`);
  }
}

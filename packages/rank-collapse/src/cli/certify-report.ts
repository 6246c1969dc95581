/** Certificates for people and programs: sizes as powers of ten, as they leave the range of numbers. */
import { table } from '@saccade/command';
import type { HeadCertificate, LayerCertificate } from '../certify/certify-layer.js';
import type { NetworkCertificate } from '../certify/certify-network.js';
import { powerOfTen, short } from './number-text.js';

function largest(layer: LayerCertificate, f: (head: HeadCertificate) => number): number {
  return layer.heads.reduce((most, head) => Math.max(most, f(head)), 0);
}

/** What is proven of each layer. */
export function layersText(layers: readonly LayerCertificate[]): string {
  const rows = layers.map((layer, i) => [
    String(i),
    powerOfTen(layer.logResidual),
    short(largest(layer, ({ range }) => range)),
    short(largest(layer, ({ gamma }) => gamma)),
    short(largest(layer, ({ beta }) => beta)),
    powerOfTen(layer.logBound),
    layer.valid ? 'holds' : 'no',
    powerOfTen(layer.logSharpBound),
    powerOfTen(layer.logContraction),
  ]);
  const titles = ['layer', 'residual', 'range', 'gamma', 'beta', 'theorem', 'holds', 'sharp bound', 'factor'];
  const drawing = layers.filter(({ logContraction }) => logContraction < 0).length;
  const valid = layers.filter((layer) => layer.valid).length;
  return (
    `${table(titles, rows)}\nthe theorem holds in ${valid} of ${layers.length} layers; ` +
    `in ${drawing} attention draws tokens together for certain\n`
  );
}

/** What is proven of the whole, and what happens. */
export function networkText({
  layers,
  points,
  logBound,
  logMeanBound,
  logSharpBound,
  valid,
}: NetworkCertificate): string {
  const rows = points.map(({ logResidual, logRatio }, l) => {
    const before = layers[l - 1];
    const proven = before === undefined ? ['-', '-', '-'] : provenCells(before);
    return [String(l), powerOfTen(logRatio), powerOfTen(logResidual), ...proven];
  });
  const bounds = [
    ['true residual', powerOfTen(points.at(-1)?.logResidual ?? Number.NaN)],
    ['at most, by the factors of all layers', powerOfTen(logSharpBound)],
    ['theorem 2.3 for it', powerOfTen(logMeanBound)],
    ['theorem 2.3 for the smallest residual', powerOfTen(logBound)],
  ];
  const broken = layers.flatMap((layer, l) => (layer.valid ? [] : [l])).slice(0, 8);
  const verdict = valid
    ? 'the theorem holds: no range is above 1.256'
    : `the theorem does NOT hold: ranges are above 1.256 in layer ${broken.join(', ')}`;
  const titles = ['layer', 'ratio', 'residual', 'at most', 'factor', 'theorem'];
  return `${table(titles, rows)}\n${table(['behind the last layer', ''], bounds)}${verdict}\n`;
}

function provenCells({ logMeanBound, logContraction, valid }: LayerCertificate): string[] {
  return [powerOfTen(logMeanBound), powerOfTen(logContraction), valid ? 'holds' : 'no'];
}

/** Without the tokens. Sizes are log10; null for that of 0. */
export function networkJson({ points, ...network }: NetworkCertificate): object {
  return { ...network, points: points.map(({ logResidual, logRatio }) => ({ logResidual, logRatio })) };
}

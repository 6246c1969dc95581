/** The certificates of both networks under quarter turns. */
import { type Certificate, certificateSvg, certify } from '@saccade/equivariant-attention';
import { byId, make } from './elements.js';
import { type Kind, kindNames, kinds, type Pair } from './pair.js';

const certificates = new Map<Kind, Certificate>();

/** Certifies both and shows their verdicts. */
export async function showCertificates(pair: Pair): Promise<void> {
  for (const kind of kinds) {
    const certificate = await certify(pair[kind], 'p4', { shape: [8, 8, 1] });
    certificates.set(kind, certificate);
    const { verdict, summary } = certificate;
    const line = byId(`verdict-${kind}`);
    line.dataset.kind = verdict.kind;
    line.replaceChildren(`The ${kindNames[kind]}: `, make('b', { text: summary }));
  }
  drawCertificates();
}

/** Draws them, if they are looked at. */
export function drawCertificates(): void {
  const { open, clientWidth } = byId<HTMLDetailsElement>('certificates');
  if (!open) return;
  // Side by side, where there is room for that.
  const room = clientWidth >= 1000 ? (clientWidth - 16) / 2 : clientWidth;
  for (const [kind, certificate] of certificates) {
    const look = { title: `Certificate of the ${kindNames[kind]}`, width: Math.max(240, Math.floor(room - 2)) };
    byId(`certificate-${kind}`).innerHTML = certificateSvg(certificate, look);
  }
}

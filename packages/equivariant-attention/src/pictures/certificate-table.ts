/** A certificate as rows and columns. */
import { textWidth } from '@saccade/pictures';
import type { Certificate } from '../certify/certificate.js';

/** What one cell tells. */
export type CertificateCell =
  | { readonly kind: 'proof'; readonly proved: boolean; readonly onLattice: boolean }
  /** @param error undefined where nothing was measured */
  | { readonly kind: 'error'; readonly error: number | undefined; readonly tolerance: number; readonly tell: string };

/** One row. */
export interface CertificateRow {
  /** As it is shown. */
  readonly name: string;
  /** All of it. */
  readonly full: string;
  readonly cells: readonly CertificateCell[];
}

/** Rows of one cell for each element. */
export interface CertificateTable {
  /** Names of the elements. */
  readonly columns: readonly string[];
  readonly rows: readonly CertificateRow[];
}

/** First what is proved, if there is a proof, then each layer that was measured. @param widest pixels of the longest name */
export function certificateTable(certificate: Certificate, widest: number): CertificateTable {
  const { elements, steps, layers, measurement } = certificate;
  const columns = elements.map(({ name }) => name);
  const proofs: CertificateRow[] =
    steps === undefined
      ? []
      : [row('proved', widest, elements.map(({ proved, onLattice }) => ({ kind: 'proof' as const, proved, onLattice })))]; // biome-ignore format: one row
  const tolerance = measurement?.tolerance ?? 0;
  const measured = layers.map(({ layer, errors }) =>
    row(
      layer,
      widest,
      errors.map((error, i) => ({
        ...{ kind: 'error' as const, error, tolerance },
        tell: `${layer}, ${columns[i]}: ${error ?? 'not measured'}`,
      })),
    ),
  );
  return { columns, rows: [...proofs, ...measured] };
}

function row(full: string, widest: number, cells: readonly CertificateCell[]): CertificateRow {
  let name = full;
  // The end of a path tells more than its start.
  while (textWidth(name) > widest) name = `…${name.replace('…', '').slice(1)}`;
  return { name, full, cells };
}

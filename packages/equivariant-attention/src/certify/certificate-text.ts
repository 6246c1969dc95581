/** A certificate as people read it. */
import type { Certificate } from './certificate.js';
import { shown } from './verdict.js';

/** The verdict, how it was found, and tables of elements, proofs and layers. */
export function certificateText({
  group,
  summary,
  elements,
  steps,
  layers,
  measurement,
  notices,
}: Certificate): string {
  const lines = [`${group}: ${summary}`];
  if (measurement !== undefined) {
    const { samples, seed, shape, training } = measurement;
    const kind = seed === undefined ? 'given inputs' : `random inputs, seed ${seed}`;
    lines.push(`measured on ${samples} ${kind}, [${shape.join(', ')}], in ${training ? 'training' : 'evaluation'}`);
  }
  lines.push('', ...table(['element', 'turn', 'proof', 'error'], elements.map((one) => [
    ...[String(one.element), one.name, steps === undefined ? '-' : one.proved ? 'exact' : 'no'],
    one.failure ?? shown(one.error),
  ]))); // biome-ignore format: one table
  const reasons = (steps ?? []).filter(({ reason }) => reason !== '');
  if (reasons.length > 0) {
    lines.push('', ...table(['layer', 'exact for', 'reason'], reasons.map((step) => [step.layer, `{${step.exact.join(', ')}}`, step.reason]))); // biome-ignore format: one table
  }
  if (layers.length > 1) {
    const worst = layers.map(({ layer, errors }) => [layer, ...elements.map((_, i) => shown(errors[i]))]);
    lines.push('', ...table(['error after', ...elements.map(({ element }) => `${element}`)], worst));
  }
  if (notices.length > 0) lines.push('', ...notices.map((notice) => `Note: ${notice}.`));
  return `${lines.join('\n')}\n`;
}

/** Columns of one width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, i) => rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), name.length));
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd(),
  );
}

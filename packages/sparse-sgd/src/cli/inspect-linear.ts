/** What a check point of Mem-SGD tells: the run, where it stands, and its memory against the theory. */
import { quantity } from '@saccade/pictures';
import { FormatError } from '@saccade/tensor';
import { parseCompressor } from '../compress/parse-compressor.js';
import { memoryBound, minimalShift } from '../theory/bound.js';
import type { Evaluation } from '../training/sgd-checkpoint.js';
import { type FileReport, normOf } from './file-report.js';
import type { ArrayReport } from './inspect-tensors.js';

/** The numbers that the run was made of, as `identityOf` writes them. */
interface RunPlan {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  readonly compress: string;
  readonly memory: boolean;
  readonly rate: { readonly kind: string; readonly gamma?: number; readonly shift?: unknown; readonly lambda?: number };
  readonly average: string;
  readonly workers: number;
}

/** A bound of the memory's norm in units of the largest norm of a gradient, or why there is none. */
type Bound = { readonly perG: number } | { readonly none: string };

function parsed(what: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (cause) {
    throw new FormatError(`${what}: the check point's metadata are damaged`, { cause });
  }
}

function planOf(what: string, text: string | undefined): RunPlan {
  const plan = Object(parsed(what, text)) as { readonly [Name in keyof RunPlan]?: unknown };
  const { rows, features, classes, compress, memory, rate, average, workers } = plan;
  const counts = [rows, features, classes, workers].every(
    (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  );
  const texts = [compress, average, Object(rate).kind].every((value) => typeof value === 'string');
  if (!counts || !texts || typeof memory !== 'boolean') throw new FormatError(`${what}: the run's plan is damaged`);
  return plan as RunPlan;
}

function lastOf(what: string, text: string | undefined): Evaluation {
  const { curve } = Object(parsed(what, text)) as { readonly curve?: unknown };
  const last = Object(Array.isArray(curve) ? curve.at(-1) : undefined) as Evaluation;
  if (![last.step, last.loss, last.bits, last.bytes].every(Number.isFinite)) {
    throw new FormatError(`${what}: the run has no evaluation`);
  }
  return last;
}

/** Lemma 3.2, which is proportional to the square of gamma, 8 in the paper. */
function boundOf({ rate, memory, workers, compress, features, classes }: RunPlan, step: number): Bound {
  const { kind, gamma, shift, lambda } = rate;
  if (!memory) return { none: 'there is no memory' };
  if (workers > 1) return { none: 'the theory is about one worker' };
  if (kind !== 'decay' || typeof shift !== 'number' || !(gamma! > 0) || !(lambda! > 0)) {
    return { none: 'the theory is about rates gamma / (lambda (t + shift))' };
  }
  const d = features * classes;
  const k = d * (parseCompressor(compress).contraction(d) ?? 0);
  if (!(k > 0)) return { none: `${compress} is no contraction` };
  const least = minimalShift({ d, k });
  if (shift < least)
    return { none: `the shift ${shift} is below ${least.toPrecision(4)}, from where the theory holds` };
  return { perG: (gamma! / 8) * Math.sqrt(memoryBound(step, { d, k, mu: lambda!, G: 1, a: shift })) };
}

/** The bound. What the functions of the theory do not take was not written by this package. @throws {FormatError} */
function checkedBound(what: string, plan: RunPlan, step: number): Bound {
  try {
    return boundOf(plan, step);
  } catch (cause) {
    throw new FormatError(`${what}: the run's plan is damaged`, { cause });
  }
}

/** Reads the metadata. @throws {FormatError} for damaged ones */
export function inspectLinear(
  what: string,
  metadata: Readonly<Record<string, string>>,
  arrays: readonly ArrayReport[],
): FileReport {
  const plan = planOf(what, metadata.plan);
  const { step, loss, bits, bytes } = lastOf(what, metadata.run);
  const memoryNorm = normOf(arrays.filter(({ name }) => name === 'memory'));
  const bound = checkedBound(what, plan, step);
  const { rows, features, classes, compress, memory, average, workers, rate } = plan;
  const classText = classes === 1 ? '' : `, ${classes} classes`;
  return {
    kind: 'check point of Mem-SGD',
    lines: [
      ['data', `${rows} rows, ${features} features${classText}`],
      ['compress', `${compress}${memory ? '' : ' without memory'}`],
      ['rate', `${JSON.stringify(rate)}, average ${average}`],
      ['step', `${step}, epoch ${Number((step / rows).toFixed(2))}; loss ${loss.toPrecision(5)}`],
      ['sent', `${quantity(bits, 'bit')} by the paper's formula, ${quantity(bytes, 'B')}`],
      ['workers', String(workers)],
      ['memory', `norm ${memoryNorm.toPrecision(4)}`],
      [
        'theory',
        'none' in bound
          ? `no bound: ${bound.none}`
          : `at most ${bound.perG.toPrecision(4)} G on average, G the largest norm of a gradient`,
      ],
    ],
    facts: { ...plan, step, loss, bits, bytes, memoryNorm, memoryBound: bound },
  };
}

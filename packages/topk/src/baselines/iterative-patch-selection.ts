/** Iterative patch selection (Bergner et al. 2023): the best patches of an image of any size, with memory for a few of them. */
import { type AnyModule, inference } from '@saccade/nn';
import {
  checkOptions,
  concat,
  gather,
  OptionError,
  requireCount,
  requireFunction,
  requireShape,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';

/** How patches become scores, and how many are held. */
export interface IterativeSelectionOptions<P> {
  /** How many patches are kept. */
  readonly keep: number;
  /** How many new ones are looked at together; `keep` + `chunk` patches are held at most. Default `keep`. */
  readonly chunk?: number | undefined;
  /** Embeddings [count, channels] of patches. Each patch is embedded once. */
  readonly embed: (patches: readonly P[]) => Tensor;
  /** Scores [count] of embeddings [count, channels], such as those of a cross-attention: those kept so far and the new ones, in the order of the stream. */
  readonly score: (embeddings: Tensor) => Tensor;
  /** The model behind both, which works in evaluation mode meanwhile. */
  readonly model?: AnyModule | undefined;
  /** Called with each patch that drops out, to free what it holds. */
  readonly discard?: ((patch: P) => void) | undefined;
}

/** The patches that were kept, in the order of the stream. */
export interface IterativeSelectionResult<P> {
  readonly patches: readonly P[];
  /** Their numbers in the stream, from 0. */
  readonly positions: readonly number[];
  /** Their scores in the last round. */
  readonly scores: readonly number[];
  /** Patches in the stream. */
  readonly seen: number;
}

const names = ['keep', 'chunk', 'embed', 'score', 'model', 'discard'] as const;

/** A patch that is held. */
interface Candidate<P> {
  readonly patch: P;
  readonly position: number;
  score: number;
}

/**
 * Goes once through the patches of an image and keeps the `keep` best: a chunk of new ones is embedded, scored together with those
 * kept so far, and all but the best are let go. Of equal scores the earlier patch stays. No gradient flows; train on the patches
 * that remain. Fewer patches than `keep` are all kept.
 * @throws {OptionError} for counts that are no whole numbers from 1, and for a score that is NaN @throws {ShapeError} unless there is
 * one embedding and one score for each patch
 */
export async function selectIteratively<P>(
  patches: AsyncIterable<P> | Iterable<P>,
  options: IterativeSelectionOptions<P>,
): Promise<IterativeSelectionResult<P>> {
  const op = 'selectIteratively';
  const { keep, chunk = keep, embed, score, model, discard } = checkOptions(op, options, names);
  requireCount(op, 'keep', keep);
  requireCount(op, 'chunk', chunk);
  for (const f of [embed, score]) requireFunction(op, f);
  let held: Candidate<P>[] = [];
  let embeddings: Tensor | undefined; // of the first ones held: those that were scored before
  let seen = 0;
  const round = async (): Promise<void> => {
    const known = embeddings;
    const fresh = held.slice(known?.shape[0] ?? 0).map(({ patch }) => patch);
    const run = (): Round => embedAndScore(op, known, embed(fresh), fresh.length, score);
    const { all, scores } = model === undefined ? scope(run) : inference(model, run);
    try {
      const values = await scores.data();
      held.forEach((candidate, i) => {
        candidate.score = values[i] as number;
      });
      const best = chooseBest(op, held, keep);
      embeddings = scope(() => gather(all, tensor(Int32Array.from(best), { device: all.device })));
      const kept = best.map((i) => held[i] as Candidate<P>);
      if (discard !== undefined) for (const candidate of held) if (!kept.includes(candidate)) discard(candidate.patch);
      held = kept;
    } finally {
      for (const t of [known, all, scores]) t?.dispose();
    }
  };
  try {
    for await (const patch of patches) {
      held.push({ patch, position: seen, score: 0 });
      seen += 1;
      if (held.length === (embeddings?.shape[0] ?? 0) + chunk) await round();
    }
    if (held.length > (embeddings?.shape[0] ?? 0)) await round();
  } finally {
    embeddings?.dispose();
  }
  const pick = <V>(value: (candidate: Candidate<P>) => V): V[] => held.map(value);
  return { patches: pick((c) => c.patch), positions: pick((c) => c.position), scores: pick((c) => c.score), seen };
}

/** Embeddings of all that is held, and their scores. */
interface Round {
  readonly all: Tensor;
  readonly scores: Tensor;
}

function embedAndScore(
  op: string,
  known: Tensor | undefined,
  fresh: Tensor,
  count: number,
  score: (embeddings: Tensor) => Tensor,
): Round {
  requireShape(op, 'what embed gives', fresh, [count, 'channels']);
  const all = known === undefined ? concat([fresh]) : concat([known, fresh]);
  const scores = score(all);
  requireShape(op, 'what score gives', scores, [all.shape[0] ?? 0]);
  return { all, scores };
}

/** Which of the candidates stay, in the order of the stream. */
function chooseBest(
  op: string,
  held: readonly { readonly position: number; readonly score: number }[],
  keep: number,
): number[] {
  const bad = held.find(({ score }) => Number.isNaN(score));
  if (bad !== undefined) throw new OptionError(`${op}: the score of patch ${bad.position} is NaN`);
  const order = held.map((_, i) => i).sort((i, j) => (held[j]?.score as number) - (held[i]?.score as number) || i - j);
  return order.slice(0, keep).sort((i, j) => i - j);
}

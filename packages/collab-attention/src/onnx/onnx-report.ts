/** What became of the attentions of an ONNX file: plain data, as JSON holds it. */
import type { Decomposition } from '../decompose/decompose.js';

/** An attention whose heads share queries and keys now. */
export interface SharedOnnxAttention {
  readonly name: string;
  readonly status: 'converted';
  readonly heads: number;
  /** Key dimensions of a head. */
  readonly dims: number;
  readonly rank: number;
  /** |T - what is stored| / |T|, T being the heads' W_Q^T W_K, and of each head. */
  readonly error: number;
  readonly headErrors: readonly number[];
  /** That of the best truncation of each head by itself. */
  readonly headSvdError: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly start: Decomposition['start'];
  /** Of queries and keys, biases too: what it was, and what it is. Those of weights that an attention before it has too are counted there. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** `before - after`. */
  readonly bytesSaved: number;
  /** The attention before it that has the same weights. */
  readonly sameAs?: string | undefined;
}

/** An attention that stayed as it was: because a shared form would save nothing, or because there is none here. */
export interface KeptOnnxAttention {
  readonly name: string;
  readonly status: 'unchanged' | 'unsupported';
  readonly reason: string;
}

export type OnnxAttentionReport = SharedOnnxAttention | KeptOnnxAttention;

interface Change {
  readonly before: number;
  readonly after: number;
}

/** The whole. */
export interface OnnxReport {
  readonly attentions: readonly OnnxAttentionReport[];
  readonly total: {
    readonly attentions: { readonly converted: number; readonly unchanged: number; readonly unsupported: number };
    /** Of the model: the file, and weights in other files. */
    readonly bytes: Change;
    /** Of queries and keys of the converted attentions. */
    readonly queryKeyBytes: Change;
    /** Largest among the converted attentions; 0 if there are none. */
    readonly largestError: number;
  };
  readonly warnings: readonly string[];
}

/** @internal @param functions of its own that the file has */
export function onnxReport(attentions: readonly OnnxAttentionReport[], bytes: Change, functions: number): OnnxReport {
  const converted = attentions.filter((one) => one.status === 'converted');
  const count = (status: string): number => attentions.filter((one) => one.status === status).length;
  const sum = (of: (one: SharedOnnxAttention) => number): number => converted.reduce((all, one) => all + of(one), 0);
  return {
    attentions,
    total: {
      attentions: { converted: converted.length, unchanged: count('unchanged'), unsupported: count('unsupported') },
      bytes,
      queryKeyBytes: { before: sum((one) => one.bytes.before), after: sum((one) => one.bytes.after) },
      largestError: Math.max(0, ...converted.map(({ error }) => error)),
    },
    warnings: warningsOf(converted, attentions.length, functions),
  };
}

function warningsOf(converted: readonly SharedOnnxAttention[], all: number, functions: number): string[] {
  const warnings: string[] = [];
  if (all === 0) warnings.push('no attention was found: the file is a copy');
  else if (converted.length === 0) warnings.push(`none of ${all} attentions was converted: the file is a copy`);
  if (functions > 0) warnings.push(`${functions} functions of its own that the file has were not looked into`);
  const grown = converted.filter(({ bytesSaved }) => bytesSaved < 0).length;
  if (grown > 0) warnings.push(`queries and keys of ${grown} attentions take more bytes than before`);
  const open = converted.filter((one) => !one.converged).length;
  if (open > 0) warnings.push(`the error of ${open} attentions still changed when the sweeps ended`);
  return warnings;
}

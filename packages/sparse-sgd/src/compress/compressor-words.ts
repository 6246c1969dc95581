/** The words of a compressor's name. */
import { OptionError, quote } from '@saccade/tensor';
import type { Amount } from './amount.js';
import type { ValueType } from './message.js';

/** An example of each kind. */
export const compressorExamples: readonly string[] = [
  'none',
  'top-k:1%',
  'block:64',
  'sampled:0.1%',
  'threshold:0.5',
  'rand-k:10',
  'shared-rand-k:10',
  'ultra:0.2',
  'qsgd:16/512',
  'sign',
  'majority',
  'one-bit',
  'ternary',
  'natural',
];

/** `kind:argument/word/word@values`, taken apart. What is taken is gone; what is left at the end was not understood. */
export class CompressorWords {
  readonly text: string;
  readonly kind: string;
  readonly #argument: string | undefined;
  readonly #words: string[];
  readonly #values: string | undefined;
  #valuesTaken = false;
  #argumentTaken = false;

  constructor(text: string) {
    this.text = text;
    const [body = '', values, more] = text.split('@');
    const [head = '', ...words] = body.split('/');
    const [kind = '', argument, another] = head.split(':');
    if (more !== undefined || another !== undefined) throw this.error("expected at most one ':' and one '@'");
    this.kind = kind;
    this.#argument = argument;
    this.#words = words;
    this.#values = values;
  }

  error(problem: string): OptionError {
    return new OptionError(`parseCompressor: ${problem}, got ${quote(this.text)}`);
  }

  number(text: string | undefined): number {
    if (text !== undefined && /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^Infinity$/.test(text)) return Number(text);
    throw this.error(
      `${this.kind} needs a number, as in ${compressorExamples.find((example) => example.startsWith(`${this.kind}:`))}`,
    );
  }

  argument(): number {
    this.#argumentTaken = true;
    return this.number(this.#argument);
  }

  /** `10`, or `1%`. */
  amount(): Amount {
    this.#argumentTaken = true;
    const text = this.#argument;
    if (text?.endsWith('%')) return { ratio: this.number(text.slice(0, -1)) / 100 };
    const k = this.number(text);
    if (k > 0 && k < 1) {
      throw this.error(`write a share of the entries as ${100 * k}%, or one entry now and then as ultra:${k}`);
    }
    return { k };
  }

  /** The number in `/512`, or in `/name=512`. */
  setting(name = ''): number | undefined {
    const start = name === '' ? '' : `${name}=`;
    const place = this.#words.findIndex((word) => (name === '' ? /^\d/.test(word) : word.startsWith(start)));
    return place < 0 ? undefined : this.number(this.#words.splice(place, 1)[0]!.slice(start.length));
  }

  flag(name: string): boolean | undefined {
    const place = this.#words.indexOf(name);
    return place < 0 ? undefined : this.#words.splice(place, 1).length > 0;
  }

  values(): ValueType | undefined {
    this.#valuesTaken = true;
    return this.#values as ValueType | undefined;
  }

  entries(): { values: ValueType | undefined; keepZeros: boolean | undefined } {
    return { values: this.values(), keepZeros: this.flag('keep-zeros') };
  }

  /** @throws {OptionError} if something was not taken */
  requireEmpty(): void {
    if (this.#words.length > 0) throw this.error(`${this.kind} does not know '/${this.#words[0]}'`);
    if (this.#argument !== undefined && !this.#argumentTaken) throw this.error(`${this.kind} takes no number`);
    if (this.#values !== undefined && !this.#valuesTaken) throw this.error(`${this.kind} takes no type of values`);
  }
}

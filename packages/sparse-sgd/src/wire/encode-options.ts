/** Options of writing messages. */
import type { FrameHeader } from './frame.js';
import type { IndexCode } from './index-bits.js';
import type { WriteContext } from './message-codec.js';

/** Who says it and when, and how it is written. */
export interface EncodeOptions extends FrameHeader {
  /** 'float64': numbers of float64 vectors travel as such. Default: as float32, to which they are rounded. */
  readonly values?: 'float64' | undefined;
  /** The code of positions, to compare. Default: the shortest for each message. */
  readonly indexCode?: IndexCode | undefined;
  /** Whether NaN and infinities may travel. Default: false. */
  readonly allowNonFinite?: boolean | undefined;
}

/** Their names. */
export const encodeOptionNames = ['step', 'rank', 'values', 'indexCode', 'allowNonFinite'] as const;

/** What all messages have in common; `position` moves on. */
export class EncodeContext implements WriteContext {
  readonly step: number;
  position = 0;
  readonly double: boolean;
  readonly loose: boolean;
  readonly indexCode: IndexCode | undefined;

  constructor({ step = 0, values, indexCode, allowNonFinite = false }: EncodeOptions) {
    this.step = step;
    this.double = values === 'float64';
    this.loose = allowNonFinite;
    this.indexCode = indexCode;
  }
}

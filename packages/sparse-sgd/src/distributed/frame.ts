/** What one worker says in one round, as bytes. */
import type { Message } from '../compress/message.js';
import type { Precision } from '../feedback/precision.js';
import { decode } from '../wire/decode.js';
import { encode } from '../wire/encode.js';
import type { Frame } from '../wire/frame.js';

/** A word as bytes; no frame of messages begins with a letter. */
function word(letters: string): Uint8Array {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

function isWord(frame: Uint8Array, expected: Uint8Array): boolean {
  return frame.length === expected.length && expected.every((byte, i) => frame[i] === byte);
}

/** "I have nothing to say this time": counts as absent. */
export const absentFrame: Uint8Array = word('absent');

/** "I want to save: give me your memories in the next round, and then this turn again." */
export const saveFrame: Uint8Array = word('save');

/** Whether a frame asks for memories. */
export function isSaveFrame(frame: Uint8Array): boolean {
  return isWord(frame, saveFrame);
}

/** The messages of all groups in one frame. */
export function encodeFrame(
  messages: readonly Message[],
  turn: number,
  rank: number,
  precision: Precision,
): Uint8Array {
  return encode(messages, { step: turn, rank, values: precision === 'float64' ? precision : undefined });
}

/** What all said in a round. */
export interface Said {
  /** Who said something that counts, ascending. */
  readonly ranks: readonly number[];
  /** Their messages: one list for each group. */
  readonly messages: readonly (readonly Message[])[];
  /** Frames that were thrown away. */
  readonly dropped: number;
  /** A turn that another worker is at, where that is not this one. */
  readonly astray: number | undefined;
}

/**
 * Takes the frames of a round apart. What counts is the same on every worker: frames that decode, are of this turn, fit the groups, hold finite
 * numbers only, and come in the order of their ranks.
 */
export function decodeFrames(frames: readonly Uint8Array[], lengths: readonly number[], turn: number): Said {
  const counting: Frame[] = [];
  let dropped = 0;
  let astray: number | undefined;
  for (const bytes of frames) {
    if (isWord(bytes, absentFrame)) continue;
    const frame = tryDecode(bytes, lengths);
    if (frame === undefined || Number(frame.rank) <= Number(counting.at(-1)?.rank ?? -1)) dropped += 1;
    else if (frame.step === turn) counting.push(frame);
    else {
      dropped += 1;
      astray = frame.step;
    }
  }
  const messages = lengths.map((_, group) => counting.map((frame) => frame.messages[group]!));
  return { ranks: counting.map(({ rank }) => rank!), messages, dropped, astray };
}

function tryDecode(bytes: Uint8Array, lengths: readonly number[]): Frame | undefined {
  try {
    return decode(bytes, { lengths });
  } catch {
    return undefined;
  }
}

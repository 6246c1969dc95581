/** Letters of 5 x 7 dots, for words in pictures where there is no canvas to write on. */

/** Dots from one letter to the next, and from the top to the bottom of one. */
export const glyphAdvance = 6;
export const glyphHeight = 7;

/** A character and its rows from top to bottom, each a digit to the base 32 whose bits are dots. */
const packed =
  '0ehjlphe 14c4444e 2eh168gv 3eh161he 426aiv22 5vgu11he 668guhhe 7v124488 8ehhehhe 9ehhf12c Aehhvhhh Buhhuhhu Cehggghe ' +
  'Duhhhhhu Evgguggv Fvgguggg Gehgnhhe Hhhhvhhh Ie44444e J72222ic Khikokih Lggggggv Mhrllhhh Nhppljjh Oehhhhhe Puhhuggg ' +
  'Qehhhlid Ruhhukih Sfgge11u Tv444444 Uhhhhhhe Vhhhhaa4 Whhhllrh Xhha4ahh Yhha4444 Zv1248gv .00000cc ,0000c48 :0cc0cc0 ' +
  '%op248j3 -000v000 +044v440 /11248gg (2488842 )8422248 =00v0v00 _000000v #aavavaa ?eh12404';

const glyphs: ReadonlyMap<string, readonly number[]> = new Map([
  [' ', [0, 0, 0, 0, 0, 0, 0]],
  ...packed.split(' ').map((glyph) => [glyph[0]!, [...glyph.slice(1)].map((row) => Number.parseInt(row, 32))] as const),
]);

/** For characters that the font lacks. */
const box: readonly number[] = [31, 17, 17, 17, 17, 17, 31];

/** The rows of a character, bit 4 of each at the left. Small letters look like capitals, and marks on letters are left out. */
export function glyphRows(character: string): readonly number[] {
  return glyphs.get(character.normalize('NFD')[0]!.toUpperCase()) ?? box;
}

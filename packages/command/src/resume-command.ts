/** Commands as text that people can type. */

/** How a program of this repository is called: by way of npx where it was. */
export function commandName(program: string): string {
  return process.env.npm_command === 'exec' ? `npx @saccade/${program}` : program;
}

/** Words as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:,=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** How to go on with what a program was doing: the same words, and `--resume`. @param words from the name of the command on */
export function resumeCommand(program: string, words: readonly string[]): string {
  const again = words.includes('--resume') ? words : [...words, '--resume'];
  return `${commandName(program)} ${shellWords(again)}`;
}

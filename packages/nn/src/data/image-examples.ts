/** Which images make a data set, and what each shows: from sub-folders or from a table. */
import { type FileSource, FormatError, quote } from '@saccade/tensor';
import { columnPosition, csvTable } from './csv.js';
import type { OpenImage } from './image-files.js';

/** One image, what it shows, and how to open it. */
export interface ImageExample {
  readonly file: string;
  readonly label: string;
  readonly open: OpenImage;
}

/** Classes from the first names of the paths; sorted by path. */
export function examplesFromFolders(files: Map<string, OpenImage>): ImageExample[] {
  const paths = [...files.keys()].filter((path) => path.includes('/')).sort();
  return paths.map((file) => ({ file, label: file.slice(0, file.indexOf('/')), open: files.get(file)! }));
}

/**
 * Files and labels from a CSV file with these two columns, in its order.
 *
 * @throws {FormatError} if it names a file that is not in the folder
 */
export async function examplesFromTable(
  files: Map<string, OpenImage>,
  source: FileSource,
  signal: AbortSignal | undefined,
): Promise<ImageExample[]> {
  const table = csvTable('imageFolder', source, true, { signal });
  const examples: ImageExample[] = [];
  for await (const { cells, line } of table.rows) {
    const [fileAt, labelAt] = ['file', 'label'].map((name) =>
      columnPosition(name, table.names(), cells.length, table.label),
    );
    const file = cells[fileAt!]!;
    const open = files.get(file);
    if (open === undefined) {
      const outside = /^[/\\]|^[a-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/i.test(file);
      const problem = outside ? 'a path that stays within the folder' : 'an image file in the folder';
      throw new FormatError(
        `${table.label}, line ${line}, column ${fileAt! + 1}: expected ${problem}, got ${quote(file)}`,
      );
    }
    examples.push({ file, label: cells[labelAt!]!, open });
  }
  return examples;
}

/** The labels, each once, sorted; by value if all are whole numbers. */
export function classesOf(examples: readonly ImageExample[]): string[] {
  const names = [...new Set(examples.map(({ label }) => label))];
  return names.every((name) => /^\d{1,15}$/.test(name)) ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

/** The text of `equivariant-attention train --help`. */
export const trainHelp: string = `Trains a classifier of images whose answers stay the same when the image is turned, and writes it to a file.

  equivariant-attention train [--data DIR] [--group p4] [options]

Images
  --data DIR          folder with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte, each as it
                      is or with .gz; without it, 1,200 handwritten digits of 8x8 pixels that come along
  --rotated           reads rot-train-images-idx3-ubyte in the place of train-images-idx3-ubyte
  --limit N           only the first N images
  --image-size N      side to which images are averaged; it must divide theirs (default: as they are)
  --turn NAME         how each image is turned whenever it is learned from: none (default), group (by a
                      random element of the group), any (by a random angle)
  --validation SHARE  part of the images, the last ones, that is only looked at, from 0 to below 1
                      (default 0.1)

Network
  --group NAME        whose turns it respects: z2 (none), p4, p8, p12, p16 (quarter turns, eighths, ...);
                      mz2, p4m, p8m (with mirrors) (default p4)
  --channels N        of its features, a multiple of 4 from 8 (default 16)
  --heads N           of each layer (default 4)
  --patch N           side of the patch around a pixel that it attends to (default 3)
  --lifting-patch N   that of the first layer (default 5; 3 for images below 12 pixels)
  --neighbourhood NAME   form of the patches: square, disc, soft (default square; disc for groups with
                      turns that do not map pixels to pixels)

Training
  --epochs N          passes over the images (default 20)
  --steps N           instead: as many passes as this many steps need
  --batch N           images in a step (default 32)
  --rate R            of Adam, at its highest (default 0.01)
  --seed N            of all random numbers (default 0)
  --threads N         default: as many as there are

Files
  -o, --out FILE      the model (default model.safetensors)
  --checkpoint FILE   where the run is saved after each epoch and at Ctrl-C
                      (default: beside the model, and removed when it is done)
  --resume            goes on from there; give the other options again
  --json              the result as JSON on standard output, and nothing else there
  --help              this text
`;

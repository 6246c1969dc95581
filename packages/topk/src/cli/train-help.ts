/** The text of `topk train --help`. */
export const trainHelp: string = `Trains a selector on labelled images and writes it to a file.

  topk train --data DIR [options]
  topk train --generate digits [options]

Images
  --data DIR          PNG files in a folder for each class, or with a labels.csv with the columns
                      file and label
  --generate NAME     digits or billiard: images made on the spot
  --count N           how many of these for training (default 4000)
  --size HxW          height and width to which images are resized (default: as they are, all alike;
                      generated ones 96x96)
  --channels N        1 (grey) or 3; of folders (default 3)
  --validation SHARE  part of the images that is only looked at, from 0 to below 1 (default 0.2)

Selector (in brackets the default; the second one with --generate)
  --patches N         patches that are looked at (5; 4)
  --patch-size N      their height and width in pixels (100; 24)
  --downscale N       how many times smaller the scorer's image is (3; 4)
  --scorer-channels A,B,C   of its convolutions (8,16,32; 4,8,16)
  --pool N            scores that become one, in a row and in a column (8; 2)
  --features NAME     what looks at a patch: ats, small, resnet18, resnet18-fourth, resnet50
                      (ats; small)
  --aggregation NAME  of patches: mean, max, sum-layernorm, transformer, cross-attention, mlp
                      (mean; digits max; billiard transformer)
  --align NAME        where patches lie: cell (the image divided evenly, as in the paper) or
                      receptive-field (under what their score saw; for images of other sizes) (cell)
  --method NAME       how they are chosen in training: exact, perturbed, straight-through, sinkhorn,
                      neuralsort, softsort, hard, random (exact)
  --sigma S           noise of the choice at the start; it falls to 0 (0.05)
  --samples N         of the method perturbed (500)
  --grad NAME         its gradient: full, plain, hard-baseline, diag (full)
  --entropy W         weight of the scores' entropy in the loss (-0.01)

Training
  --epochs N          passes over the images (default 10; 12 with --generate)
  --batch N           images in a step (default 16; 32 with --generate)
  --rate R            of Adam, at its highest (default 0.001; 0.004 with --generate)
  --seed N            of all random numbers (default 0)
  --threads N         default: as many as there are

Files
  --out FILE          the model (default model.safetensors)
  --checkpoint FILE   where the run is saved after each epoch and at Ctrl-C
                      (default: beside the model, and removed when it is done)
  --resume            goes on from there; give the other options again
  --picture FILE      a PNG of what is looked at in the first validation image, new after each epoch
  --json              the result as JSON on standard output, and nothing else there
  --help              this text
`;

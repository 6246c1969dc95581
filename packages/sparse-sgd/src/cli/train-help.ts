/** The text of `sparse-sgd train --help`. */
export const trainHelp: string = `Trains a model and counts every bit that its workers would send, or do send.

  sparse-sgd train --data FILE [options]     a linear model by Mem-SGD, on this machine
  sparse-sgd train --digits [options]        a network that reads digits, alone: to compare with
  sparse-sgd train --digits --workers N --listen HOST:PORT [options]
                                             the same with N workers: this one, and N - 1 that join

Model and data
  --data FILE         rows in the libsvm format, gzip or not: logistic regression; with --softmax
                      several classes, labelled 0, 1, 2, …
  --test FILE         rows that are only looked at, in the same format
  --features N        of the rows (default: as many as the files have)
  --positive LABEL    the label that counts as +1 (default: the larger of -1 and 1, of 0 and 1)
  --unit-rows         scales every row to length 1, as in the paper
  --lambda X          weight of the regularizer lambda / 2 |x|^2 (default 1 / rows)
  --softmax           see --data
  --digits            1,797 handwritten digits of 8 x 8 pixels that come with the command: two
                      convolutions learn 1,297 of them and are tested with 500

What is sent
  --compress NAME     none, top-k:10, top-k:1%, block:64, sampled:0.1%, threshold:0.5, rand-k:10,
                      shared-rand-k:10, ultra:0.2, qsgd:16, qsgd:16/512, sign, majority, one-bit,
                      ternary, natural; values in half the bits: top-k:1%@float16
                      (default top-k:1; with --workers top-k:1%@float16; digits alone none).
                      With --data on this machine several times, to compare; top-k:1/no-memory is
                      one without memory
  --no-memory         forgets what was not sent, to see what memory is for

Training
  --epochs N          passes over the data (default 1; digits 10)
  --rate R            of Mem-SGD: decay:2,d/k (gamma, shift), bottou:1, constant:0.1 or
                      epoch-decay:0.5,0.9 (default decay:2,d/k; with --parallel bottou:1); else
                      a number, from where it falls to 0 (default 0.4; with --feedback dgc 0.05)
  --average NAME      final, mean, t+tau or (t+tau)^2: which mean of the iterates is the result
                      (default (t+tau)^2)
  --parallel N        threads that change one model without locks
  --precision NAME    float32 or float64
  --seed N            of all random numbers (default 0)

Several workers (and --digits alone, for the first three)
  --batch N           examples of a step, which all workers share (default 32)
  --feedback NAME     what becomes of what is not sent: memory, none, ef21, dgc, majority or power
                      (default memory)
  --group NAME        what is compressed together: layer, global, or so many entries (default layer)
  --workers N         workers that the job begins with, this one among them
  --listen HOST:PORT  starts a hub here and says what to type in the other terminals. There is no
                      password: whoever reaches it can take part
  --hub HOST:PORT     a hub that runs already (sparse-sgd hub)
  --nats ADDRESS      a nats-server with JetStream: nats://host:4222, several with commas between
  --job NAME          name of the job (default: digits, or that of the data file)
  --quorum N          workers without whose messages no round is closed (default: half of them)
  --round-timeout S   seconds after which a round does without those that are silent (default 10)

Files
  --out FILE          the weights, as safetensors
  --checkpoint FILE   where the run is saved as it goes, at Ctrl-C and at the end, with what was not
                      sent yet. With several workers each time takes as much as one gradient
  --resume            goes on from there; give the other options again
  --chart FILE.svg    the loss against what was sent
  --page FILE.html    the same as a page, with a table; written anew while it trains
  --x NAME            what the charts show from left to right: bits (by the paper's formula), bytes
                      (as they travel) or steps (default bits; with --digits or --workers bytes)
  --json              the result as JSON on standard output, and nothing else there
  --help              this text
`;

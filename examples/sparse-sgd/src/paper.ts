/** The paper of these experiments. */
import type { Paper } from '@saccade/lab';

/** Stich, Cordonnier and Jaggi 2018. */
export const paper: Paper = {
  title: 'Sparsified SGD with Memory (Stich, Cordonnier and Jaggi, NeurIPS 2018)',
  url: 'https://arxiv.org/abs/1809.07599',
};

/** Where the claims come from. */
import type { Paper } from '@saccade/lab';

export const paper: Paper = {
  title: 'Multi-Head Attention: Collaborate Instead of Concatenate (Cordonnier et al. 2020)',
  url: 'https://arxiv.org/abs/2006.16362',
};

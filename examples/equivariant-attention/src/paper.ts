/** Where the claims come from. */
import type { Paper } from '@saccade/lab';

export const paper: Paper = {
  title: 'Group Equivariant Stand-Alone Self-Attention for Vision (Romero and Cordonnier 2021)',
  url: 'https://arxiv.org/abs/2010.00977',
};

/** Where the claims come from. */
import type { Paper } from '@saccade/lab';

export const paper: Paper = {
  title:
    'Attention is Not All You Need: Pure Attention Loses Rank Doubly Exponentially with Depth (Dong, Cordonnier and Loukas 2021)',
  url: 'https://arxiv.org/abs/2103.03404',
};

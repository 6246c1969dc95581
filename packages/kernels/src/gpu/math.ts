/** Functions of one and two numbers for kernel sources, as accurate as float32 allows. */
import type { HelperFunction } from './source.js';

export const mathFunctions: HelperFunction[] = [];

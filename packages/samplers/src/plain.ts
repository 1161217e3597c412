import type { Tensor } from '@ebmkit/tensor';

/** Plain data: what may leave a run. Tensors may not, so that nothing leaks through an observer. */
export type Plain =
  | undefined
  | null
  | number
  | string
  | boolean
  | bigint
  | ArrayBufferView
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/** `R` where it is plain data; no value fits where it holds a tensor or a promise. */
export type NoTensor<R> = R extends Tensor | PromiseLike<unknown> ? never : R extends Plain | undefined ? R : never;

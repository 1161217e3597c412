import type { Tensor } from '@ebmkit/tensor';

/** PlainData data: what may leave a run. Tensors may not, so that nothing leaks through an observer. */
export type PlainData =
  | undefined
  | null
  | number
  | string
  | boolean
  | bigint
  | ArrayBufferView
  | readonly PlainData[]
  | { readonly [name: string]: PlainData };

/** `R` where it is plain data; no value fits where it holds a tensor or a promise. */
export type NoTensor<R> = R extends Tensor | PromiseLike<unknown> ? never : R extends PlainData | undefined ? R : never;

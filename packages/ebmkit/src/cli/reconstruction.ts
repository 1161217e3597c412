import type { Rbm, RbmParameters } from '@ebmkit/boltzmann';
import { free, jit, mean, read, scoped, square, sub, type Tensor, tensor } from '@ebmkit/tensor';

/** Mean squared difference, a pixel, between binary images and what one step up and down without chance makes of them. */
export async function reconstructionError(machine: Rbm, params: RbmParameters, images: Uint8Array): Promise<number> {
  const pixels = machine.visible.size;
  const batch = 1000 * pixels;
  const error = jit((given: RbmParameters, states: Tensor) =>
    mean(square(sub(machine.reconstruct(given, states), states))),
  );
  let total = 0;
  try {
    for (let first = 0; first < images.length; first += batch) {
      const rows = images.subarray(first, first + batch);
      const value = scoped<Tensor>(() => error(params, tensor(rows, [rows.length / pixels, pixels])));
      total += ((await read(value))[0] as number) * rows.length;
      free(value);
    }
  } finally {
    error.clear();
  }
  return total / images.length;
}

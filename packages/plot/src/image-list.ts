/** Images as a list of flat images, from such a list or from one flat array; `pixels` is the size of each. */
export function separate(
  images: ArrayLike<number> | readonly ArrayLike<number>[],
  pixels: number,
): readonly ArrayLike<number>[] {
  const isList = Array.isArray(images);
  if (!isList && !ArrayBuffer.isView(images)) {
    throw new TypeError(
      `imageGrid: images must be an array of images or one flat array, got ${typeof images}. Pass plain or typed arrays.`,
    );
  }
  if (images.length === 0)
    throw new RangeError('imageGrid: at least one image is required, got none. Pass at least one.');
  if (isList && typeof images[0] !== 'number') {
    const list = images as readonly ArrayLike<number>[];
    list.forEach((image, index) => {
      if (image?.length !== pixels) {
        throw new RangeError(
          `imageGrid: every image must have width × height = ${pixels} values, image ${index} has ${image?.length}. Flatten it or correct the size.`,
        );
      }
    });
    return list;
  }
  if (images.length % pixels !== 0) {
    throw new RangeError(
      `imageGrid: a flat array must hold a multiple of width × height = ${pixels} values, got ${images.length}. Correct the size.`,
    );
  }
  const flat = images as readonly number[];
  return Array.from({ length: flat.length / pixels }, (_, n) => flat.slice(n * pixels, (n + 1) * pixels));
}

import { type Bytes, joined, padded, uint, utf8 } from './byte-writer.js';

/** The fewest bytes of a collection. */
const smallest = 4096;

/** The most objects of a collection: their numbers have 16 bits, and 0 is the free space. */
export const mostHeapObjects = 60_000;

/** A collection of objects of different lengths; object i of the list has the number i + 1. */
export function heapCollection(objects: readonly Uint8Array[]): Bytes {
  const entries = objects.map((bytes, index) =>
    joined(uint(index + 1, 2), uint(1, 2), uint(0, 4), uint(bytes.length, 8), padded(bytes, 8)),
  );
  const used = 16 + entries.reduce((length, entry) => length + entry.length, 0);
  const size = Math.max(smallest, Math.ceil((used + 16) / 8) * 8);
  const free = joined(uint(0, 8), uint(size - used, 8), new Uint8Array(size - used - 16));
  return joined(utf8('GCOL'), Uint8Array.of(1, 0, 0, 0), uint(size, 8), ...entries, free);
}

/** A value of variable length: how many elements it has, and where they are. */
export function heapPointer(count: number, collection: number, index: number): Bytes {
  return joined(uint(count, 4), uint(collection, 8), uint(index + 1, 4));
}

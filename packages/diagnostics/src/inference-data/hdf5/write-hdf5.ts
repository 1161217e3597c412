import { type Bytes, joined, nowhere, numberBytes, padded, uint, utf8 } from './byte-writer.js';
import {
  asciiType,
  attachmentType,
  floatType,
  integerType,
  referencesType,
  textType,
  variableTextType,
} from './datatype.js';
import { heapCollection, heapPointer, mostHeapObjects } from './global-heap.js';
import type { Hdf5Dataset, Hdf5Group, Hdf5Value } from './hdf5-tree.js';
import { lookup3 } from './lookup3.js';
import {
  type AttributeContents,
  attributeMessages,
  datasetMessages,
  linkMessages,
  objectHeader,
} from './object-header.js';

/** Where everything is in the file; addresses that are not yet known are 0. */
interface Layout {
  readonly headers: Map<Hdf5Dataset | Hdf5Group, number>;
  readonly contents: Map<Hdf5Dataset, number>;
  /** The address of each heap collection. */
  readonly collections: number[];
}

/** Values of variable length, in the order in which they are written. */
interface Heap {
  readonly put: (bytes: Uint8Array, count: number) => Bytes;
  readonly objects: readonly Uint8Array[];
}

/**
 * Writes an HDF5 file: groups, contiguous datasets of numbers or texts, and the attributes that netCDF-4 needs.
 *
 * The layout is that of the HDF5 file format 3.0: a superblock of version 2, object headers of version 2 with links and
 * attributes inside them in tracked order, and global heaps for values of variable length. No compression. Lengths do not
 * depend on addresses, so that the file is laid out with addresses of 0 and then written with the right ones.
 *
 * @param root - the root group
 * @returns the bytes of the file
 * @see https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html
 */
export function writeHdf5(root: Hdf5Group): Uint8Array<ArrayBuffer> {
  const objects = objectsOf(root);
  const layout: Layout = { headers: new Map(), contents: new Map(), collections: [] };
  const draft = encode(objects, layout);
  let end = 48;
  const place = (bytes: Uint8Array) => {
    const address = end;
    end += Math.ceil(bytes.length / 8) * 8;
    return address;
  };
  objects.forEach((object, index) => {
    layout.headers.set(object, place(draft.headers[index] as Bytes));
  });
  draft.collections.forEach((bytes, index) => {
    layout.collections[index] = place(bytes);
  });
  for (const [dataset, bytes] of draft.contents) layout.contents.set(dataset, place(bytes));
  const { headers, collections, contents } = encode(objects, layout);
  const file = joined(superblock(end, layout.headers.get(root) ?? 0), new Uint8Array(end - 48));
  headers.forEach((bytes, index) => {
    file.set(bytes, layout.headers.get(objects[index] as Hdf5Group));
  });
  collections.forEach((bytes, index) => {
    file.set(bytes, layout.collections[index]);
  });
  for (const [dataset, bytes] of contents) file.set(bytes, layout.contents.get(dataset));
  return file;
}

function objectsOf(object: Hdf5Dataset | Hdf5Group): (Hdf5Dataset | Hdf5Group)[] {
  return object.kind === 'dataset' ? [object] : [object, ...[...object.members.values()].flatMap(objectsOf)];
}

function superblock(end: number, root: number): Bytes {
  const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
  const block = joined(signature, Uint8Array.of(2, 8, 8, 0), uint(0, 8), uint(nowhere, 8), uint(end, 8), uint(root, 8));
  return joined(block, uint(lookup3(block), 4));
}

/** All parts of the file with the addresses of a layout. */
function encode(objects: readonly (Hdf5Dataset | Hdf5Group)[], layout: Layout) {
  const heap = makeHeap(layout);
  const contents = new Map<Hdf5Dataset, Bytes>();
  const headers = objects.map((object) => {
    const attributes = attributeMessages(
      Array.from(object.attributes, ([name, value]) => writeValue(name, value, layout, heap)),
    );
    if (object.kind === 'group') {
      const members = Array.from(object.members, ([name, member]) => [name, layout.headers.get(member) ?? 0] as const);
      return objectHeader([...linkMessages(members), ...attributes]);
    }
    const { type, bytes } = writeElements(object.data, heap);
    contents.set(object, bytes);
    const address = layout.contents.get(object) ?? 0;
    return objectHeader([...datasetMessages(type, object.shape, address, bytes.length), ...attributes]);
  });
  const collections: Bytes[] = [];
  for (let at = 0; at < heap.objects.length; at += mostHeapObjects) {
    collections.push(heapCollection(heap.objects.slice(at, at + mostHeapObjects)));
  }
  return { headers, contents, collections };
}

function makeHeap({ collections }: Layout): Heap {
  const objects: Uint8Array[] = [];
  return {
    objects,
    put: (bytes, count) => {
      if (count === 0) return new Uint8Array(16);
      const index = objects.push(bytes) - 1;
      return heapPointer(count, collections[Math.floor(index / mostHeapObjects)] ?? 0, index % mostHeapObjects);
    },
  };
}

function writeElements(data: Hdf5Dataset['data'], heap: Heap): { readonly type: Bytes; readonly bytes: Bytes } {
  if (data instanceof Float32Array) return { type: floatType(4), bytes: numberBytes(data) };
  if (data instanceof Float64Array) return { type: floatType(8), bytes: numberBytes(data) };
  if (data instanceof Int8Array) return { type: integerType(1), bytes: numberBytes(data) };
  if (data instanceof Int32Array) return { type: integerType(4), bytes: numberBytes(data) };
  const texts = data.map((text) => utf8(text));
  return { type: variableTextType, bytes: joined(...texts.map((text) => heap.put(text, text.length))) };
}

function writeValue(name: string, value: Hdf5Value, { headers }: Layout, heap: Heap): AttributeContents {
  const addressOf = (dataset: Hdf5Dataset) => uint(headers.get(dataset) ?? 0, 8);
  switch (value.kind) {
    case 'text': {
      const bytes = utf8(value.text === '' ? '\0' : value.text);
      return { name, type: textType(bytes.length), shape: [], bytes };
    }
    case 'ascii': {
      const bytes = utf8(value.text, true);
      return { name, type: asciiType(bytes.length), shape: [], bytes };
    }
    case 'integer':
      return { name, type: integerType(4), shape: [], bytes: numberBytes(Int32Array.of(value.value)) };
    case 'scales': {
      const bytes = joined(...value.scales.map((scale) => heap.put(addressOf(scale), 1)));
      return { name, type: referencesType, shape: [value.scales.length], bytes };
    }
    case 'attachments': {
      const entries = value.attachments.map(([dataset, axis]) => padded(joined(addressOf(dataset), uint(axis, 4)), 16));
      return { name, type: attachmentType, shape: [entries.length], bytes: joined(...entries) };
    }
  }
}

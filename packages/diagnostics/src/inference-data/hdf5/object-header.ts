import { type Bytes, joined, nowhere, uint, utf8 } from './byte-writer.js';
import { lookup3 } from './lookup3.js';

/** A message of an object header: its type and its content. */
export interface Message {
  /** The type, by the numbers of the format. */
  readonly type: number;
  /** The content. */
  readonly bytes: Uint8Array;
}

/** An attribute: its type, its shape (none for a scalar) and the bytes of its value. */
export interface AttributeContents {
  /** The name. */
  readonly name: string;
  /** The datatype message. */
  readonly type: Uint8Array;
  /** The sizes of the axes; empty for a scalar. */
  readonly shape: readonly number[];
  /** The value. */
  readonly bytes: Uint8Array;
}

/** An object header of version 2 that tracks the order of attributes; each attribute gets its place in that order. */
export function objectHeader(messages: readonly Message[]): Bytes {
  let attributes = 0;
  const entries = messages.map(({ type, bytes }) => {
    const place = type === 0x0c ? attributes++ : 0;
    return joined(uint(type, 1), uint(bytes.length, 2), uint(0, 1), uint(place, 2), bytes);
  });
  const size = entries.reduce((length, entry) => length + entry.length, 0);
  const header = joined(utf8('OHDR'), Uint8Array.of(2, 0x02 | 0x04 | 0x08), uint(size, 4), ...entries);
  return joined(header, uint(lookup3(header), 4));
}

/** The shape of a dataset or an attribute. */
function dataspace(shape: readonly number[]): Bytes {
  return joined(Uint8Array.of(2, shape.length, 0, shape.length === 0 ? 0 : 1), ...shape.map((size) => uint(size, 8)));
}

/** Attributes, and that their order is tracked, as messages. */
export function attributeMessages(attributes: readonly AttributeContents[]): Message[] {
  const info = joined(
    Uint8Array.of(0, 3),
    uint(attributes.length, 2),
    uint(nowhere, 8),
    uint(nowhere, 8),
    uint(nowhere, 8),
  );
  return [
    { type: 0x15, bytes: info },
    ...attributes.map((attribute) => ({ type: 0x0c, bytes: writeAttribute(attribute) })),
  ];
}

function writeAttribute({ name, type, shape, bytes }: AttributeContents): Bytes {
  const [text, space] = [utf8(name, true), dataspace(shape)];
  const sizes = [text, type, space].map((part) => uint(part.length, 2));
  return joined(Uint8Array.of(3, 0), ...sizes, uint(1, 1), text, type, space, bytes);
}

/** The members of a group with their addresses, in order, as messages. */
export function linkMessages(members: readonly (readonly [name: string, address: number])[]): Message[] {
  const info = joined(
    Uint8Array.of(0, 3),
    uint(members.length, 8),
    uint(nowhere, 8),
    uint(nowhere, 8),
    uint(nowhere, 8),
  );
  const group = joined(Uint8Array.of(0, 1), uint(65_535, 2), uint(0, 2));
  const links = members.map(([name, address], place) => {
    const text = utf8(name);
    const bytes = joined(
      Uint8Array.of(1, 0x01 | 0x04 | 0x10),
      uint(place, 8),
      uint(1, 1),
      uint(text.length, 2),
      text,
      uint(address, 8),
    );
    return { type: 0x06, bytes };
  });
  return [{ type: 0x02, bytes: info }, { type: 0x0a, bytes: group }, ...links];
}

/** Type, shape and place of the numbers of a dataset, as messages. */
export function datasetMessages(type: Uint8Array, shape: readonly number[], address: number, size: number): Message[] {
  return [
    { type: 0x01, bytes: dataspace(shape) },
    { type: 0x03, bytes: type },
    { type: 0x05, bytes: Uint8Array.of(3, 0x0a) },
    { type: 0x08, bytes: joined(Uint8Array.of(3, 1), uint(address, 8), uint(size, 8)) },
  ];
}

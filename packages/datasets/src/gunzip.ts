import { FormatError } from '@ebmkit/tensor';

/** Decompresses a gzip file; other bytes are returned as they are. */
export async function gunzip(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new FormatError(`mnist: ${name} begins like a gzip file but cannot be decompressed. It is damaged.`, {
      cause,
    });
  }
}

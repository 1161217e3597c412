/**
 * Trees of tensors to safetensors and back, and atomic checkpoints.
 *
 * @packageDocumentation
 */
export { loadCheckpoint, saveCheckpoint, writeAtomically } from './checkpoint.js';
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.js';
export { decodeTree, encodeTree, type SavedTree } from './tree-file.js';

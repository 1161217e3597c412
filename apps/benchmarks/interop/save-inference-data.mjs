/** Writes run.nc beside this file, and the Zarr store run.zarr into the folder that is named, if one is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toInferenceData, writeNetcdf, writeZarr } from '@ebmkit/diagnostics';
import { drawsForArviz } from './draws-for-arviz.mjs';

const { run, options } = drawsForArviz();
const data = toInferenceData(run, options);
writeFileSync(fileURLToPath(new URL('run.nc', import.meta.url)), writeNetcdf(data));
const [, , folder] = process.argv;
if (folder) {
  for (const [path, bytes] of Object.entries(writeZarr(data))) {
    const file = join(folder, 'run.zarr', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

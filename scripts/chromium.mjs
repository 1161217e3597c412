/** Where a Chromium is: CHROMIUM_PATH, or a usual place of Chromium, Chrome or Edge on this system. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const mac = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'].map(
  (path) => `/Applications/${path}`,
);

const windows = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
  .filter((folder) => folder !== undefined)
  .flatMap((folder) => [
    join(folder, 'Google/Chrome/Application/chrome.exe'),
    join(folder, 'Chromium/Application/chrome.exe'),
    join(folder, 'Microsoft/Edge/Application/msedge.exe'),
  ]);

/** The path of a Chromium, or undefined when there is none. A CHROMIUM_PATH that names no file is an error. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH: expected the path of a Chromium, got ${named}, which does not exist.`);
  }
  const folders = ['/usr/bin', '/usr/local/bin', '/snap/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const linux =
    process.platform === 'win32' ? [] : folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...linux, ...(process.platform === 'darwin' ? mac : []), ...windows].find((path) => existsSync(path));
}

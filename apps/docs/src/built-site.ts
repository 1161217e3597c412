import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The folder that `vitepress build` fills. */
export const siteFolder = join(import.meta.dirname, '..', '.vitepress', 'dist');

/** The file that a static host gives for a path: itself, the page of that name, or the index of that folder. */
export function fileFor(path: string): string | undefined {
  const base = join(siteFolder, normalize(decodeURIComponent(path)));
  const candidates = [base, `${base}.html`, join(base, 'index.html')];
  return candidates.find((file) => file.startsWith(siteFolder) && existsSync(file) && statSync(file).isFile());
}

/** Serves the built site the way a static host does. */
export async function serveSite(): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer((request, response) => {
    const file = fileFor(new URL(request.url ?? '/', 'http://site').pathname);
    const body = file ?? join(siteFolder, '404.html');
    response.writeHead(file ? 200 : 404, { 'content-type': types[extname(body)] ?? 'application/octet-stream' });
    response.end(readFileSync(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

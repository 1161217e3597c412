import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, relative } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../../scripts/chromium.mjs';
import { publishedPackages } from '../published-packages.mjs';
import { fileFor, serveSite, siteFolder } from './built-site.js';

const flags = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'];

let browser: Browser;
let server: Server;
let address: string;

beforeAll(async () => {
  if (!existsSync(join(siteFolder, 'index.html')))
    throw new Error(
      'site: the built site is required, none was found. Run `npx turbo run build --filter=./apps/docs`.',
    );
  ({ server, address } = await serveSite());
  browser = await chromium.launch({ executablePath: findChromium() as string, args: flags });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Opens a page of the site and collects all that a reader would find broken: errors, missing files, requests to elsewhere. */
async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage(options);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) faults.push(`request to elsewhere: ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(address + path, { waitUntil: 'networkidle' });
  return { page, faults };
}

const stepsOf = async (page: Page): Promise<number> => Number(await page.getByTestId('steps').textContent());

const waitForSteps = (page: Page, least: number) =>
  page.waitForFunction((n) => Number(document.querySelector('[data-testid="steps"]')?.textContent) >= n, least, {
    timeout: 60_000,
  });

/** The share of pixels of a canvas that are not empty. */
const inkOf = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    return data.filter((value, i) => i % 4 === 3 && value > 0).length / (data.length / 4);
  });

/** No page may be wider than the screen. */
const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('the landing page', () => {
  test('samples a double well in the browser', async () => {
    const { page, faults } = await open('/');
    await page.getByTestId('double-well').scrollIntoViewIfNeeded();
    await waitForSteps(page, 5);
    const before = await stepsOf(page);
    await waitForSteps(page, before + 20);
    expect(await inkOf(page, 'canvas.landscape')).toBeGreaterThan(0.9);
    expect(await inkOf(page, 'canvas.histogram')).toBeGreaterThan(0.02);
    expect(await page.getByTestId('acceptance').textContent()).toMatch(/^\d+\.\d %$/);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('can be paused, reset and changed', async () => {
    const { page, faults } = await open('/');
    await page.getByTestId('double-well').scrollIntoViewIfNeeded();
    await waitForSteps(page, 10);
    await page.getByTestId('pause').click();
    const paused = await stepsOf(page);
    await page.waitForTimeout(300);
    expect(await stepsOf(page)).toBe(paused);
    await page.getByTestId('reset').click();
    expect(await stepsOf(page)).toBe(1);
    await page.getByTestId('chains').fill('0');
    await page.getByTestId('step-size').fill('0.1');
    await page.getByTestId('beta').fill('2');
    await page.getByTestId('pause').click();
    await waitForSteps(page, 20);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('does not move by itself for readers who ask for less motion', async () => {
    const { page } = await open('/', { reducedMotion: 'reduce' });
    await page.getByTestId('double-well').scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelector('[data-testid="pause"]')?.textContent === 'Run');
    const before = await stepsOf(page);
    await page.waitForTimeout(300);
    expect(await stepsOf(page)).toBe(before);
    await page.close();
  });
});

describe('pages', () => {
  const narrow = { viewport: { width: 360, height: 740 } };

  test.each([
    ['/architecture', {}],
    ['/architecture', narrow],
    ['/', { ...narrow, colorScheme: 'dark' as const }],
  ])('%s opens without a fault %o', async (path, options) => {
    const { page, faults } = await open(path, options);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('a guide renders its math', async () => {
    const { page, faults } = await open('/architecture');
    expect(await page.locator('mjx-container svg').count()).toBeGreaterThan(5);
    expect(await page.locator('.vp-doc').innerText()).not.toMatch(/\\[a-z]+|\$/);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('an API page renders doc comments with their math, and links lead from symbol to symbol', async () => {
    const { page, faults } = await open('/api/optim/adam');
    expect(await page.locator('mjx-container svg').count()).toBeGreaterThan(3);
    expect(await page.locator('.vp-doc').innerText()).not.toMatch(/\\[a-z]+|\$`/);
    await page.locator('.vp-doc').getByRole('link', { name: 'Tree' }).first().click();
    await page.waitForURL('**/api/tensor/tree#Tree');
    await page.getByRole('heading', { name: 'Tree', exact: false }).first().waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  test('the search finds a symbol', async () => {
    const { page, faults } = await open('/names');
    await page.keyboard.press('Control+k');
    await page.locator('.VPLocalSearchBox input').fill('logSumExp');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    expect(await page.locator('.VPLocalSearchBox .results').innerText()).toContain('logSumExp');
    expect(faults).toEqual([]);
    await page.close();
  });
});

describe('the built files', () => {
  test('every published package has its API pages', () => {
    for (const { folder, name } of publishedPackages) {
      const file = fileFor(`/api/${folder}`);
      expect(file, name).toBeDefined();
      expect(readFileSync(file as string, 'utf8')).toContain('Everything it exports');
    }
  });

  test('every link inside the site leads to a page, and to an anchor that is there', () => {
    const pages = readdirSync(siteFolder, { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.html') && path !== '404.html');
    const idsOf = new Map<string, Set<string>>();
    const idsIn = (file: string): Set<string> => {
      const known = idsOf.get(file);
      if (known) return known;
      const ids = new Set([...readFileSync(file, 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id as string));
      idsOf.set(file, ids);
      return ids;
    };
    const broken = new Set<string>();
    for (const path of pages) {
      const html = readFileSync(join(siteFolder, path), 'utf8');
      for (const [, href] of html.matchAll(/\shref="([^"]+)"/g)) {
        const url = new URL(href as string, `http://site/${path.replaceAll('\\', '/')}`);
        if (url.host !== 'site') continue;
        const file = fileFor(url.pathname);
        if (!file) broken.add(`${path}: ${href}`);
        else if (url.hash.length > 1 && !idsIn(file).has(decodeURIComponent(url.hash.slice(1))))
          broken.add(`${path}: ${relative(siteFolder, file)} has no ${url.hash}`);
      }
    }
    expect([...broken].slice(0, 20)).toEqual([]);
  });
});

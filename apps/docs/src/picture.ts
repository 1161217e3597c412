import { energyAt } from './double-well.js';

/** The rectangle of the plane that the pictures show. */
export interface View {
  /** Smallest x. */
  readonly left: number;
  /** Largest x. */
  readonly right: number;
  /** Smallest y. */
  readonly bottom: number;
  /** Largest y. */
  readonly top: number;
}

/** Colours, taken from the style sheet so that they follow the light and the dark theme. */
export interface Palette {
  /** Red, green and blue of high density. */
  readonly density: readonly [number, number, number];
  /** Chains. */
  readonly chain: string;
  /** The exact density. */
  readonly exact: string;
  /** The histogram. */
  readonly drawn: string;
  /** Axes and their labels. */
  readonly text: string;
}

function rgbOf(hex: string): [number, number, number] {
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

/** Reads the palette from the custom properties of an element. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    density: rgbOf(colour('--well-density')),
    chain: colour('--well-chain'),
    exact: colour('--well-exact'),
    drawn: colour('--well-drawn'),
    text: colour('--vp-c-text-2'),
  };
}

/** Fits the canvas to its place on the page, at the screen's resolution, and clears it. */
function prepare(
  canvas: HTMLCanvasElement,
): { g: CanvasRenderingContext2D; width: number; height: number } | undefined {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const g = canvas.getContext('2d');
  if (!g || width === 0 || height === 0) return undefined;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return { g, width, height };
}

const shades = new Map<string, HTMLCanvasElement>();
const levels = 12;

/** The landscape as a small picture: opacity in steps of energy, so that their edges are contour lines. Kept, since it seldom changes. */
function shadeOf(
  view: View,
  beta: number,
  [red, green, blue]: Palette['density'],
  width: number,
  height: number,
): HTMLCanvasElement {
  const name = [beta, red, green, blue, width, height].join();
  const known = shades.get(name);
  if (known) return known;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const g = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = g.createImageData(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = view.left + ((column + 0.5) / width) * (view.right - view.left);
      const y = view.top - ((row + 0.5) / height) * (view.top - view.bottom);
      const level = Math.floor(Math.exp((-beta * energyAt(x, y)) / 2) * levels) / levels;
      image.data.set([red, green, blue, 20 + 150 * level], 4 * (row * width + column));
    }
  }
  g.putImageData(image, 0, 0);
  if (shades.size > 8) shades.clear();
  shades.set(name, canvas);
  return canvas;
}

/** Draws the energy landscape and one dot for each chain. */
export function drawLandscape(
  canvas: HTMLCanvasElement,
  view: View,
  beta: number,
  positions: ArrayLike<number>,
  palette: Palette,
): void {
  const prepared = prepare(canvas);
  if (!prepared) return;
  const { g, width, height } = prepared;
  g.drawImage(shadeOf(view, beta, palette.density, Math.round(width), Math.round(height)), 0, 0, width, height);
  g.fillStyle = palette.chain;
  const radius = positions.length > 600 ? 2 : 3;
  for (let i = 0; i < positions.length; i += 2) {
    const x = (((positions[i] as number) - view.left) / (view.right - view.left)) * width;
    const y = ((view.top - (positions[i + 1] as number)) / (view.top - view.bottom)) * height;
    g.beginPath();
    g.arc(x, y, radius, 0, 2 * Math.PI);
    g.fill();
  }
}

/** Draws the histogram of x as bars and the exact density as a line, both as probabilities of bins. */
export function drawHistogram(
  canvas: HTMLCanvasElement,
  view: View,
  counts: Float64Array,
  exact: Float64Array,
  palette: Palette,
): void {
  const prepared = prepare(canvas);
  if (!prepared) return;
  const { g, width, height } = prepared;
  const total = Math.max(
    1,
    counts.reduce((a, b) => a + b, 0),
  );
  const floor = height - 22;
  const scale = (floor - 8) / (1.05 * Math.max(...exact, Math.max(...counts) / total));
  const step = width / counts.length;
  g.globalAlpha = 0.45;
  g.fillStyle = palette.drawn;
  counts.forEach((count, i) => {
    const bar = (count / total) * scale;
    g.fillRect(i * step, floor - bar, step - 1, bar);
  });
  g.globalAlpha = 1;
  g.strokeStyle = palette.exact;
  g.lineWidth = 2;
  g.beginPath();
  exact.forEach((mass, i) => {
    g.lineTo((i + 0.5) * step, floor - mass * scale);
  });
  g.stroke();
  g.fillStyle = palette.text;
  g.fillRect(0, floor, width, 1);
  g.font = '12px system-ui, sans-serif';
  g.textAlign = 'center';
  for (const x of [-1, 0, 1]) {
    const at = ((x - view.left) / (view.right - view.left)) * width;
    g.fillRect(at, floor, 1, 4);
    g.fillText(String(x).replace('-', '−'), at, floor + 17);
  }
}

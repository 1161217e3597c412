import type { PlotArea } from './axes.js';
import { type AxisSpan, axisScale } from './axis-scale.js';
import { element, escapeMarkup } from './markup.js';
import { encodePng, pngAddress } from './png-bytes.js';
import { textWidth } from './text-width.js';
import { textStyle, theme } from './theme.js';

const barWidth = 13;
const distance = 16;
const pixelsPerTick = 46;

/** The room that a colour bar of about this height needs right of the plot. */
export function colourBarWidth(span: AxisSpan, height: number): number {
  const labels = axisScale(span, height, 0, pixelsPerTick).ticks.map(({ label }) => textWidth(label, 12));
  return distance + barWidth + 8 + Math.max(...labels, 10) + 20;
}

/** A bar that shows which colour stands for which value, right of the plot area. */
export function drawColourBar(area: PlotArea, span: AxisSpan, table: Uint8Array, label: string): string {
  const left = area.left + area.width + distance;
  const data = new Uint8Array(768);
  for (let level = 0; level < 256; level += 1)
    data.set(table.subarray((255 - level) * 3, (256 - level) * 3), level * 3);
  const href = pngAddress(encodePng({ width: 1, height: 256, data }));
  const size = { width: barWidth, height: area.height };
  const bar = element('image', { x: left, y: area.top, ...size, href, preserveAspectRatio: 'none' });
  const rim = element('rect', { x: left, y: area.top, ...size, style: `fill:none;stroke:${theme.grid}` });
  const scale = axisScale(span, area.top + area.height, area.top, pixelsPerTick);
  const style = textStyle(12, theme.muted);
  const ticks = scale.ticks.map(({ position, label: value }) => {
    const mark = { x1: left + barWidth, x2: left + barWidth + 4, y1: position, y2: position };
    const text = element('text', { x: left + barWidth + 8, y: position + 4, style }, value);
    return element('line', { ...mark, style: `stroke:${theme.muted}` }) + text;
  });
  const widest = Math.max(...scale.ticks.map((tick) => textWidth(tick.label, 12)), 10);
  const x = Math.round(left + barWidth + 8 + widest + 14);
  const y = Math.round(area.top + area.height / 2);
  const place = { x, y, 'text-anchor': 'middle', transform: `rotate(-90 ${x} ${y})` };
  const name = element('text', { ...place, style: textStyle(13, theme.ink) }, escapeMarkup(label));
  return bar + rim + ticks.join('') + name;
}

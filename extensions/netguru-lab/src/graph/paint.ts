// How nodes and port names look on the canvas; colours come from the page.

import type { ILine, ISpot } from './scene';

export interface IColours {
  text: string;
  dim: string;
  page: string;
  soft: string;
  line: string;
  brand: string;
  /** Lines of no interest while something is chosen. */
  faded: string;
  severity: Record<string, string>;
}

const HEIGHT = 28;
const LONGEST = 22;
/** Below this many pixels a letter cannot be read, and is not drawn. */
const READABLE = 5;

export function coloursOf(element: HTMLElement): IColours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(`--ngg-${name}`).trim();
  return {
    text: read('text'),
    dim: read('dim'),
    page: read('page'),
    soft: read('soft'),
    line: read('line'),
    brand: read('brand'),
    faded: read('faded'),
    severity: {
      info: read('line'),
      note: read('note'),
      warning: read('warning'),
      error: read('error'),
      critical: read('error')
    }
  };
}

export function shortened(name: string): string {
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 1)}…`;
}

export function measure(spot: ISpot): number {
  spot.width = Math.max(56, shortened(spot.name).length * 7 + 18);
  return spot.width;
}

function outline(spot: ISpot, context: CanvasRenderingContext2D, grown = 0): void {
  const width = spot.width + 2 * grown;
  const height = HEIGHT + 2 * grown;
  const round = spot.kind === 'subnet' ? height / 2 : 6;
  context.beginPath();
  context.roundRect(spot.x - width / 2, spot.y - height / 2, width, height, round);
}

export function paintSpot(
  spot: ISpot,
  context: CanvasRenderingContext2D,
  scale: number,
  colours: IColours,
  state: { chosen: boolean; faded: boolean; focused: boolean }
): void {
  context.globalAlpha = state.faded ? 0.25 : 1;
  const marked = colours.severity[spot.severity];
  if (spot.kind === 'fold') {
    // A pile: there is more than one behind it.
    context.fillStyle = colours.soft;
    context.strokeStyle = colours.dim;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(spot.x - spot.width / 2 + 4, spot.y - HEIGHT / 2 - 4, spot.width, HEIGHT, 6);
    context.fill();
    context.stroke();
  }
  outline(spot, context);
  context.fillStyle = spot.kind === 'subnet' ? colours.page : colours.soft;
  context.fill();
  context.setLineDash(spot.reported || spot.kind !== 'device' ? [] : [4, 3]);
  context.lineWidth = state.chosen || marked ? 2 : 1.2;
  context.strokeStyle = state.chosen ? colours.brand : (marked ?? colours.dim);
  context.stroke();
  context.setLineDash([]);
  if (state.focused || state.chosen) {
    outline(spot, context, 4);
    context.lineWidth = state.focused ? 2 : 1;
    context.strokeStyle = colours.brand;
    context.stroke();
  }
  if (marked && spot.kind !== 'subnet') {
    context.beginPath();
    context.arc(spot.x + spot.width / 2 - 2, spot.y - HEIGHT / 2 + 2, 4, 0, 7);
    context.fillStyle = marked;
    context.fill();
  }
  if (12 * scale >= READABLE) {
    context.font = '12px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = colours.text;
    context.fillText(shortened(spot.name), spot.x, spot.y + 0.5);
  }
  context.globalAlpha = 1;
}

export function paintArea(spot: ISpot, colour: string, context: CanvasRenderingContext2D): void {
  outline(spot, context, 2);
  context.fillStyle = colour;
  context.fill();
}

/** Write the two ports of a link near its ends, where there is room for them. */
export function paintPorts(
  line: ILine,
  context: CanvasRenderingContext2D,
  scale: number,
  colours: IColours,
  faded: boolean
): void {
  const [a, b] = [line.source as ISpot, line.target as ISpot];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (faded || 9 * scale < READABLE + 2 || length < 70 || a === b) {
    return;
  }
  context.font = '9px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const [text, from, to, sign, slot] of [[line.a_port, a, b, 1, line.a_slot], [line.b_port, b, a, -1, line.b_slot]] as const) {
    if (text) {
      const [x, y] = besideEnd(from, to, line.curve * sign, length, slot % 2);
      const width = context.measureText(text).width + 4;
      context.fillStyle = colours.page;
      context.globalAlpha = 0.85;
      context.fillRect(x - width / 2, y - 5.5, width, 11);
      context.globalAlpha = 1;
      context.fillStyle = colours.dim;
      context.fillText(text, x, y);
    }
  }
}

/** The point of a curve that lies just outside of the box at its start. */
function besideEnd(from: ISpot, to: ISpot, curve: number, length: number, slot: number): [number, number] {
  const middle: [number, number] = [
    (from.x + to.x) / 2 + (to.y - from.y) * curve,
    (from.y + to.y) / 2 - (to.x - from.x) * curve
  ];
  const steep = Math.abs(middle[1] - from.y) * from.width > Math.abs(middle[0] - from.x) * HEIGHT;
  const leaves = steep ? HEIGHT / 2 + 13 + slot * 12 : from.width / 2 + 22;
  const reach = steep ? Math.abs(middle[1] - from.y) : Math.abs(middle[0] - from.x);
  const part = Math.min(0.4, (leaves / Math.max(reach, 1)) * 0.5 || 24 / length);
  const rest = 1 - part;
  return [
    rest * rest * from.x + 2 * rest * part * middle[0] + part * part * to.x,
    rest * rest * from.y + 2 * rest * part * middle[1] + part * part * to.y
  ];
}

// What is on the canvas of all that the sheet holds: one layer, folded groups as one node, links side by side.

import type { ILink, INode, ISheet, Way } from './sheet';

const STEP_X = 175;
const STEP_Y = 130;

export interface ISpot {
  id: string;
  /** Numbers of the sheet's nodes: several when a group is folded. */
  members: number[];
  name: string;
  kind: 'device' | 'subnet' | 'fold';
  reported: boolean;
  severity: string;
  x: number;
  y: number;
  fx: number;
  fy: number;
  width: number;
}

export interface ILine {
  id: string;
  source: string | ISpot;
  target: string | ISpot;
  /** Numbers of the sheet's links: several when a group is folded. */
  members: number[];
  dashed: boolean;
  faint: boolean;
  severity: string;
  a_port: string;
  b_port: string;
  /** How many links of the same node are drawn before it, at each end: neighbouring port names alternate. */
  a_slot: number;
  b_slot: number;
  curve: number;
}

export interface IScene {
  spots: ISpot[];
  lines: ILine[];
}

const RANK = ['', 'info', 'note', 'warning', 'error', 'critical'];

export function worst(severities: string[]): string {
  return severities.reduce((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), '');
}

export function foldsOf(sheet: ISheet): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  sheet.nodes.forEach((node, index) => {
    if (node.fold) {
      groups.set(node.fold, [...(groups.get(node.fold) ?? []), index]);
    }
  });
  return groups;
}

/** Choose the links of a layer ("cable", "ospf", or "vlan 20") and the nodes to be seen with them. */
export function sceneOf(sheet: ISheet, layer: string, way: Way, folded: boolean): IScene {
  const chosen = sheet.links.map((_, index) => index).filter(index => inLayer(sheet.links[index]!, layer));
  const joined = new Set(chosen.flatMap(index => [sheet.links[index]!.a, sheet.links[index]!.b]));
  // Subnets are no devices: they are shown where something leads to them.
  const shown = sheet.nodes.map((_, index) => index).filter(index => sheet.nodes[index]!.kind === 'device' || joined.has(index));
  const holder = holders(sheet, shown, folded);
  const spots = new Map<string, ISpot>();
  for (const index of shown) {
    const id = holder.get(index)!;
    const known = spots.get(id);
    spots.set(id, known ? joinedSpot(known, index, sheet) : firstSpot(id, index, sheet.nodes[index]!, way, folded));
  }
  for (const spot of spots.values()) {
    if (spot.members.length > 1) {
      spot.kind = 'fold';
      spot.name = `${spot.members.length} × ${sheet.nodes[spot.members[0]!]!.role || 'device'}`;
    }
    spot.fx = spot.x;
    spot.fy = spot.y;
  }
  return { spots: [...spots.values()], lines: linesOf(sheet, chosen, holder, spots) };
}

export function inLayer(link: ILink, layer: string): boolean {
  return layer === link.layer || layer === `${link.layer} ${link.name}`;
}

function holders(sheet: ISheet, shown: number[], folded: boolean): Map<number, string> {
  const folds = folded ? foldsOf(sheet) : new Map<string, number[]>();
  return new Map(
    shown.map(index => {
      const fold = sheet.nodes[index]!.fold;
      return [index, fold && folds.has(fold) ? `f${Math.min(...folds.get(fold)!)}` : `n${index}`];
    })
  );
}

function firstSpot(id: string, index: number, node: INode, way: Way, folded: boolean): ISpot {
  const [x, y] = (folded ? node.folded : node.places)[way];
  return {
    id,
    members: [index],
    name: node.name,
    kind: node.kind,
    reported: node.reported,
    severity: node.severity,
    x: x * STEP_X,
    y: y * STEP_Y,
    fx: 0,
    fy: 0,
    width: 0
  };
}

function joinedSpot(spot: ISpot, index: number, sheet: ISheet): ISpot {
  const node = sheet.nodes[index]!;
  spot.members.push(index);
  spot.severity = worst([spot.severity, node.severity]);
  spot.reported = spot.reported || node.reported;
  return spot;
}

function linesOf(sheet: ISheet, chosen: number[], holder: Map<number, string>, spots: Map<string, ISpot>): ILine[] {
  const lines = new Map<string, ILine>();
  const between = new Map<string, ILine[]>();
  const slots = new Map<string, number>();
  const next = (id: string) => {
    slots.set(id, (slots.get(id) ?? -1) + 1);
    return slots.get(id)!;
  };
  for (const index of chosen) {
    const link = sheet.links[index]!;
    const source = holder.get(link.a)!;
    const target = holder.get(link.b)!;
    const group = source.startsWith('f') || target.startsWith('f');
    if (group && source === target) {
      continue;
    }
    const id = group ? `${source}>${target}` : `l${index}`;
    const known = lines.get(id);
    if (known) {
      known.members.push(index);
      known.severity = worst([known.severity, link.severity]);
      known.a_port = known.b_port = '';
      continue;
    }
    const line: ILine = {
      id,
      source,
      target,
      members: [index],
      dashed: link.seen !== 'both' && link.seen !== 'planned',
      faint: link.confidence < 0.7,
      severity: link.severity,
      a_port: link.a_port,
      b_port: link.b_port,
      a_slot: next(source),
      b_slot: next(target),
      curve: 0
    };
    lines.set(id, line);
    const pair = [source, target].sort().join(' ');
    between.set(pair, [...(between.get(pair) ?? []), line]);
  }
  for (const side of between.values()) {
    bend(side, spots);
  }
  return [...lines.values()];
}

/** Several links between two nodes run side by side; one past other nodes of its row bends around them. */
function bend(side: ILine[], spots: Map<string, ISpot>): void {
  const first = side[0]!;
  const [a, b] = [spots.get(first.source as string)!, spots.get(first.target as string)!];
  const past = a.y === b.y && Math.abs(a.x - b.x) > 1.2 * STEP_X;
  side.forEach((line, index) => {
    const step = (index - (side.length - 1) / 2) * 0.16 + (past ? 0.18 : 0);
    // Curves are counted from the source, so a link drawn the other way bends the other way.
    line.curve = a === b ? 0.6 + index * 0.2 : line.source === first.source ? step : -step;
  });
}

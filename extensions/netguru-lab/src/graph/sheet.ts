// What the graph is drawn from, as netguru/topology/sheet.py gives it.

export type Way = 'layers' | 'groups' | 'force';

export interface ITold {
  severity: string;
  title: string;
}

export interface INode {
  key: string;
  name: string;
  kind: 'device' | 'subnet';
  role: string;
  platform: string;
  addresses: string[];
  reported: boolean;
  proof: string[];
  places: Record<Way, [number, number]>;
  /** Where its group, or itself, stands while groups are folded. */
  folded: Record<Way, [number, number]>;
  fold: string;
  severity: string;
  findings: ITold[];
}

export interface ILink {
  layer: string;
  name: string;
  a: number;
  a_port: string;
  b: number;
  b_port: string;
  seen: string;
  confidence: number;
  detail: string;
  proof: string[];
  severity: string;
  findings: ITold[];
}

export interface ILayer {
  layer: string;
  name: string;
  links: number;
}

export interface ISheet {
  version: number;
  nodes: INode[];
  links: ILink[];
  layers: ILayer[];
  sites: number;
  unresolved: number;
  seen_both: number;
}

/** What is chosen: numbers of the sheet's nodes and links. */
export interface IChosen {
  nodes: number[];
  links: number[];
}

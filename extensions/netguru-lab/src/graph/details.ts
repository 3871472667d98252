// The words beside the drawing: what is known of the chosen node or link, and the list of all.

import { button, make } from '../core/dom';
import type { ILink, INode, ISheet, ITold } from './sheet';

const SEEN: Record<string, string> = {
  both: 'seen from both ends',
  a: 'seen from one end',
  b: 'seen from one end',
  neither: 'inferred, no neighbour protocol speaks',
  planned: 'configured'
};

function told(findings: ITold[]): HTMLElement | null {
  return findings.length
    ? make(
        'ul',
        { class: 'ngg-told' },
        ...findings.map(item => make('li', { class: `ngg-${item.severity}` }, make('b', {}, item.severity), ` ${item.title}`))
      )
    : null;
}

function proof(places: string[]): HTMLElement | null {
  return places.length
    ? make('div', {}, make('h4', {}, 'Evidence'), make('ul', { class: 'ngg-proof' }, ...places.map(place => make('li', {}, place))))
    : null;
}

export function nodeTitle(node: INode): string {
  return [node.name, node.role, node.platform].filter(Boolean).join(', ');
}

export function linkTitle(sheet: ISheet, link: ILink): string {
  const [a, b] = [sheet.nodes[link.a]!, sheet.nodes[link.b]!];
  return `${a.name} ${link.a_port} - ${b.name} ${link.b_port}`.replace(/ +/g, ' ').trim();
}

export function nodeDetails(sheet: ISheet, index: number, layerLinks: number[], choose: (link: number) => void): HTMLElement {
  const node = sheet.nodes[index]!;
  const own = layerLinks.filter(link => sheet.links[link]!.a === index || sheet.links[link]!.b === index);
  return make(
    'section',
    {},
    make('h3', {}, node.name),
    make('p', { class: 'ngg-dim' }, [node.kind === 'subnet' ? 'subnet' : node.role, node.platform, node.reported || node.kind === 'subnet' ? '' : 'known from its neighbours only'].filter(Boolean).join(', ')),
    node.addresses.length ? make('p', {}, node.addresses.join(', ')) : null,
    told(node.findings),
    own.length ? make('h4', {}, `${own.length} ${own.length === 1 ? 'link' : 'links'}`) : null,
    make('ul', { class: 'ngg-links' }, ...own.slice(0, 60).map(link => make('li', {}, button(linkTitle(sheet, sheet.links[link]!), () => choose(link))))),
    proof(node.proof)
  );
}

export function linkDetails(sheet: ISheet, index: number): HTMLElement {
  const link = sheet.links[index]!;
  return make(
    'section',
    {},
    make('h3', {}, linkTitle(sheet, link)),
    make('p', { class: 'ngg-dim' }, [link.layer === 'cable' ? '' : `${link.layer} ${link.name}`, link.detail, SEEN[link.seen] ?? link.seen, `confidence ${link.confidence}`].filter(Boolean).join(', ')),
    told(link.findings),
    proof(link.proof)
  );
}

export function listOf(sheet: ISheet, links: number[], wanted: string, chooseNode: (node: number) => void, chooseLink: (link: number) => void): HTMLElement {
  const has = (text: string) => text.toLowerCase().includes(wanted);
  const nodes = sheet.nodes.map((_, index) => index).filter(index => sheet.nodes[index]!.kind === 'device' && has(nodeTitle(sheet.nodes[index]!)));
  nodes.sort((a, b) => sheet.nodes[a]!.name.localeCompare(sheet.nodes[b]!.name, undefined, { numeric: true }));
  const found = links.filter(index => has(linkTitle(sheet, sheet.links[index]!)));
  const most = 300;
  const more = (count: number) => (count > most ? make('li', { class: 'ngg-dim' }, `and ${count - most} more: type a part of a name above`) : null);
  return make(
    'section',
    {},
    make('h4', {}, `${nodes.length} devices`),
    make('ul', { class: 'ngg-links' }, ...nodes.slice(0, most).map(index => make('li', {}, button(nodeTitle(sheet.nodes[index]!), () => chooseNode(index)))), more(nodes.length)),
    make('h4', {}, `${found.length} links`),
    make('ul', { class: 'ngg-links' }, ...found.slice(0, most).map(index => make('li', {}, button(linkTitle(sheet, sheet.links[index]!), () => chooseLink(index)))), more(found.length))
  );
}

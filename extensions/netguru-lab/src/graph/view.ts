// The interactive graph: a canvas to look at and to point at, and beside it the same in words for keyboard and reader.

import ForceGraph from 'force-graph';

import { button, make } from '../core/dom';
import { linkDetails, linkTitle, listOf, nodeDetails, nodeTitle } from './details';
import { coloursOf, measure, paintArea, paintPorts, paintSpot } from './paint';
import type { IColours } from './paint';
import { foldsOf, inLayer, sceneOf } from './scene';
import type { ILine, IScene, ISpot } from './scene';
import type { IChosen, ISheet, Way } from './sheet';

const WAYS: [Way, string][] = [
  ['layers', 'in rows'],
  ['groups', 'by site'],
  ['force', 'by links']
];
const LAYERS: Record<string, string> = {
  cable: 'cables',
  vlan: 'VLANs',
  subnet: 'subnets',
  ospf: 'OSPF',
  ospfv3: 'OSPFv3',
  bgp: 'BGP'
};
/** From so many devices on, groups are folded at first. */
const FOLD_FROM = 150;
/** A large network of so many sites is shown by site at first. */
const FEWEST_SITES = 4;
const STEP = 60;
/** From this scale on a name can be read. */
const LEGIBLE = 0.5;

export interface IOptions {
  height?: number;
  chosen?: (chosen: IChosen) => void;
}

type Drawn = ForceGraph<ISpot, ILine>;

export class GraphView {
  readonly node: HTMLElement;
  private readonly _graph: Drawn;
  private readonly _stage = make('div', { class: 'ngg-stage', role: 'application', label: 'Topology: arrow keys go from device to device, plus and minus zoom, Enter shows the list', attributes: { tabindex: '0' } });
  private readonly _side = make('aside', { class: 'ngg-side', label: 'Details' });
  private readonly _live = make('div', { class: 'ngg-live', role: 'status', attributes: { 'aria-live': 'polite' } });
  private readonly _search = make('input', { label: 'Find a device, a port, an address', attributes: { type: 'search', placeholder: 'Find …' } });
  private readonly _layer = make('select', { label: 'Layer' });
  private readonly _way = make('select', { label: 'Places' });
  private readonly _fold = make('input', { attributes: { type: 'checkbox' } });
  private readonly _watches: (() => void)[] = [];
  private _scene: IScene = { spots: [], lines: [] };
  private _colours: IColours;
  private _chosen: IChosen = { nodes: [], links: [] };
  private _focus = '';
  private _fitted = false;

  constructor(
    private readonly _sheet: ISheet,
    private readonly _options: IOptions = {}
  ) {
    this.node = make('div', { class: 'ngg' }, this._bar(), make('div', { class: 'ngg-body' }, this._stage, this._side), this._live);
    this.node.style.height = _options.height ? `${_options.height}px` : '100%';
    this._colours = coloursOf(this.node);
    this._graph = new ForceGraph<ISpot, ILine>(this._stage);
    this._prepare();
    this._fold.checked = _sheet.nodes.length >= FOLD_FROM && this._hasFolds();
    if (_sheet.nodes.length >= FOLD_FROM && _sheet.sites >= FEWEST_SITES) {
      this._way.value = 'groups';
    }
    this._lay();
    this._watch();
    this._showList();
  }

  dispose(): void {
    this._watches.forEach(end => end());
    this._graph._destructor();
    this.node.remove();
  }

  /** Choose by code: numbers of the sheet's nodes and links. */
  choose(chosen: IChosen, told = false): void {
    const known = (numbers: number[], all: unknown[]) => numbers.filter(item => Number.isInteger(item) && item >= 0 && item < all.length);
    this._chosen = { nodes: known(chosen.nodes ?? [], this._sheet.nodes), links: known(chosen.links ?? [], this._sheet.links) };
    this._describe();
    this._again();
    if (told) {
      this._options.chosen?.(this._chosen);
    }
  }

  private _bar(): HTMLElement {
    for (const [way, words] of WAYS) {
      this._way.append(new Option(words, way));
    }
    const seen = new Set<string>();
    for (const item of this._sheet.layers) {
      const many = this._sheet.layers.filter(other => other.layer === item.layer).length > 1;
      if (!seen.has(item.layer)) {
        seen.add(item.layer);
        this._layer.append(new Option(LAYERS[item.layer] ?? item.layer, item.layer));
      }
      if (many && item.layer !== 'subnet') {
        this._layer.append(new Option(`  ${LAYERS[item.layer] ?? item.layer} ${item.name} (${item.links})`, `${item.layer} ${item.name}`));
      }
    }
    this._search.addEventListener('input', () => this._showList());
    this._search.addEventListener('keydown', event => event.key === 'Enter' && this._takeFirst());
    this._layer.addEventListener('change', () => this._lay());
    this._way.addEventListener('change', () => this._lay(true));
    this._fold.addEventListener('change', () => this._lay(true));
    const fold = make('label', { class: 'ngg-fold', title: 'Show devices of the access below the same neighbours as one' }, this._fold, ' fold access');
    fold.hidden = !this._hasFolds();
    const devices = this._sheet.nodes.filter(node => node.kind === 'device').length;
    const cables = this._sheet.links.filter(link => link.layer === 'cable').length;
    const facts = [`${devices} devices`, `${cables} cables, ${this._sheet.seen_both} seen from both ends`];
    if (this._sheet.unresolved) {
      facts.push(`${this._sheet.unresolved} neighbours not placed`);
    }
    return make(
      'div',
      { class: 'ngg-bar' },
      this._search,
      this._layer,
      this._way,
      fold,
      button('Fit', () => this._fit(), { title: 'Show all (0)' }),
      button('PNG', () => this._save(), { title: 'Save the picture' }),
      make('span', { class: 'ngg-dim' }, facts.join(' · '))
    );
  }

  private _hasFolds(): boolean {
    return foldsOf(this._sheet).size > 0;
  }

  private _prepare(): void {
    const severity = (line: ILine) => this._colours.severity[line.severity];
    this._graph
      .backgroundColor('transparent')
      .cooldownTicks(0)
      .d3Force('charge', null)
      .d3Force('link', null)
      .d3Force('center', null)
      .nodeLabel(() => '')
      .linkLabel(() => '')
      .minZoom(0.03)
      .maxZoom(6)
      .linkCurvature('curve')
      .linkLineDash(line => (line.dashed ? [5, 4] : null))
      .linkWidth(line => (this._lit(line) ? 3 : line.members.length > 1 ? 2 : severity(line) ? 2 : 1.2))
      .linkColor(line => this._lineColour(line))
      .linkHoverPrecision(6)
      .linkCanvasObjectMode(() => 'after')
      .linkCanvasObject((line, context, scale) => paintPorts(line, context, scale, this._colours, this._dimmed(line)))
      .nodeCanvasObject((spot, context, scale) =>
        paintSpot(spot, context, scale, this._colours, {
          chosen: spot.members.some(item => this._chosen.nodes.includes(item)),
          faded: this._faded(spot),
          focused: spot.id === this._focus && document.activeElement === this._stage
        })
      )
      .nodePointerAreaPaint((spot, colour, context) => paintArea(spot, colour, context))
      .onNodeHover(spot => {
        this._stage.title = spot ? spot.members.slice(0, 12).map(item => nodeTitle(this._sheet.nodes[item]!)).join('\n') : '';
      })
      .onLinkHover(line => {
        this._stage.title = line ? line.members.slice(0, 12).map(item => linkTitle(this._sheet, this._sheet.links[item]!)).join('\n') : '';
      })
      .onNodeClick((spot, event) => this._take({ nodes: spot.members, links: [] }, event))
      .onLinkClick((line, event) => this._take({ nodes: [], links: line.members }, event))
      .onBackgroundClick(() => this.choose({ nodes: [], links: [] }, true))
      .onNodeDragEnd(spot => {
        spot.fx = spot.x;
        spot.fy = spot.y;
      });
  }

  private _take(added: IChosen, event: MouseEvent): void {
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const join = (a: number[], b: number[]) => [...new Set([...a, ...b])];
    this.choose(
      more ? { nodes: join(this._chosen.nodes, added.nodes), links: join(this._chosen.links, added.links) } : added,
      true
    );
  }

  private _lit(line: ILine): boolean {
    return line.members.some(item => this._chosen.links.includes(item));
  }

  private _ends(line: ILine): ISpot[] {
    return [line.source as ISpot, line.target as ISpot];
  }

  private _near(): Set<string> | null {
    const centre = this._scene.spots.filter(spot => spot.members.some(item => this._chosen.nodes.includes(item)));
    if (!centre.length) {
      return null;
    }
    const own = new Set(centre.map(spot => spot.id));
    const near = new Set(own);
    for (const line of this._scene.lines) {
      const [a, b] = this._ends(line);
      if (a && b && (own.has(a.id) || own.has(b.id))) {
        near.add(a.id).add(b.id);
      }
    }
    return near;
  }

  private _bright: Set<string> | null = null;

  private _faded(spot: ISpot): boolean {
    return !!this._bright && !this._bright.has(spot.id);
  }

  /** Say whether devices are chosen and this link is none of theirs. */
  private _dimmed(line: ILine): boolean {
    const own = this._chosen.nodes;
    return !!this._bright && !this._ends(line).some(spot => spot.members?.some(item => own.includes(item)));
  }

  private _lineColour(line: ILine): string {
    if (this._lit(line)) {
      return this._colours.brand;
    }
    const marked = this._colours.severity[line.severity];
    if (this._dimmed(line)) {
      return this._colours.faded;
    }
    return marked ?? (line.faint ? this._colours.line : this._colours.dim);
  }

  /** Take another layer, other places, or fold. */
  private _lay(fit = false): void {
    this._scene = sceneOf(this._sheet, this._layer.value || 'cable', (this._way.value || 'layers') as Way, this._fold.checked);
    this._scene.spots.forEach(measure);
    this._graph.graphData({ nodes: this._scene.spots, links: this._scene.lines });
    this._describe();
    this._again();
    if (fit) {
      this._fit();
    }
  }

  private _again(): void {
    this._bright = this._near();
    // Setting an accessor anew asks for one more frame.
    this._graph.linkColor(line => this._lineColour(line));
  }

  private _fit(): void {
    const { spots } = this._scene;
    if (!spots.length || !this._stage.clientWidth) {
      return;
    }
    const [left, right] = [Math.min(...spots.map(spot => spot.x - spot.width / 2)), Math.max(...spots.map(spot => spot.x + spot.width / 2))];
    const [top, bottom] = [Math.min(...spots.map(spot => spot.y - 20)), Math.max(...spots.map(spot => spot.y + 20))];
    const scale = Math.min((this._stage.clientWidth - 40) / (right - left), (this._stage.clientHeight - 40) / (bottom - top), 1.6);
    this._graph.centerAt((left + right) / 2, (top + bottom) / 2, 0).zoom(scale, 0);
  }

  private _layerLinks(): number[] {
    const layer = this._layer.value || 'cable';
    return this._sheet.links.map((_, index) => index).filter(index => inLayer(this._sheet.links[index]!, layer));
  }

  private _describe(): void {
    const { nodes, links } = this._chosen;
    if (!nodes.length && !links.length) {
      this._showList();
      this._live.textContent = '';
      return;
    }
    const layer = this._layerLinks();
    this._side.replaceChildren(
      button('All devices', () => this.choose({ nodes: [], links: [] }, true), { class: 'ngg-back' }),
      ...nodes.slice(0, 40).map(item => nodeDetails(this._sheet, item, layer, link => this.choose({ nodes: [], links: [link] }, true))),
      ...links.slice(0, 40).map(item => linkDetails(this._sheet, item))
    );
    const said = [...nodes.slice(0, 3).map(item => nodeTitle(this._sheet.nodes[item]!)), ...links.slice(0, 3).map(item => linkTitle(this._sheet, this._sheet.links[item]!))];
    const bad = [...nodes.map(item => this._sheet.nodes[item]!), ...links.map(item => this._sheet.links[item]!)].flatMap(item => item.findings.slice(0, 1));
    this._live.textContent = [...said, ...bad.slice(0, 2).map(item => `${item.severity}: ${item.title}`)].join('; ');
  }

  private _showList(): void {
    const wanted = this._search.value.trim().toLowerCase();
    this._side.replaceChildren(
      listOf(this._sheet, this._layerLinks(), wanted, node => this._goTo(node), link => this.choose({ nodes: [], links: [link] }, true))
    );
  }

  private _takeFirst(): void {
    const wanted = this._search.value.trim().toLowerCase();
    const has = (index: number) => [this._sheet.nodes[index]!.name, ...this._sheet.nodes[index]!.addresses].some(text => text.toLowerCase().includes(wanted));
    const found = this._sheet.nodes.findIndex((_, index) => has(index));
    if (wanted && found >= 0) {
      this._goTo(found);
    }
  }

  /** Choose a device and bring it into the middle; a folded group is opened for it. */
  private _goTo(node: number): void {
    const spot = this._scene.spots.find(item => item.members.includes(node));
    if (spot?.kind === 'fold') {
      this._fold.checked = false;
      this._lay();
    }
    this._focusOn(this._scene.spots.find(item => item.members.includes(node)));
    this.choose({ nodes: [node], links: [] }, true);
  }

  private _focusOn(spot: ISpot | undefined): void {
    if (spot) {
      this._focus = spot.id;
      // Who sees the device with its name stays where he is.
      if (this._graph.zoom() < LEGIBLE || this._outside(spot)) {
        this._graph.centerAt(spot.x, spot.y, 0).zoom(Math.max(this._graph.zoom(), 0.8), 0);
      }
    }
  }

  private _keys = (event: KeyboardEvent): void => {
    const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    if (arrow) {
      this._move(arrow);
    } else if (event.key === '+' || event.key === '=') {
      this._graph.zoom(this._graph.zoom() * 1.25, 0);
    } else if (event.key === '-') {
      this._graph.zoom(this._graph.zoom() / 1.25, 0);
    } else if (event.key === '0') {
      this._fit();
    } else if (event.key === 'Escape') {
      this.choose({ nodes: [], links: [] }, true);
    } else if (event.key === '/') {
      this._search.focus();
    } else if (event.key === 'Enter' && this._side.querySelector('button')) {
      this._side.querySelector('button')!.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  /** Go to the next device in a direction: the nearest that lies more that way than across. */
  private _move([x, y]: [number, number]): void {
    const from = this._scene.spots.find(spot => spot.id === this._focus);
    if (!from) {
      this._settle(this._scene.spots[0]);
      return;
    }
    let best: ISpot | undefined;
    let least = Infinity;
    for (const spot of this._scene.spots) {
      const ahead = (spot.x - from.x) * x + (spot.y - from.y) * y;
      const across = Math.abs((spot.x - from.x) * y) + Math.abs((spot.y - from.y) * x);
      if (ahead > 1 && ahead + 2 * across < least) {
        [best, least] = [spot, ahead + 2 * across];
      }
    }
    this._settle(best);
  }

  private _settle(spot: ISpot | undefined): void {
    if (spot) {
      this._focus = spot.id;
      if (this._outside(spot)) {
        this._graph.centerAt(spot.x, spot.y, 0);
      }
      this.choose({ nodes: spot.members, links: [] }, true);
    }
  }

  /** Say whether a device lies at the rim of what is seen, or beyond. */
  private _outside(spot: ISpot): boolean {
    const { x, y } = this._graph.centerAt();
    const wide = this._stage.clientWidth / 2 / this._graph.zoom() - STEP;
    const high = this._stage.clientHeight / 2 / this._graph.zoom() - STEP;
    return Math.abs(spot.x - x) > wide || Math.abs(spot.y - y) > high;
  }

  private _watch(): void {
    const size = new ResizeObserver(() => {
      const [width, height] = [this._stage.clientWidth, this._stage.clientHeight];
      if (width && height) {
        this._graph.width(width).height(height);
        if (!this._fitted) {
          this._fitted = true;
          this._recolour();
          this._fit();
        }
      }
    });
    size.observe(this._stage);
    const theme = new MutationObserver(() => this._recolour());
    theme.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-jp-theme-light', 'data-jp-theme-name'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => this._recolour();
    scheme.addEventListener('change', changed);
    this._stage.addEventListener('keydown', this._keys);
    this._stage.addEventListener('focus', changed);
    this._stage.addEventListener('blur', changed);
    this._watches.push(() => size.disconnect(), () => theme.disconnect(), () => scheme.removeEventListener('change', changed));
  }

  private _recolour(): void {
    this._colours = coloursOf(this.node);
    this._again();
  }

  private _save(): void {
    const canvas = this._stage.querySelector('canvas');
    if (!canvas) {
      return;
    }
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d')!;
    context.fillStyle = this._colours.page;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    const link = make('a', { attributes: { download: 'topology.png', href: copy.toDataURL('image/png') } });
    link.click();
  }

  /** For tests: where a node lies on the screen. */
  screenOf(node: number): { x: number; y: number } | null {
    const spot = this._scene.spots.find(item => item.members.includes(node));
    if (!spot) {
      return null;
    }
    const box = this._stage.getBoundingClientRect();
    const zero = this._graph.screen2GraphCoords(0, 0);
    return { x: box.left + (spot.x - zero.x) * this._graph.zoom(), y: box.top + (spot.y - zero.y) * this._graph.zoom() };
  }
}

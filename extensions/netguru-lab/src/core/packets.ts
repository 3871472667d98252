// The packets of a capture as a table of any length, with a filter and the fields of the chosen packet.

import { button, make } from './dom';
import type { ILayer, IPacket, ITransport, Place } from './protocol';
import { Rows } from './rows';
import { TEXTS } from './texts';

const ROW_PX = 22;
const MOST_FILTERED = 100_000;
const POSITION = /at character (\d+)/;

export class PacketView {
  readonly node = make('div', { class: 'ngc ngc-viewer' });
  private readonly _filter = make('input', {
    label: TEXTS.filter,
    attributes: { type: 'search', placeholder: TEXTS.filterExample, spellcheck: 'false' }
  });
  private readonly _notice = make('div', { class: 'ngc-notice', role: 'alert' });
  private readonly _count = make('span', { class: 'ngc-where', role: 'status' });
  private readonly _details = make('div', { class: 'ngc-details', role: 'region', label: TEXTS.fields });
  private readonly _rows: Rows<IPacket>;
  private _applied = '';
  private _begin = '';
  private _first = 0;
  private _last = -1;
  private _asked = 0;

  constructor(
    private readonly _transport: ITransport,
    private readonly _path: string
  ) {
    const head = make('div', { class: 'ngr-head', role: 'row' });
    head.append(...TEXTS.columns.map(name => make('span', { role: 'columnheader' }, name)));
    this._rows = new Rows<IPacket>(
      _path,
      ROW_PX,
      {
        page: (offset, limit) => this._page(offset, limit),
        cells: packet => this._cells(packet),
        marked: packet => packet.number >= this._first && packet.number <= this._last,
        failed: error => this._failed(error),
        chosen: packet => void this._show(packet)
      },
      head
    );
    this._rows.node.classList.add('ngr-packets');
    const bar = make('form', { class: 'ngc-bar', role: 'search' }, this._filter, this._count);
    bar.insertBefore(button(TEXTS.apply, () => this.filter(this._filter.value)), this._count);
    bar.addEventListener('submit', event => {
      event.preventDefault();
      this.filter(this._filter.value);
    });
    this._details.hidden = true;
    this._filter.addEventListener('search', () => this._filter.value === '' && this._applied && this.filter(''));
    this.node.append(bar, this._notice, this._rows.node, this._details);
    void this._rows.reset();
  }

  /** Show only the packets that a display filter lets through. */
  filter(text: string): void {
    this._filter.value = text;
    this._applied = text.trim();
    this._notice.textContent = '';
    this._filter.removeAttribute('aria-invalid');
    this._details.hidden = true;
    void this._rows.reset();
  }

  /** Mark packets (from 1, both included) and bring them into sight. */
  reveal(first: number, last: number): void {
    if (this._applied) {
      this.filter('');
    }
    [this._first, this._last] = [first, last];
    this._rows.reveal(first - 1);
    this._rows.refresh();
  }

  focus(): void {
    this._rows.node.focus();
  }

  dispose(): void {
    this._rows.dispose();
  }

  private async _page(offset: number, limit: number): Promise<{ rows: IPacket[]; total: number }> {
    const stated = new URLSearchParams({ path: this._path, offset: String(offset), limit: String(limit) });
    if (this._applied) {
      stated.set('filter', this._applied);
    }
    const found = await this._transport.request<{ packets: IPacket[]; total: number }>('GET', `capture?${stated}`);
    if (!this._begin && !this._applied && offset === 0) {
      this._begin = String(found.packets[0]?.time ?? '');
    }
    const total = this._applied ? Math.min(found.total, MOST_FILTERED) : found.total;
    this._count.textContent = TEXTS.packetCount(found.total, !!this._applied);
    return { rows: found.packets, total };
  }

  private _cells(packet: IPacket): (Node | string)[] {
    const time = make('span', { title: String(packet.time) }, since(String(packet.time), this._begin));
    const { number, source, destination, protocol, length, info } = packet;
    return [String(number), time, source, destination, protocol, String(length), make('span', { title: info }, info)];
  }

  private _failed(error: Error): void {
    this._notice.textContent = error.message;
    if (this._applied) {
      this._filter.setAttribute('aria-invalid', 'true');
      const position = POSITION.exec(error.message);
      if (position) {
        const at = Number(position[1]) - 1;
        this._filter.focus();
        this._filter.setSelectionRange(at, at + 1);
      }
    }
  }

  private async _show(packet: IPacket): Promise<void> {
    const asked = ++this._asked;
    const stated = new URLSearchParams({ source: this._path, kind: 'packet', place: `${packet.number}-${packet.number}` });
    this._details.hidden = false;
    try {
      const place = await this._transport.request<Place>('GET', `evidence?${stated}`);
      if (asked === this._asked && place.kind === 'packets') {
        const found = place.packets.find(item => item.number === packet.number);
        this._details.replaceChildren(...(found?.fields ?? []).map(layer));
        // The innermost protocol is what one looks for.
        this._details.lastElementChild?.setAttribute('open', '');
      }
    } catch (error) {
      this._details.replaceChildren((error as Error).message);
    }
  }
}

function layer(item: ILayer): HTMLElement {
  const rows = Object.entries(item.fields).map(([name, value]) =>
    make('div', { class: 'ngc-field' }, make('span', {}, name.replace(/#\d+$/, '')), make('span', {}, String(value)))
  );
  return make('details', {}, make('summary', {}, item.name), ...rows);
}

/** Seconds since the first packet, exact to the microsecond: as numbers of this size times would lose digits. */
function since(time: string, begin: string): string {
  const parts = (text: string): [number, number] => {
    const [whole, part = ''] = text.split('.');
    return [Number(whole), Number(part.padEnd(9, '0').slice(0, 9))];
  };
  const [seconds, nanos] = parts(time);
  const [firstSeconds, firstNanos] = parts(begin || time);
  const passed = seconds - firstSeconds + (nanos - firstNanos) / 1e9;
  return Number.isFinite(passed) ? passed.toFixed(6) : time;
}

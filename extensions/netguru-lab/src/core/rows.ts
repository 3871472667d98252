// A table of any length of which only the rows in sight exist; pages are fetched as they come into sight.

import { make } from './dom';

// Browsers lay out no taller element exactly: beyond, the scroll bar stands for a share of the rows.
const TALLEST_PX = 8_000_000;
const PAGE = 200;
const MOST_PAGES = 50;
const MARGIN = 8;

export interface IRowSource<R> {
  /** Fetch rows from `offset` (from 0) on, and how many there are in all. */
  page(offset: number, limit: number): Promise<{ rows: R[]; total: number }>;
  cells(row: R): (Node | string)[];
  marked(row: R): boolean;
  failed(error: Error): void;
  chosen?(row: R): void;
}

export class Rows<R> {
  readonly node: HTMLElement;
  private readonly _space = make('div', { class: 'ngr-space' });
  private readonly _shown = make('div', { class: 'ngr-shown', role: 'rowgroup' });
  private readonly _pages = new Map<number, R[] | 'coming'>();
  private _total = 0;
  private _at = -1;
  private _generation = 0;
  private _wanted = -1;
  private readonly _resized: ResizeObserver;

  constructor(
    label: string,
    private readonly _height: number,
    private readonly _source: IRowSource<R>,
    head?: HTMLElement
  ) {
    this.node = make('div', { class: 'ngr', role: 'grid', label, attributes: { tabindex: '0', 'aria-readonly': 'true' } });
    this._space.append(this._shown);
    this.node.append(...(head ? [head] : []), this._space);
    this.node.addEventListener('scroll', () => this._draw());
    this.node.addEventListener('keydown', this._key);
    this._shown.addEventListener('click', event => {
      const row = (event.target as HTMLElement).closest<HTMLElement>('[data-at]');
      if (row) {
        this.select(Number(row.dataset['at']));
      }
    });
    this._resized = new ResizeObserver(() => this._draw());
    this._resized.observe(this.node);
  }

  get total(): number {
    return this._total;
  }

  /** Forget all rows and fetch again from the beginning. */
  async reset(): Promise<void> {
    this._generation += 1;
    this._pages.clear();
    this._at = -1;
    this._total = 0;
    this.node.scrollTop = 0;
    await this._fetch(0);
  }

  /** Draw again what is known, for example with other marks. */
  refresh(): void {
    this._draw();
  }

  /** Bring a row (from 0) into the middle of the view. */
  reveal(at: number): void {
    this._wanted = at;
    if (this._total && this.node.clientHeight) {
      this._wanted = -1;
      const inside = this._inside;
      this.node.scrollTop = Math.max(0, (at / Math.max(1, this._total)) * this._tall - inside / 2);
      this._draw();
    }
  }

  select(at: number): void {
    if (at < 0 || at >= this._total) {
      return;
    }
    this._at = at;
    const top = this._first;
    if (at < top || at >= top + this._visible - 1) {
      this.reveal(at);
    }
    this._draw();
    const row = this._row(at);
    if (row !== undefined) {
      this._source.chosen?.(row);
    }
  }

  dispose(): void {
    this._resized.disconnect();
  }

  private get _tall(): number {
    return Math.min(this._total * this._height, TALLEST_PX);
  }

  private get _inside(): number {
    return Math.max(0, this.node.clientHeight - this._space.offsetTop);
  }

  private get _visible(): number {
    return Math.max(1, Math.floor(this._inside / this._height));
  }

  /** The first row in sight. */
  private get _first(): number {
    const far = Math.max(1, this._tall - this._inside);
    const share = Math.min(1, this.node.scrollTop / far);
    return Math.max(0, Math.round(share * Math.max(0, this._total - this._visible)));
  }

  private _row(at: number): R | undefined {
    const page = this._pages.get(Math.floor(at / PAGE));
    return page === 'coming' ? undefined : page?.[at % PAGE];
  }

  private async _fetch(page: number): Promise<void> {
    if (this._pages.has(page)) {
      return;
    }
    this._pages.set(page, 'coming');
    const generation = this._generation;
    try {
      const found = await this._source.page(page * PAGE, PAGE);
      if (generation !== this._generation) {
        return;
      }
      this._pages.set(page, found.rows);
      this._total = found.total;
      this._forget(page);
      this._draw();
      if (this._wanted >= 0) {
        this.reveal(this._wanted);
      }
    } catch (error) {
      if (generation === this._generation) {
        this._pages.delete(page);
        this._source.failed(error as Error);
      }
    }
  }

  private _forget(near: number): void {
    for (const page of this._pages.keys()) {
      if (this._pages.size <= MOST_PAGES) {
        return;
      }
      if (page && Math.abs(page - near) > 2) {
        this._pages.delete(page);
      }
    }
  }

  private _draw(): void {
    const first = this._first;
    const from = Math.max(0, first - MARGIN);
    const to = Math.min(this._total, first + this._visible + MARGIN);
    this._space.style.height = `${this._tall}px`;
    this.node.setAttribute('aria-rowcount', String(this._total));
    // Rows stand relative to the one on top: where the bar stands for shares, places in pixels mean nothing.
    const offset = this.node.scrollTop - (first - from) * this._height;
    const exact = this._total * this._height <= TALLEST_PX;
    this._shown.style.transform = `translateY(${exact ? from * this._height : Math.max(0, offset)}px)`;
    const rows: HTMLElement[] = [];
    for (let at = from; at < to; at += 1) {
      rows.push(this._make(at));
    }
    this._shown.replaceChildren(...rows);
    for (let page = Math.floor(from / PAGE); page * PAGE < to; page += 1) {
      void this._fetch(page);
    }
  }

  private _make(at: number): HTMLElement {
    const row = this._row(at);
    const chosen = at === this._at;
    const marked = row !== undefined && this._source.marked(row);
    const made = make('div', {
      class: `ngr-row${at % 2 ? ' ngr-odd' : ''}${marked ? ' ngc-marked' : ''}${chosen ? ' ngr-chosen' : ''}`,
      role: 'row',
      attributes: { 'data-at': String(at), 'aria-rowindex': String(at + 1), 'aria-selected': String(chosen) }
    });
    made.style.height = `${this._height}px`;
    const cells = row === undefined ? ['…'] : this._source.cells(row);
    made.append(...cells.map(cell => make('span', { role: 'gridcell' }, cell)));
    return made;
  }

  private _key = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowDown: this._at + 1,
      ArrowUp: Math.max(0, this._at - 1),
      PageDown: Math.min(this._total - 1, this._at + this._visible),
      PageUp: Math.max(0, this._at - this._visible),
      Home: 0,
      End: this._total - 1
    };
    const to = steps[event.key];
    if (to !== undefined && event.target === this.node) {
      event.preventDefault();
      this.select(to);
    }
  };
}

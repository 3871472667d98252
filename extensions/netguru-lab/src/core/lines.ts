// A text with line numbers and the cited lines marked.

import { make } from './dom';
import type { ILine, ITransport } from './protocol';
import { Rows } from './rows';
import { TEXTS } from './texts';

const ROW_PX = 20;

export class LineView {
  readonly node = make('div', { class: 'ngc ngc-viewer' });
  private readonly _notice = make('div', { class: 'ngc-notice', role: 'status' });
  private readonly _where = make('span', { class: 'ngc-where', role: 'status' });
  private readonly _rows: Rows<ILine>;
  private _first = 0;
  private _last = -1;

  constructor(
    private readonly _transport: ITransport,
    private readonly _path: string
  ) {
    this._rows = new Rows<ILine>(_path, ROW_PX, {
      page: (offset, limit) => this._page(offset, limit),
      cells: line => [String(line.number), line.text || ' '],
      marked: line => line.number >= this._first && line.number <= this._last,
      failed: error => (this._notice.textContent = error.message)
    });
    this._rows.node.classList.add('ngr-lines');
    this.node.append(make('div', { class: 'ngc-bar' }, make('span', { class: 'ngc-path' }, _path), this._where));
    this.node.append(this._notice, this._rows.node);
    void this._rows.reset();
  }

  /** Mark lines (from 1, both included) and bring them into sight. */
  reveal(first: number, last: number): void {
    [this._first, this._last] = [first, last];
    this._where.textContent = TEXTS.linesMarked(first, last);
    this._rows.reveal(first - 1);
    this._rows.refresh();
  }

  focus(): void {
    this._rows.node.focus();
  }

  dispose(): void {
    this._rows.dispose();
  }

  private async _page(offset: number, limit: number): Promise<{ rows: ILine[]; total: number }> {
    const stated = new URLSearchParams({ path: this._path, offset: String(offset), limit: String(limit) });
    const found = await this._transport.request<{ lines: ILine[]; total: number }>('GET', `text?${stated}`);
    return { rows: found.lines, total: found.total };
  }
}

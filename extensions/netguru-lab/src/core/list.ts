// The conversations: found, opened, renamed, saved, deleted.

import { button, ICONS, make, sign } from './dom';
import type { IConversation, IHost, IPage, ITransport } from './protocol';
import { TEXTS } from './texts';

const SEARCH_MS = 200;

export interface IListActions {
  open(conversation: IConversation): void;
  removed(id: number): void;
  renamed(conversation: IConversation): void;
  fault(text: string): void;
}

export class ConversationList {
  readonly node = make('div', { class: 'ngc-list', role: 'region', label: TEXTS.conversations });
  private readonly _search = make('input', {
    label: TEXTS.search,
    attributes: { type: 'search', placeholder: TEXTS.search }
  });
  private readonly _rows = make('ul');
  private readonly _more = button(TEXTS.more, () => void this._load(this._next ?? ''));
  private _next: string | null = null;
  private _timer = 0;
  private _asked = 0;
  current = 0;

  constructor(
    private readonly _transport: ITransport,
    private readonly _host: IHost,
    private readonly _actions: IListActions
  ) {
    this.node.hidden = true;
    this.node.append(this._search, this._rows, this._more);
    this._search.addEventListener('input', () => {
      window.clearTimeout(this._timer);
      this._timer = window.setTimeout(() => void this._load(''), SEARCH_MS);
    });
  }

  async show(): Promise<void> {
    this.node.hidden = false;
    this._search.value = '';
    this._search.focus();
    await this._load('');
  }

  hide(): void {
    this.node.hidden = true;
  }

  private async _load(cursor: string): Promise<void> {
    const asked = ++this._asked;
    const stated = new URLSearchParams({ limit: '30' });
    if (this._search.value.trim()) {
      stated.set('q', this._search.value.trim());
    }
    if (cursor) {
      stated.set('cursor', cursor);
    }
    await this._try(async () => {
      const page = await this._transport.request<IPage<IConversation>>('GET', `conversations?${stated}`);
      if (asked !== this._asked) {
        // A later search has overtaken this one.
        return;
      }
      if (!cursor) {
        this._rows.replaceChildren();
      }
      this._rows.append(...page.items.map(item => this._row(item)));
      if (!this._rows.children.length) {
        const nothing = stated.has('q') ? TEXTS.nothingFound : TEXTS.noConversations;
        this._rows.append(make('li', { class: 'ngc-dim' }, nothing));
      }
      this._next = page.next;
      this._more.hidden = !page.next;
    });
  }

  private _row(item: IConversation): HTMLLIElement {
    const row = make('li', { class: item.id === this.current ? 'ngc-current' : '' });
    const title = item.title || TEXTS.untitled;
    const open = make(
      'button',
      { class: 'ngc-open', onclick: () => this._actions.open(item) },
      make('span', { class: 'ngc-open-title' }, title),
      make('span', { class: 'ngc-dim' }, when(item.updated))
    );
    open.type = 'button';
    if (item.id === this.current) {
      open.setAttribute('aria-current', 'true');
    }
    row.append(
      open,
      sign(ICONS.pencil(), `${TEXTS.rename}: ${title}`, () => this._rename(row, item)),
      sign(ICONS.save(), `${TEXTS.save}: ${title}`, () => this._askForm(row, item)),
      sign(ICONS.bin(), `${TEXTS.remove}: ${title}`, () => this._askRemove(row, item))
    );
    return row;
  }

  private _rename(row: HTMLLIElement, item: IConversation): void {
    const field = make('input', { label: TEXTS.rename, attributes: { value: item.title } });
    const end = (renamed: IConversation): void => {
      const made = this._row(renamed);
      row.replaceWith(made);
      made.querySelector('button')?.focus();
    };
    field.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        end(item);
      } else if (event.key === 'Enter' && field.value.trim()) {
        event.preventDefault();
        void this._try(async () => {
          const body = { title: field.value.trim() };
          const renamed = await this._transport.request<IConversation>('PATCH', `conversations/${item.id}`, body);
          this._actions.renamed(renamed);
          end(renamed);
        });
      }
    });
    row.replaceChildren(field);
    field.select();
  }

  private _askRemove(row: HTMLLIElement, item: IConversation): void {
    const keep = button(TEXTS.keep, () => this._back(row, item));
    const sure = button(TEXTS.remove, () => {
      void this._try(async () => {
        await this._transport.request('DELETE', `conversations/${item.id}`);
        row.remove();
        this._actions.removed(item.id);
        this._search.focus();
      });
    }, { class: 'ngc-stop' });
    row.replaceChildren(make('span', { class: 'ngc-open-title' }, TEXTS.removeSure), sure, keep);
    keep.focus();
  }

  private _askForm(row: HTMLLIElement, item: IConversation): void {
    const forms = (['markdown', 'notebook'] as const).map(form =>
      button(TEXTS[form], () => {
        void this._export(item, form);
        this._back(row, item);
      })
    );
    const back = button(TEXTS.back, () => this._back(row, item));
    row.replaceChildren(make('span', { class: 'ngc-open-title' }, TEXTS.saveAs), ...forms, back);
    forms[0]?.focus();
  }

  private _back(row: HTMLLIElement, item: IConversation): void {
    const made = this._row(item);
    row.replaceWith(made);
    made.querySelector('button')?.focus();
  }

  private async _export(item: IConversation, format: 'markdown' | 'notebook'): Promise<void> {
    await this._try(async () => {
      const text = await this._transport.text(`conversations/${item.id}/export?format=${format}`);
      this._host.save(fileName(item, format), text);
    });
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this._actions.fault((error as Error).message);
    }
  }
}

function fileName(item: IConversation, format: 'markdown' | 'notebook'): string {
  const words = (item.title || `conversation ${item.id}`).normalize('NFKD').toLowerCase();
  const plain = words.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || `conversation-${item.id}`;
  return `${plain}.${format === 'markdown' ? 'md' : 'ipynb'}`;
}

function when(updated: string): string {
  const at = new Date(updated);
  const today = new Date().toDateString() === at.toDateString();
  return today
    ? at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

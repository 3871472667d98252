// Where a question is written: the field, what is attached, ask and stop.

import { button, ICONS, make, sign } from './dom';
import type { Attachment, IHost, ITransport } from './protocol';
import { TEXTS } from './texts';

export interface IComposerActions {
  ask(question: string, attachments: Attachment[]): void;
  stop(): void;
  fault(text: string): void;
}

const HIGHEST_PX = 200;

export class Composer {
  readonly node = make('form', { class: 'ngc-composer' });
  private readonly _field = make('textarea', { label: TEXTS.question });
  private readonly _chips = make('ul', { class: 'ngc-chips' });
  private readonly _menu = make('div', { class: 'ngc-menu', role: 'menu' });
  private readonly _send = make('button', { class: 'ngc-primary', title: TEXTS.sendHint }, TEXTS.send);
  private readonly _stop = button(TEXTS.stop, () => this._actions.stop(), { class: 'ngc-stop', title: TEXTS.stopHint });
  private readonly _file = make('input', { attributes: { type: 'file', hidden: '', tabindex: '-1' } });
  private readonly _clip: HTMLButtonElement;
  private _attached: Attachment[] = [];
  private _busy = false;

  constructor(
    private readonly _host: IHost,
    private readonly _transport: ITransport,
    private readonly _actions: IComposerActions
  ) {
    this._field.placeholder = TEXTS.placeholder;
    this._field.rows = 2;
    this._send.type = 'submit';
    this._menu.hidden = true;
    this._clip = sign(ICONS.clip(), TEXTS.attachHint, () => this._choose());
    this._clip.setAttribute('aria-haspopup', 'menu');
    const row = make('div', { class: 'ngc-row' }, this._clip, this._file, make('span', { class: 'ngc-gap' }), this._stop, this._send);
    this.node.append(this._chips, this._field, row, this._menu);
    this.node.addEventListener('submit', event => {
      event.preventDefault();
      this._ask();
    });
    this._field.addEventListener('keydown', this._key);
    this._field.addEventListener('input', () => this._fit());
    this._file.addEventListener('change', () => void this._uploaded());
    this._menu.addEventListener('keydown', this._menuKey);
    this._menu.addEventListener('focusout', event => {
      if (!this._menu.contains(event.relatedTarget as Node) && event.relatedTarget !== this._clip) {
        this._menu.hidden = true;
      }
    });
    this.busy = false;
  }

  /** While an answer is written one may stop it, not ask; the stop button always stands in its place. */
  set busy(busy: boolean) {
    this._busy = busy;
    this._send.disabled = busy;
    this._stop.disabled = !busy;
    this._stop.textContent = TEXTS.stop;
  }

  get busy(): boolean {
    return this._busy;
  }

  stopping(): void {
    this._stop.textContent = TEXTS.stopping;
    this._stop.disabled = true;
  }

  focus(): void {
    this._field.focus();
  }

  write(text: string): void {
    this._field.value = text;
    this._fit();
    this.focus();
  }

  attach(attachment: Attachment): void {
    this._attached.push(attachment);
    this._showAttached();
  }

  private _ask(): void {
    const question = this._field.value.trim();
    if (!question || this._busy) {
      return;
    }
    this._actions.ask(question, this._attached);
    this._attached = [];
    this._field.value = '';
    this._fit();
    this._showAttached();
  }

  private _key = (event: KeyboardEvent): void => {
    // An input method that is composing a character uses Enter itself.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this._ask();
    }
  };

  private _fit(): void {
    this._field.style.height = 'auto';
    this._field.style.height = `${Math.min(this._field.scrollHeight, HIGHEST_PX)}px`;
  }

  private _showAttached(): void {
    this._chips.replaceChildren(
      ...this._attached.map(item =>
        make(
          'li',
          { class: 'ngc-chip' },
          make('span', {}, item.name),
          sign(ICONS.cross(), TEXTS.detach(item.name), () => {
            this._attached = this._attached.filter(other => other !== item);
            this._showAttached();
            this.focus();
          })
        )
      )
    );
  }

  private _choose(): void {
    if (!this._menu.hidden) {
      this._menu.hidden = true;
      return;
    }
    const choices = (this._host.attachable?.() ?? []).map(choice =>
      button(choice.label, () => {
        const made = choice.make();
        this._closeMenu();
        if (made) {
          this.attach(made);
        }
      }, { role: 'menuitem' })
    );
    choices.push(
      button(TEXTS.attachFile, () => {
        this._closeMenu();
        this._file.click();
      }, { role: 'menuitem' })
    );
    this._menu.replaceChildren(...choices);
    this._menu.hidden = false;
    choices[0]?.focus();
  }

  private _closeMenu(): void {
    this._menu.hidden = true;
    this.focus();
  }

  private _menuKey = (event: KeyboardEvent): void => {
    const items = Array.from(this._menu.querySelectorAll('button'));
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step) {
      event.preventDefault();
      items[(at + step + items.length) % items.length]?.focus();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      this._menu.hidden = true;
      this._clip.focus();
    }
  };

  private async _uploaded(): Promise<void> {
    const chosen = this._file.files?.[0];
    this._file.value = '';
    if (!chosen) {
      return;
    }
    try {
      const kept = await this._transport.upload(chosen.name, chosen);
      this.attach({ kind: 'file', file: kept.id, name: chosen.name });
    } catch (error) {
      this._actions.fault(`${TEXTS.tooLarge(chosen.name)}: ${(error as Error).message}`);
    }
  }
}

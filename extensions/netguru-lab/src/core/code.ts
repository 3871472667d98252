// Code blocks: what a reader does with one stands on it.

import { button, make } from './dom';
import { TEXTS } from './texts';

export function dressCode(block: HTMLElement, insert?: (code: string) => boolean): void {
  for (const pre of Array.from(block.querySelectorAll('pre'))) {
    const code = (pre.textContent ?? '').replace(/\n$/, '');
    pre.tabIndex = 0;
    const frame = make('div', { class: 'ngc-code' });
    pre.replaceWith(frame);
    const bar = make('div', { class: 'ngc-code-bar' });
    bar.append(button(TEXTS.copy, event => void copied(event.currentTarget as HTMLElement, code)));
    if (insert) {
      bar.append(
        button(TEXTS.insert, event =>
          tell(event.currentTarget as HTMLElement, insert(code) ? TEXTS.inserted : TEXTS.noNotebook, TEXTS.insert)
        )
      );
    }
    frame.append(pre, bar);
  }
  for (const table of Array.from(block.querySelectorAll('table'))) {
    const frame = make('div', { class: 'ngc-wide', attributes: { tabindex: '0' } });
    table.replaceWith(frame);
    frame.append(table);
  }
}

async function copied(from: HTMLElement, code: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(code);
  } catch {
    // A page without the right to the clipboard: the older way copies a selection.
    const field = make('textarea');
    field.value = code;
    from.after(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
  tell(from, TEXTS.copied, TEXTS.copy);
}

const SHOWN_MS = 1500;

function tell(from: HTMLElement, said: string, usual: string): void {
  from.textContent = said;
  window.setTimeout(() => (from.textContent = usual), SHOWN_MS);
}

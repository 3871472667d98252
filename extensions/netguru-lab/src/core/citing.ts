// Numbers of places in a text become buttons that open them.

import { make } from './dom';
import type { ICitation } from './protocol';
import { TEXTS } from './texts';

const NUMBER = /\[(\d{1,4})\]/g;
// What is quoted is another's text: a number in it means nothing here.
const NEVER = 'pre, code, button, blockquote';

/** Turn every `[number]` of a known citation into a button. */
export function cite(
  block: HTMLElement,
  known: ReadonlyMap<number, ICitation>,
  open: (citation: ICitation, from: HTMLElement) => void
): void {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (node.data.includes('[') && !node.parentElement?.closest(NEVER)) {
      found.push(node);
    }
  }
  for (const node of found) {
    replace(node, known, open);
  }
}

function replace(
  node: Text,
  known: ReadonlyMap<number, ICitation>,
  open: (citation: ICitation, from: HTMLElement) => void
): void {
  const pieces: (Node | string)[] = [];
  let end = 0;
  for (const match of node.data.matchAll(NUMBER)) {
    const citation = known.get(Number(match[1]));
    if (citation) {
      pieces.push(node.data.slice(end, match.index), citeButton(citation, open));
      end = match.index! + match[0].length;
    }
  }
  if (pieces.length) {
    node.replaceWith(...pieces, node.data.slice(end));
  }
}

export function citeButton(
  citation: ICitation,
  open: (citation: ICitation, from: HTMLElement) => void
): HTMLButtonElement {
  const name = TEXTS.cite(citation.number, citation.label);
  const made = make('button', {
    class: 'ngc-cite',
    title: `${citation.label}\n${citation.evidence.text}`.trim(),
    label: name,
    onclick: () => open(citation, made)
  }, String(citation.number));
  made.type = 'button';
  return made;
}

// Markdown that streams in, made into elements that cannot load, run or lead anywhere.

import DOMPurify from 'dompurify';
import { Lexer, Parser } from 'marked';

const ALLOWED_TAGS = [
  'p', 'br', 'hr', 'em', 'strong', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li',
  'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'span', 'sub', 'sup'
];

/**
 * Make HTML of Markdown. Links, images and foreign tags do not survive: of a link its text and address remain
 * as text, of an image its description. Nothing that is shown asks another host or leads to one.
 */
function elements(source: string): DocumentFragment {
  const tokens = new Lexer({ gfm: true }).lex(source);
  const html = new Parser({ gfm: true }).parse(tokens);
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  for (const link of Array.from(parsed.querySelectorAll('a'))) {
    const address = link.getAttribute('href') ?? '';
    const said = link.textContent ?? '';
    link.replaceWith(address && address !== said ? `${said} (${address})` : said);
  }
  for (const image of Array.from(parsed.querySelectorAll('img'))) {
    image.replaceWith(image.getAttribute('alt') ?? '');
  }
  return DOMPurify.sanitize(parsed.body.innerHTML, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ['start', 'align'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true
  });
}

interface IBlock {
  raw: string;
  node: HTMLElement;
}

/** A growing text: only the blocks that changed are made anew, so a long answer costs no more per token. */
export class MarkdownView {
  readonly node = document.createElement('div');
  private _blocks: IBlock[] = [];

  constructor(private readonly _finish: (block: HTMLElement) => void) {
    this.node.className = 'ngc-text';
  }

  set(text: string): void {
    const pieces = split(text);
    let same = 0;
    while (same < pieces.length && same < this._blocks.length && this._blocks[same]!.raw === pieces[same]) {
      same += 1;
    }
    for (const gone of this._blocks.splice(same)) {
      gone.node.remove();
    }
    for (const raw of pieces.slice(same)) {
      const node = document.createElement('div');
      node.className = 'ngc-block';
      node.append(elements(raw));
      this._finish(node);
      this.node.append(node);
      this._blocks.push({ raw, node });
    }
  }
}

/** Cut a text into its blocks (paragraphs, lists, tables, code). */
function split(text: string): string[] {
  return new Lexer({ gfm: true })
    .lex(text)
    .map(token => token.raw)
    .filter(raw => raw.trim() !== '');
}

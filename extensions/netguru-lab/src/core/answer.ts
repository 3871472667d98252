// One answer: its text as it streams, the operations that ran, its places, how it stands.

import { cite, citeButton } from './citing';
import { dressCode } from './code';
import { button, make } from './dom';
import { MarkdownView } from './markdown';
import { placeView } from './place';
import type { IAnswer, ICitation, IFault, IHost, IMessage, IToolRun, ITransport, Place } from './protocol';
import { TEXTS } from './texts';

const MOST_PLACES = 12;

export interface IAnswerActions {
  approve(call: string, allow: boolean): void;
  retry(): void;
}

export class AnswerView {
  readonly node = make('article', { class: 'ngc-message ngc-answer', label: TEXTS.answer });
  private readonly _tools = make('ul', { class: 'ngc-tools' });
  private readonly _text: MarkdownView;
  private readonly _asked = make('div', { class: 'ngc-asked' });
  private readonly _end = make('div', { class: 'ngc-end' });
  private readonly _places = make('div', { class: 'ngc-places' });
  private readonly _known = new Map<number, ICitation>();
  private readonly _runs = new Map<string, { row: HTMLElement; run: IToolRun }>();
  private _said = '';
  private _frame = 0;
  private _shown?: HTMLElement;

  constructor(
    private readonly _host: IHost,
    private readonly _transport: ITransport,
    private readonly _actions: IAnswerActions
  ) {
    this._text = new MarkdownView(block => {
      dressCode(block, this._host.insert?.bind(this._host));
      cite(block, this._known, this._open);
    });
    this.node.append(this._tools, this._text.node, this._asked, this._places, this._end);
  }

  /** Show a stored message, or what there is of one that is being written. */
  show(message: IMessage): void {
    for (const run of message.tools) {
      this.tool(run);
    }
    message.citations.forEach(citation => this._known.set(citation.number, citation));
    this._said = message.text;
    this._render();
    this.node.dataset['status'] = message.status;
    if (message.status === 'streaming') {
      this._end.replaceChildren(make('span', { class: 'ngc-working' }, TEXTS.working));
      return;
    }
    this._asked.replaceChildren();
    this._listPlaces();
    this._end.replaceChildren(...endOf(message));
  }

  delta(text: string): void {
    this._said += text;
    if (!this._frame) {
      // Once a frame: a fast provider must not make the page lay itself out for every token.
      this._frame = requestAnimationFrame(this._render);
    }
  }

  tool(run: IToolRun): void {
    const known = this._runs.get(run.call);
    const merged = { ...known?.run, ...run };
    const row = toolRow(merged);
    if (known) {
      known.row.replaceWith(row);
    } else {
      this._tools.append(row);
    }
    this._runs.set(run.call, { row, run: merged });
  }

  citation(citation: ICitation): void {
    this._known.set(citation.number, citation);
    cite(this._text.node, this._known, this._open);
  }

  approval(call: string, name: string, stated: Record<string, unknown>, effect: string): void {
    const card = make('div', { class: 'ngc-approval', role: 'group', label: TEXTS.wantsToRun(name, effectOf(effect)) });
    const answered = (allow: boolean): void => {
      this._actions.approve(call, allow);
      card.replaceChildren(allow ? TEXTS.allowed(name) : TEXTS.refused(name));
    };
    card.append(
      make('div', {}, TEXTS.wantsToRun(name, effectOf(effect))),
      make('pre', { attributes: { tabindex: '0' } }, JSON.stringify(stated, null, 2)),
      button(TEXTS.allow, () => answered(true), { class: 'ngc-primary' }),
      button(TEXTS.refuse, () => answered(false))
    );
    this._asked.append(card);
    card.querySelector('button')?.focus();
  }

  fault(fault: IFault): void {
    this.node.dataset['status'] = 'failed';
    const hint = fault.details?.hint;
    this._asked.replaceChildren();
    this._end.replaceChildren(
      make('div', { class: 'ngc-fault', role: 'alert' }, hint ? `${fault.message} (${hint})` : fault.message),
      button(TEXTS.retry, () => this._actions.retry(), { class: 'ngc-primary' })
    );
  }

  private _render = (): void => {
    this._frame = 0;
    this._text.set(this._said);
  };

  private _listPlaces(): void {
    const all = Array.from(this._known.values());
    const rows = all.map(citation =>
      make(
        'li',
        {},
        citeButton(citation, this._open),
        make('span', { class: 'ngc-label', title: citation.evidence.text }, citation.label)
      )
    );
    if (rows.length) {
      const list = make('details', {}, make('summary', {}, `${TEXTS.sources} (${rows.length})`), make('ul', {}, ...rows));
      list.open = rows.length <= MOST_PLACES / 3;
      this._places.replaceChildren(list);
    }
  }

  private _open = (citation: ICitation, from: HTMLElement): void => {
    void this._opened(citation, from);
  };

  private async _opened(citation: ICitation, from: HTMLElement): Promise<void> {
    if (await this._host.open?.(citation)) {
      return;
    }
    this._shown?.remove();
    const close = (): void => {
      this._shown?.remove();
      from.focus();
    };
    try {
      const place = await this._transport.request<Place>('GET', citation.url);
      this._shown = placeView(place, close);
    } catch (error) {
      this._shown = make('div', { class: 'ngc-fault', role: 'alert' }, (error as Error).message);
    }
    (from.closest('.ngc-block, .ngc-places') ?? this.node).after(this._shown);
    this._shown.querySelector('.ngc-marked, mark')?.scrollIntoView({ block: 'nearest' });
    this._shown.querySelector('button')?.focus({ preventScroll: true });
  }
}

function effectOf(effect: string): string {
  return TEXTS.effects[effect] ?? effect;
}

function toolRow(run: IToolRun): HTMLElement {
  const open = run.state === 'started' || run.state === 'progress';
  const row = make(
    'li',
    { class: `ngc-tool ngc-tool-${run.state}`, title: run.arguments ? JSON.stringify(run.arguments) : '' },
    make('span', { class: 'ngc-tool-name' }, run.name),
    make('span', { class: 'ngc-tool-state' }, (run.state !== 'cancelled' && run.summary) || TEXTS.states[run.state])
  );
  if (open) {
    const bar = make('progress', { label: run.name });
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done ?? 0;
    }
    row.append(bar);
  }
  return row;
}

function endOf(message: IMessage): HTMLElement[] {
  const said: HTMLElement[] = [];
  if (message.status === 'cancelled') {
    said.push(make('div', { class: 'ngc-stopped' }, TEXTS.stopped));
  }
  if (message.status === 'failed') {
    said.push(make('div', { class: 'ngc-fault' }, TEXTS.failed));
  }
  if (message.answer) {
    said.push(make('div', { class: 'ngc-standing', attributes: { 'data-standing': message.answer.status } }, ...standing(message.answer)));
  }
  return said;
}

function standing(answer: IAnswer): HTMLElement[] {
  const parts = [make('span', { class: 'ngc-status' }, TEXTS.statuses[answer.status])];
  const { unit, read, total, gaps } = answer.coverage ?? {};
  if (unit !== undefined && read !== undefined && total !== undefined) {
    const unread = (gaps ?? []).map(gap => `${gap.count} ${unit}: ${gap.reason}`).join('\n');
    parts.push(make('span', { class: unread ? 'ngc-warn' : '', title: unread }, TEXTS.coverage(read, total, unit)));
  }
  parts.push(make('span', {}, answer.model ?? TEXTS.offline));
  if (answer.fallback && answer.model) {
    parts.push(make('span', { class: 'ngc-warn' }, answer.fallback));
  }
  return parts;
}

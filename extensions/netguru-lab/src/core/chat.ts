// The chat: one component for the side panel, a cell and a dashboard; what surrounds it comes as a host.

import { AnswerView } from './answer';
import { Composer } from './composer';
import { button, ICONS, make, sign } from './dom';
import { ConversationList } from './list';
import { SettingsForm } from './settings';
import type {
  Attachment,
  IChannel,
  IConversation,
  IHost,
  IMessage,
  IPage,
  ITransport,
  LineState,
  ServerMessage
} from './protocol';
import { TEXTS } from './texts';

const NEAR_END_PX = 60;

interface IAsked {
  question: string;
  attachments: Attachment[];
}

export class Chat {
  readonly node = make('section', {
    class: 'ngc',
    label: TEXTS.title,
    // Keys that are pressed here are ours, not shortcuts of the notebook around.
    attributes: { 'data-lm-suppress-shortcuts': 'true' }
  });
  private readonly _heading = make('h2', { class: 'ngc-title' }, TEXTS.untitled);
  private readonly _log = make('div', { class: 'ngc-log', role: 'log', label: TEXTS.log });
  private readonly _said = make('div', { class: 'ngc-said', attributes: { 'aria-live': 'polite' } });
  private readonly _notice = make('div', { class: 'ngc-notice', role: 'status' });
  private readonly _composer: Composer;
  private readonly _list: ConversationList;
  private readonly _settings: SettingsForm;
  private readonly _toggle: HTMLButtonElement;
  private readonly _gear = sign(ICONS.gear(), TEXTS.settings, () => this.settings());
  private readonly _answers = new Map<string, AnswerView>();
  /** Messages whose text came through the line. */
  private readonly _live = new Set<number>();
  private _conversation = 0;
  private _lost = false;
  private _channel?: IChannel;
  private _asking = '';
  private _last: IAsked = { question: '', attachments: [] };
  private _count = 0;

  constructor(
    private readonly _transport: ITransport,
    private readonly _host: IHost
  ) {
    this._composer = new Composer(_host, _transport, {
      ask: (question, attachments) => this.ask(question, attachments),
      stop: () => this.stop(),
      fault: text => this._tell(text)
    });
    this._list = new ConversationList(_transport, _host, {
      open: item => void this.open(item),
      removed: id => id === this._conversation && this.begin(),
      renamed: item => item.id === this._conversation && this._name(item.title),
      fault: text => this._tell(text)
    });
    this._settings = new SettingsForm(_transport, () => this._hideList());
    this._toggle = sign(ICONS.list(), TEXTS.conversationsHint, () => void this._toggleList());
    this._toggle.setAttribute('aria-expanded', 'false');
    const head = make(
      'header',
      { class: 'ngc-head' },
      this._toggle,
      this._heading,
      sign(ICONS.plus(), TEXTS.newConversation, () => this.begin(true)),
      this._gear
    );
    this._log.tabIndex = 0;
    // Of a growing text a screen reader would read every piece; the finished answer is told once, apart.
    this._log.setAttribute('aria-live', 'off');
    this.node.append(head, this._list.node, this._settings.node, this._log, this._notice, this._composer.node, this._said);
    this.node.addEventListener('keydown', this._key);
    this._showEmpty();
  }

  /** Open the conversation last spoken in, if there is one. */
  async resume(): Promise<void> {
    try {
      const page = await this._transport.request<IPage<IConversation>>('GET', 'conversations?limit=1');
      const latest = page.items[0];
      if (latest && !this._conversation && !this._asking) {
        await this.open(latest);
      }
    } catch (error) {
      this._tell((error as Error).message);
    }
  }

  /** Begin a conversation; the server makes it with the first question. */
  begin(focus = false): void {
    this._leave();
    this._name('');
    this._showEmpty();
    this._hideList();
    if (focus) {
      this._composer.focus();
    }
  }

  async open(item: IConversation): Promise<void> {
    this._leave();
    this._hideList();
    this._conversation = item.id;
    this._list.current = item.id;
    this._name(item.title);
    // The line first: what ends between the two is told by one of them, and shown once.
    this._connect(item.id);
    await this._fill(item.id);
    if (this._conversation === item.id) {
      this._composer.focus();
    }
  }

  ask(question: string, attachments: Attachment[] = []): void {
    this._hideList();
    this._last = { question, attachments };
    this._tell('');
    this._log.querySelector('.ngc-empty')?.remove();
    this._log.append(questionView(question, attachments.map(item => item.name)));
    this._log.scrollTop = this._log.scrollHeight;
    const id = `${Date.now().toString(36)}-${++this._count}`;
    this._asking = id;
    this._composer.busy = true;
    this._answer(id);
    void this._send(id, question, attachments);
  }

  stop(): void {
    if (this._asking) {
      this._composer.stopping();
      this._channel?.send({ type: 'cancel', id: this._asking });
    }
  }

  /** Show the settings, or hide them again. */
  settings(): void {
    const shown = !this._settings.node.hidden;
    this._hideList();
    if (!shown) {
      void this._settings.show();
    }
  }

  attach(attachment: Attachment): void {
    this._composer.attach(attachment);
    this._composer.focus();
  }

  focus(): void {
    this._composer.focus();
  }

  dispose(): void {
    this._leave();
    this.node.remove();
  }

  private async _send(id: string, question: string, attachments: Attachment[]): Promise<void> {
    try {
      if (!this._conversation) {
        const made = await this._transport.request<IConversation>('POST', 'conversations', {});
        this._conversation = this._list.current = made.id;
        this._connect(made.id);
      }
      this._channel?.send({ type: 'ask', id, question, attachments });
    } catch (error) {
      this._answers.get(id)?.fault({ code: 'failed', message: (error as Error).message });
      this._ended(id);
    }
  }

  /** Show what is stored before what is heard. */
  private async _fill(id: number): Promise<void> {
    const stored: HTMLElement[] = [];
    try {
      let cursor: string | null = '';
      while (cursor !== null) {
        const stated: string = cursor ? `?cursor=${cursor}` : '';
        const page: IPage<IMessage> = await this._transport.request('GET', `conversations/${id}/messages${stated}`);
        page.items.forEach(item => stored.push(...this._stored(item)));
        cursor = page.next;
      }
    } catch (error) {
      this._tell((error as Error).message);
    }
    if (id === this._conversation) {
      this._log.prepend(...stored);
      this._log.scrollTop = this._log.scrollHeight;
    }
  }

  private _stored(message: IMessage): HTMLElement[] {
    if (message.role === 'user') {
      this._last = { question: message.text, attachments: [] };
      return [questionView(message.text, message.attachments ?? [])];
    }
    // One that is being written comes through the line.
    if (message.status === 'streaming' || this._live.has(message.id)) {
      return [];
    }
    const view = this._view();
    view.show(message);
    return [view.node];
  }

  private _answer(id: string): AnswerView {
    const known = this._answers.get(id);
    if (known) {
      return known;
    }
    const made = this._view(id);
    this._answers.set(id, made);
    this._log.append(made.node);
    return made;
  }

  private _view(id = ''): AnswerView {
    const asked = this._last;
    return new AnswerView(this._host, this._transport, {
      approve: (call, allow) => this._channel?.send({ type: 'approve', id, call, allow }),
      retry: () => !this._composer.busy && this.ask(asked.question, asked.attachments)
    });
  }

  private _connect(id: number): void {
    this._channel?.close();
    this._channel = this._transport.connect(id, {
      heard: message => this._conversation === id && this._heard(message),
      state: state => this._conversation === id && this._lineState(state)
    });
  }

  private _lineState(state: LineState): void {
    this._tell(state === 'open' ? '' : state === 'waiting' ? TEXTS.lost : TEXTS.forbidden);
    if (state === 'refused') {
      this._ended(this._asking);
    }
    this._lost = this._lost || state === 'waiting';
  }

  private _heard(message: ServerMessage): void {
    const atEnd = this._log.scrollHeight - this._log.scrollTop - this._log.clientHeight < NEAR_END_PX;
    this._take(message);
    if (atEnd) {
      requestAnimationFrame(() => (this._log.scrollTop = this._log.scrollHeight));
    }
  }

  private _take(message: ServerMessage): void {
    switch (message.type) {
      case 'ready':
        if (this._lost) {
          // What happened meanwhile is stored, or told next.
          this._lost = false;
          this._clear();
          void this._fill(this._conversation);
        }
        break;
      case 'started':
        this._asking = message.id;
        this._live.add(message.message.id);
        this._composer.busy = true;
        this._answer(message.id).show(message.message);
        break;
      case 'delta':
        this._answer(message.id).delta(message.text);
        break;
      case 'tool':
        this._answer(message.id).tool(message);
        break;
      case 'citation':
        this._answer(message.id).citation(message.citation);
        break;
      case 'approval':
        this._answer(message.id).approval(message.call, message.name, message.arguments, message.effect);
        break;
      case 'finished':
      case 'stopped':
        this._live.add(message.message.id);
        this._answer(message.id).show(message.message);
        this._ended(message.id, message.message.text);
        break;
      case 'error':
        this._failed(message);
        break;
    }
  }

  private _failed(message: Extract<ServerMessage, { type: 'error' }>): void {
    if (!message.id) {
      this._tell(message.error.message);
      return;
    }
    const view = this._answer(message.id);
    if (message.message) {
      view.show(message.message);
    }
    view.fault(message.error);
    this._ended(message.id);
  }

  private _ended(id: string, text = ''): void {
    if (id !== this._asking) {
      return;
    }
    this._asking = '';
    this._composer.busy = false;
    this._said.textContent = text;
    if (this._heading.textContent === TEXTS.untitled) {
      void this._findName();
    }
  }

  private async _findName(): Promise<void> {
    const id = this._conversation;
    const found = await this._transport.request<IConversation>('GET', `conversations/${id}`).catch(() => null);
    if (found && id === this._conversation) {
      this._name(found.title);
    }
  }

  private _leave(): void {
    this._channel?.close();
    this._channel = undefined;
    this._conversation = this._list.current = 0;
    this._lost = false;
    this._clear();
    this._tell('');
  }

  private _clear(): void {
    this._asking = '';
    this._composer.busy = false;
    this._answers.clear();
    this._live.clear();
    this._log.replaceChildren();
  }

  private _name(title: string): void {
    this._heading.textContent = title || TEXTS.untitled;
    this._heading.title = title;
  }

  private _tell(text: string): void {
    this._notice.textContent = text;
  }

  private async _toggleList(): Promise<void> {
    if (this._list.node.hidden) {
      this._settings.hide();
      this._toggle.setAttribute('aria-expanded', 'true');
      await this._list.show();
    } else {
      this._hideList();
      this._composer.focus();
    }
  }

  private _hideList(): void {
    this._list.hide();
    this._settings.hide();
    this._toggle.setAttribute('aria-expanded', 'false');
  }

  private _showEmpty(): void {
    this._log.replaceChildren(
      make(
        'div',
        { class: 'ngc-empty' },
        make('p', {}, TEXTS.empty),
        ...TEXTS.examples.map(example => button(example, () => this._composer.write(example), { class: 'ngc-example' }))
      )
    );
  }

  private _key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') {
      return;
    }
    if (!this._list.node.hidden || !this._settings.node.hidden) {
      const opener = this._settings.node.hidden ? this._toggle : this._gear;
      this._hideList();
      opener.focus();
    } else {
      this.stop();
    }
  };
}

function questionView(question: string, attached: string[]): HTMLElement {
  return make(
    'article',
    { class: 'ngc-message ngc-question', label: TEXTS.you },
    make('div', {}, question),
    attached.length > 0 && make('div', { class: 'ngc-dim' }, attached.join(', '))
  );
}

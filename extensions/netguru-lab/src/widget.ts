// The chat as a widget of a cell or a dashboard: requests and messages travel as messages of the widget.

import { Chat } from './core/chat';
import { Refused } from './core/protocol';
import type { ClientMessage, IChannel, IFault, ILineListener, ITransport, ServerMessage } from './core/protocol';
import { saved } from './core/saving';

interface IModel {
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: 'msg:custom', heard: (content: Told) => void): void;
  off(event: 'msg:custom', heard: (content: Told) => void): void;
}

type Told =
  | { kind: 'answer'; id: string; status: number; body: unknown; json: boolean }
  | { kind: 'heard'; line: string; message: ServerMessage };

interface IWaiting {
  done(body: unknown): void;
  failed(error: Error): void;
}

class WidgetTransport implements ITransport {
  private readonly _own = Math.random().toString(36).slice(2);
  private readonly _waiting = new Map<string, IWaiting>();
  private readonly _lines = new Map<string, ILineListener>();
  private _count = 0;

  constructor(private readonly _model: IModel) {
    _model.on('msg:custom', this._heard);
  }

  dispose(): void {
    this._model.off('msg:custom', this._heard);
    this._lines.forEach((_, line) => this._model.send({ kind: 'close', line }));
  }

  request<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this._ask({ method, path, body }) as Promise<T>;
  }

  text(path: string): Promise<string> {
    return this._ask({ method: 'GET', path }).then(body => (typeof body === 'string' ? body : JSON.stringify(body)));
  }

  async upload(name: string, content: Blob): Promise<{ id: number; name: string }> {
    const buffer = await content.arrayBuffer();
    return (await this._ask({ method: 'POST', path: 'files', name }, [buffer])) as { id: number; name: string };
  }

  connect(conversation: number, listener: ILineListener): IChannel {
    const line = this._next();
    this._lines.set(line, listener);
    this._model.send({ kind: 'connect', line, conversation });
    return {
      send: (message: ClientMessage) => this._model.send({ kind: 'say', line, message }),
      close: () => {
        this._lines.delete(line);
        this._model.send({ kind: 'close', line });
      }
    };
  }

  private _next(): string {
    this._count += 1;
    return `${this._own}-${this._count}`;
  }

  private _ask(stated: Record<string, unknown>, buffers?: ArrayBuffer[]): Promise<unknown> {
    const id = this._next();
    return new Promise((done, failed) => {
      this._waiting.set(id, { done, failed });
      this._model.send({ kind: 'request', id, ...stated }, undefined, buffers);
    });
  }

  private _heard = (told: Told): void => {
    if (told.kind === 'heard') {
      this._lines.get(told.line)?.heard(told.message);
      return;
    }
    const waiting = this._waiting.get(told.id);
    this._waiting.delete(told.id);
    if (told.status < 400) {
      waiting?.done(told.body);
    } else {
      waiting?.failed(new Refused((told.body as { error: IFault }).error, told.status));
    }
  };
}

export default {
  render({ model, el }: { model: IModel; el: HTMLElement }): () => void {
    const transport = new WidgetTransport(model);
    const chat = new Chat(transport, { save: saved });
    chat.node.classList.add('ngc-framed');
    el.append(chat.node);
    // A notebook takes keys for itself where the focus lies in an output.
    chat.node.addEventListener('keydown', event => event.stopPropagation());
    return () => {
      chat.dispose();
      transport.dispose();
    };
  }
};

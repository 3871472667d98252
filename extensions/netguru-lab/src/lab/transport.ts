// The chat's requests over HTTP and its messages over a WebSocket of the Jupyter server.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Refused } from '../core/protocol';
import type { ClientMessage, IChannel, ILineListener, ITransport, ServerMessage } from '../core/protocol';

const BASE = 'netguru/api/v1';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const HOPELESS = new Set([401, 403, 404]);

export class ServerTransport implements ITransport {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    const answer = await this._ask(path, init);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  async text(path: string): Promise<string> {
    return (await this._ask(path, { method: 'GET' })).text();
  }

  async upload(name: string, content: Blob): Promise<{ id: number; name: string }> {
    const headers = { 'X-File-Name': encodeURIComponent(name), 'Content-Type': 'application/octet-stream' };
    const answer = await this._ask('files', { method: 'POST', body: content, headers });
    return (await answer.json()) as { id: number; name: string };
  }

  connect(conversation: number, listener: ILineListener): IChannel {
    return new Line(this, this._settings, conversation, listener);
  }

  private async _ask(path: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, BASE) + '/' + path;
    const answer = await ServerConnection.makeRequest(url, init, this._settings);
    if (!answer.ok) {
      const said = await answer.json().catch(() => null);
      throw new Refused(said?.error ?? { code: 'failed', message: answer.statusText || `${answer.status}` }, answer.status);
    }
    return answer;
  }
}

/** A WebSocket that comes back: it waits longer after each failure, and gives up where it is not let in. */
class Line implements IChannel {
  private _socket?: WebSocket;
  private _unsent: ClientMessage[] = [];
  private _closed = false;
  private _timer = 0;
  private _wait = FIRST_WAIT_MS;

  constructor(
    private readonly _transport: ServerTransport,
    private readonly _settings: ServerConnection.ISettings,
    private readonly _conversation: number,
    private readonly _listener: ILineListener
  ) {
    this._open();
  }

  send(message: ClientMessage): void {
    if (this._socket?.readyState === WebSocket.OPEN) {
      this._socket.send(JSON.stringify(message));
    } else {
      this._unsent.push(message);
    }
  }

  close(): void {
    this._closed = true;
    window.clearTimeout(this._timer);
    this._socket?.close();
  }

  private _open(): void {
    let url = URLExt.join(this._settings.wsUrl, BASE, 'ws/chat', String(this._conversation));
    if (this._settings.appendToken && this._settings.token) {
      url += `?token=${encodeURIComponent(this._settings.token)}`;
    }
    const socket = (this._socket = new this._settings.WebSocket(url));
    socket.onopen = () => {
      this._wait = FIRST_WAIT_MS;
      this._listener.state('open');
      this._unsent.splice(0).forEach(message => this.send(message));
    };
    socket.onmessage = event => {
      if (!this._closed) {
        this._listener.heard(JSON.parse(event.data as string) as ServerMessage);
      }
    };
    socket.onclose = () => {
      if (!this._closed) {
        void this._again();
      }
    };
  }

  private async _again(): Promise<void> {
    this._listener.state('waiting');
    try {
      await this._transport.request('GET', `conversations/${this._conversation}`);
    } catch (error) {
      // A browser does not tell why a socket was refused; the same question over HTTP does.
      if (error instanceof Refused && HOPELESS.has(error.status)) {
        this._listener.state('refused');
        return;
      }
    }
    if (!this._closed) {
      this._timer = window.setTimeout(() => this._open(), this._wait);
      this._wait = Math.min(2 * this._wait, LONGEST_WAIT_MS);
    }
  }
}

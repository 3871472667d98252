// What the server and the chat say to each other (docs/chat-api.md), and what the chat needs of its surroundings.

export type ToolState = 'started' | 'progress' | 'done' | 'failed' | 'cancelled';
export type MessageStatus = 'complete' | 'cancelled' | 'failed' | 'streaming';

export interface IConversation {
  id: number;
  title: string;
  updated: string;
  messages: number;
}

export interface IEvidence {
  source: string;
  kind: string;
  start: number;
  end: number;
  text: string;
}

export interface ICitation {
  number: number;
  evidence: IEvidence;
  label: string;
  url: string;
}

export interface IToolRun {
  call: string;
  name: string;
  state: ToolState;
  arguments?: Record<string, unknown>;
  summary?: string;
  done?: number;
  total?: number;
}

export interface ICoverage {
  unit: string;
  total: number;
  read: number;
  gaps?: { reason: string; count: number }[];
}

export interface IAnswer {
  status: 'grounded' | 'partial' | 'not_found';
  model: string | null;
  usage: Record<string, unknown> | null;
  fallback: string | null;
  coverage: ICoverage | null;
}

export interface IMessage {
  id: number;
  role: 'user' | 'assistant';
  text: string;
  status: MessageStatus;
  created: string;
  answer: IAnswer | null;
  tools: IToolRun[];
  citations: ICitation[];
  attachments?: string[];
}

export interface IFault {
  code: string;
  message: string;
  request_id?: string;
  details?: { hint?: string; place?: string; retry_after?: number; position?: number };
}

export type Attachment =
  | { kind: 'file'; path: string; name: string }
  | { kind: 'file'; file: number; name: string }
  | { kind: 'text'; name: string; text: string };

export type ClientMessage =
  | { type: 'ask'; id: string; question: string; attachments: Attachment[] }
  | { type: 'cancel'; id: string }
  | { type: 'approve'; id: string; call: string; allow: boolean }
  | { type: 'ping' };

export type ServerMessage =
  | { type: 'ready'; conversation: number; user: string }
  | { type: 'started'; id: string; message: IMessage }
  | { type: 'delta'; id: string; text: string }
  | ({ type: 'tool'; id: string } & IToolRun)
  | { type: 'citation'; id: string; number: number; citation: ICitation }
  | { type: 'approval'; id: string; call: string; name: string; arguments: Record<string, unknown>; effect: string }
  | { type: 'finished'; id: string; message: IMessage }
  | { type: 'stopped'; id: string; message: IMessage }
  | { type: 'error'; id?: string; message?: IMessage; error: IFault }
  | { type: 'pong' };

export interface ILayer {
  name: string;
  fields: Record<string, unknown>;
}

export interface IPacket {
  number: number;
  time: string | number;
  source: string;
  destination: string;
  protocol: string;
  length: number;
  info: string;
  fields: ILayer[];
  marked?: boolean;
}

export interface ILine {
  number: number;
  text: string;
  marked?: boolean;
}

export type Place =
  | { kind: 'lines'; source: string; title: string; lines: ILine[] }
  | { kind: 'packets'; source: string; title: string; packets: IPacket[] }
  | { kind: 'passage'; source: string; title: string; html_text: { text: string; marked: boolean }[] };

export interface ISettings {
  provider: string | null;
  model: string | null;
  base_url: string | null;
  price: string | null;
  budget: number | null;
  key_set: boolean;
}

export interface IPage<T> {
  items: T[];
  next: string | null;
}

/** An error that the server told; `status` is its HTTP status. */
export class Refused extends Error {
  constructor(
    readonly fault: IFault,
    readonly status: number
  ) {
    super(fault.message);
  }
}

/** An open line to one conversation. */
export interface IChannel {
  send(message: ClientMessage): void;
  close(): void;
}

export type LineState = 'open' | 'waiting' | 'refused';

export interface ILineListener {
  heard(message: ServerMessage): void;
  state(state: LineState): void;
}

/** How requests and messages travel: over HTTP and a WebSocket, or over the messages of a widget. */
export interface ITransport {
  request<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** A path that gives text, not JSON. */
  text(path: string): Promise<string>;
  upload(name: string, content: Blob): Promise<{ id: number; name: string }>;
  connect(conversation: number, listener: ILineListener): IChannel;
}

/** What surrounds the chat: a Lab offers more than a cell. */
export interface IHost {
  /** Open a citation beside the chat; false when it cannot, and the chat shows the place itself. */
  open?(citation: ICitation): Promise<boolean>;
  /** Put code into a notebook; false when there is none. */
  insert?(code: string): boolean;
  /** What the user may attach now, each named as a choice. */
  attachable?(): { label: string; make(): Attachment | null }[];
  save(name: string, text: string): void;
}

// Packet tables and configurations as documents of JupyterLab.

import { ABCWidgetFactory, DocumentWidget, TextModelFactory } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { LineView } from '../core/lines';
import { PacketView } from '../core/packets';
import type { ITransport } from '../core/protocol';
import { icon } from './icon';

export const CAPTURE = 'netguru-capture';
export const CONFIG = 'netguru-config';
export const PACKETS_FACTORY = 'NetGuru packets';
export const LINES_FACTORY = 'NetGuru lines';
const MODEL = 'netguru-place';

export const FILE_TYPES: Partial<DocumentRegistry.IFileType>[] = [
  {
    name: CAPTURE,
    displayName: 'Capture',
    extensions: ['.pcap', '.pcapng', '.cap', '.pcap.gz', '.pcapng.gz'],
    mimeTypes: ['application/vnd.tcpdump.pcap'],
    contentType: 'file',
    fileFormat: 'base64',
    icon
  },
  {
    name: CONFIG,
    displayName: 'Device configuration',
    extensions: ['.cfg', '.conf', '.config', '.ios', '.junos', '.running'],
    mimeTypes: ['text/plain'],
    contentType: 'file',
    fileFormat: 'text',
    icon
  }
];

/** A model that holds no content: a capture of gigabytes must not travel to the browser to show a page of it. */
export class PlaceModelFactory extends TextModelFactory {
  override get name(): string {
    return MODEL;
  }

  override get fileFormat(): Contents.FileFormat {
    return null;
  }
}

type View = LineView | PacketView;

/** The content of a document: one of our views. */
export class ViewWidget extends Widget {
  constructor(readonly view: View) {
    super();
    this.addClass('ngc-document');
    this.node.append(view.node);
  }

  reveal(first: number, last: number): void {
    this.view.reveal(first, last);
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.view.focus();
  }

  override dispose(): void {
    this.view.dispose();
    super.dispose();
  }
}

class ViewFactory extends ABCWidgetFactory<DocumentWidget<ViewWidget>> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<DocumentWidget<ViewWidget>>,
    private readonly _make: (path: string) => View
  ) {
    super(options);
  }

  protected override createNewWidget(context: DocumentRegistry.Context): DocumentWidget<ViewWidget> {
    const content = new ViewWidget(this._make(context.localPath));
    content.title.icon = icon;
    return new DocumentWidget({ content, context });
  }
}

export function factories(transport: ITransport): DocumentRegistry.WidgetFactory[] {
  const shared = { modelName: MODEL, readOnly: true };
  return [
    new ViewFactory(
      { ...shared, name: PACKETS_FACTORY, fileTypes: [CAPTURE], defaultFor: [CAPTURE] },
      path => new PacketView(transport, path)
    ),
    // A configuration is edited by default; this view of it is chosen, or opened by a citation.
    new ViewFactory({ ...shared, name: LINES_FACTORY, fileTypes: ['*'] }, path => new LineView(transport, path))
  ];
}

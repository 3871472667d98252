// What JupyterLab offers the chat: documents to open, notebooks to write into, things to attach.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Attachment, ICitation, IHost } from '../core/protocol';
import { saved } from '../core/saving';
import { TEXTS } from '../core/texts';
import { LINES_FACTORY, PACKETS_FACTORY, ViewWidget } from './viewers';

const FACTORIES: Record<string, string> = { line: LINES_FACTORY, packet: PACKETS_FACTORY };

export class LabHost implements IHost {
  /** Known once Lab has one. */
  browser: IDefaultFileBrowser | null = null;

  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _notebooks: INotebookTracker | null
  ) {}

  open = async (citation: ICitation): Promise<boolean> => {
    const { source, kind, start, end } = citation.evidence;
    const factory = FACTORIES[kind];
    // What lies outside of the folder that Lab shows has no document; the chat shows it.
    if (!factory || source.startsWith('/') || source.split('/').some(part => part.startsWith('.'))) {
      return false;
    }
    const opened: unknown = await openIn(this._app, source, factory);
    const content = opened instanceof DocumentWidget ? (opened.content as unknown) : null;
    if (!(content instanceof ViewWidget)) {
      return false;
    }
    content.reveal(start, end);
    return true;
  };

  insert = (code: string): boolean => {
    const panel = this._notebooks?.currentWidget;
    if (!panel?.content.model) {
      return false;
    }
    NotebookActions.insertBelow(panel.content);
    panel.content.activeCell?.model.sharedModel.setSource(code);
    void panel.content.activeCell?.ready.then(() => panel.content.activeCell?.node.scrollIntoView({ block: 'nearest' }));
    return true;
  };

  attachable = (): { label: string; make(): Attachment | null }[] => [
    ...this._files(),
    ...this.cells(),
    ...this._selection()
  ];

  save = saved;

  private _files(): { label: string; make(): Attachment }[] {
    const chosen = Array.from(this.browser?.selectedItems() ?? []).map(item => item.path);
    const shown = this._app.shell.currentWidget;
    const open = shown instanceof DocumentWidget ? [shown.context.localPath] : [];
    return Array.from(new Set([...chosen, ...open])).map(path => ({
      label: TEXTS.attachPath(path),
      make: () => fileAttachment(path)
    }));
  }

  /** The active cell with its output, if there is one. */
  cells(): { label: string; make(): Attachment }[] {
    const panel = this._notebooks?.currentWidget;
    const cell = this._notebooks?.activeCell;
    if (!panel || !cell) {
      return [];
    }
    const name = TEXTS.cellName((panel.content.activeCellIndex ?? 0) + 1, panel.context.localPath);
    const outputs = cell.node.querySelector<HTMLElement>('.jp-OutputArea')?.innerText.trim() ?? '';
    const text = [cell.model.sharedModel.getSource(), outputs].filter(Boolean).join('\n\n');
    return text ? [{ label: TEXTS.attachText(name), make: () => ({ kind: 'text', name, text }) }] : [];
  }

  private _selection(): { label: string; make(): Attachment }[] {
    const editor = this._notebooks?.activeCell?.editor;
    if (!editor) {
      return [];
    }
    const { start, end } = editor.getSelection();
    const source = editor.model.sharedModel.getSource();
    const [from, to] = [editor.getOffsetAt(start), editor.getOffsetAt(end)].sort((a, b) => a - b) as [number, number];
    const text = source.slice(from, to);
    const name = TEXTS.selection;
    return text.trim() ? [{ label: TEXTS.attachText(name), make: () => ({ kind: 'text', name, text }) }] : [];
  }
}

export function fileAttachment(path: string): Attachment {
  return { kind: 'file', path, name: path.split('/').pop() || path };
}

/** Open a path with one of our viewers; gives the document, ready. */
export async function openIn(app: JupyterFrontEnd, path: string, factory: string): Promise<unknown> {
  try {
    const opened: unknown = await app.commands.execute('docmanager:open', { path, factory });
    if (opened instanceof DocumentWidget) {
      await opened.context.ready;
    }
    return opened;
  } catch {
    return null;
  }
}

// The plugin of the viewers: file types, documents, and what the file browser offers for a file.

import { ILabShell } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { fileBrowser } from './browser';
import { openIn } from './host';
import { icon } from './icon';
import { ServerTransport } from './transport';
import { CAPTURE, factories, FILE_TYPES, LINES_FACTORY, PACKETS_FACTORY, PlaceModelFactory } from './viewers';
import { TEXTS } from '../core/texts';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@netguru/lab:files',
  description: 'Packet tables and configurations with line numbers as documents',
  autoStart: true,
  optional: [ILabShell],
  activate: async (app: JupyterFrontEnd, shell: ILabShell | null) => {
    if (!shell) {
      return;
    }
    const { docRegistry, commands } = app;
    FILE_TYPES.forEach(type => docRegistry.addFileType(type));
    docRegistry.addModelFactory(new PlaceModelFactory());
    factories(new ServerTransport(app.serviceManager.serverSettings)).forEach(item =>
      docRegistry.addWidgetFactory(item)
    );
    const browser = await fileBrowser(app);
    if (!browser) {
      return;
    }
    commands.addCommand('netguru:open', {
      label: TEXTS.openWith,
      icon,
      execute: async () => {
        for (const item of Array.from(browser.selectedItems())) {
          const captured = docRegistry.getFileTypesForPath(item.path).some(type => type.name === CAPTURE);
          await openIn(app, item.path, captured ? PACKETS_FACTORY : LINES_FACTORY);
        }
      }
    });
    app.contextMenu.addItem({
      command: 'netguru:open',
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 1.5
    });
  }
};

export default plugin;

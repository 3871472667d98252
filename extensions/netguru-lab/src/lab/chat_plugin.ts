// The plugin of the chat: the panel on the right, its commands, and its settings.

import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Chat } from '../core/chat';
import type { Attachment } from '../core/protocol';
import { TEXTS } from '../core/texts';
import { fileBrowser } from './browser';
import { fileAttachment, LabHost } from './host';
import { icon } from './icon';
import { ChatPanel } from './panel';
import { follow } from './preferences';
import { ServerTransport } from './transport';

const RANK = 900;
const ID = '@netguru/lab:chat';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Ask about the network in a panel beside the notebook',
  autoStart: true,
  // Voila loads every extension but has no shell of Lab: there this plugin stays silent.
  optional: [ILabShell, ICommandPalette, ILayoutRestorer, INotebookTracker, ISettingRegistry],
  activate: async (
    app: JupyterFrontEnd,
    shell: ILabShell | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null
  ) => {
    if (!shell) {
      return;
    }
    const transport = new ServerTransport(app.serviceManager.serverSettings);
    const host = new LabHost(app, notebooks);
    const panel = new ChatPanel(new Chat(transport, host));
    shell.add(panel, 'right', { rank: RANK });
    restorer?.add(panel, panel.id);
    if (registry) {
      void follow(registry, ID, transport);
    }
    const browser = await fileBrowser(app);
    host.browser = browser;
    addCommands(app, shell, panel, host, browser);
    for (const command of ['netguru:chat', 'netguru:new', 'netguru:stop', 'netguru:settings', 'netguru:attach-cell']) {
      palette?.addItem({ command, category: TEXTS.title });
    }
  }
};

function addCommands(
  app: JupyterFrontEnd,
  shell: ILabShell,
  panel: ChatPanel,
  host: LabHost,
  browser: IDefaultFileBrowser | null
): void {
  const show = (): void => shell.activateById(panel.id);
  const attach = (found: (Attachment | null)[]): void => {
    show();
    found.forEach(item => item && panel.chat.attach(item));
  };
  const add = (name: string, label: string, execute: () => void): void => {
    app.commands.addCommand(`netguru:${name}`, { label, icon, execute });
  };
  add('chat', TEXTS.showChat, show);
  add('stop', TEXTS.stopAnswer, () => panel.chat.stop());
  add('new', TEXTS.newConversation, () => {
    show();
    panel.chat.begin(true);
  });
  add('settings', TEXTS.chatSettings, () => {
    show();
    panel.chat.settings();
  });
  add('attach-cell', TEXTS.attachCell, () => attach(host.cells().map(choice => choice.make())));
  if (browser) {
    add('attach-file', TEXTS.askAbout, () =>
      attach(Array.from(browser.selectedItems()).map(item => fileAttachment(item.path)))
    );
    app.contextMenu.addItem({ command: 'netguru:attach-file', selector: '.jp-DirListing-item[data-isdir]', rank: 1.6 });
  }
  app.contextMenu.addItem({ command: 'netguru:attach-cell', selector: '.jp-Notebook .jp-Cell', rank: 30 });
}

export default plugin;

// The plugin of the chat: the panel on the right, and its commands.

import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { Chat } from '../core/chat';
import type { IHost } from '../core/protocol';
import { ChatPanel, icon } from './panel';
import { ServerTransport } from './transport';

const CATEGORY = 'NetGuru';
const RANK = 900;

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@netguru/lab:chat',
  description: 'Ask about the network in a panel beside the notebook',
  autoStart: true,
  // Voila loads every extension but has no shell of Lab: there this plugin stays silent.
  requires: [ILabShell],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const host: IHost = { save: () => undefined };
    const panel = new ChatPanel(new Chat(new ServerTransport(app.serviceManager.serverSettings), host));
    shell.add(panel, 'right', { rank: RANK });
    restorer?.add(panel, panel.id);
    app.commands.addCommand('netguru:chat', {
      label: 'Show the Chat',
      icon,
      execute: () => shell.activateById(panel.id)
    });
    palette?.addItem({ command: 'netguru:chat', category: CATEGORY });
  }
};

export default plugin;

// Lab's settings of the chat are passed on to the server, which answers with them; there is no key among them.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITransport } from '../core/protocol';

const NAMES: Record<string, string> = {
  provider: 'provider',
  model: 'model',
  baseUrl: 'base_url',
  price: 'price',
  budget: 'budget'
};

export async function follow(registry: ISettingRegistry, id: string, transport: ITransport): Promise<void> {
  const settings = await registry.load(id);
  let known = JSON.stringify(settings.user);
  settings.changed.connect(() => {
    // The server keeps what it was told: only a change is told, not every start.
    const now = JSON.stringify(settings.user);
    if (now === known) {
      return;
    }
    const before = JSON.parse(known) as Record<string, unknown>;
    known = now;
    const changed: Record<string, unknown> = {};
    for (const [name, told] of Object.entries(NAMES)) {
      if (settings.user[name] !== before[name]) {
        changed[told] = settings.user[name] || null;
      }
    }
    void transport.request('PATCH', 'settings', changed).catch(error => console.warn('NetGuru:', error));
  });
}

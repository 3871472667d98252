// The file browser of Lab, looked for when a plugin is activated.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';

/**
 * The file browser, where there is one.
 *
 * Voila loads every extension but lacks this module: named at the top, it would fail there before a plugin is asked.
 */
export async function fileBrowser(app: JupyterFrontEnd): Promise<IDefaultFileBrowser | null> {
  const { IDefaultFileBrowser } = await import('@jupyterlab/filebrowser');
  return app.resolveOptionalService(IDefaultFileBrowser);
}

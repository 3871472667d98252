// Giving the user a text as a file.

import { make } from './dom';

export function saved(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = make('a', { attributes: { href: url, download: name } });
  link.click();
  URL.revokeObjectURL(url);
}

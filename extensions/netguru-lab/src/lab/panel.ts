// The side panel: it holds the chat and wakes it when it is shown for the first time.

import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { Chat } from '../core/chat';
import { TEXTS } from '../core/texts';
import { icon } from './icon';

export class ChatPanel extends Widget {
  private _woken = false;

  constructor(readonly chat: Chat) {
    super();
    this.id = 'netguru-chat';
    this.addClass('ngc-panel');
    this.title.icon = icon;
    this.title.caption = TEXTS.title;
    this.node.setAttribute('role', 'complementary');
    this.node.setAttribute('aria-label', TEXTS.title);
    this.node.append(chat.node);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.wake();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.wake();
    this.chat.focus();
  }

  /** Ask the server nothing until somebody looks. */
  wake(): void {
    if (!this._woken) {
      this._woken = true;
      void this.chat.resume();
    }
  }

  override dispose(): void {
    this.chat.dispose();
    super.dispose();
  }
}

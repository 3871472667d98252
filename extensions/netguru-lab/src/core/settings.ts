// The settings of the chat: who runs the model. The key goes to the server and is never read back.

import { button, ICONS, make, sign } from './dom';
import type { ISettings, ITransport } from './protocol';
import { TEXTS } from './texts';

type Field = HTMLInputElement | HTMLSelectElement;

const PROVIDERS = ['', 'openai', 'anthropic', 'ollama'];

export class SettingsForm {
  readonly node = make('form', { class: 'ngc-list ngc-settings', label: TEXTS.settings });
  private readonly _provider = make('select');
  private readonly _model = make('input', { attributes: { list: 'ngc-models', spellcheck: 'false' } });
  private readonly _models = make('datalist', { attributes: { id: 'ngc-models' } });
  private readonly _url = make('input', { attributes: { type: 'url', placeholder: TEXTS.urlExample } });
  private readonly _price = make('input', { attributes: { placeholder: TEXTS.priceExample, spellcheck: 'false' } });
  private readonly _budget = make('input', {
    attributes: { type: 'number', min: '0', step: 'any', placeholder: TEXTS.budgetExample }
  });
  private readonly _key = make('input', { attributes: { type: 'password', autocomplete: 'off' } });
  private readonly _forget = button(TEXTS.forgetKey, () => void this._save({ key: null }));
  private readonly _state = make('div', { class: 'ngc-dim', role: 'status' });

  constructor(
    private readonly _transport: ITransport,
    close: () => void
  ) {
    this.node.hidden = true;
    this._provider.append(
      ...PROVIDERS.map(name => make('option', { attributes: { value: name } }, name || TEXTS.noProvider))
    );
    const save = make('button', { class: 'ngc-primary' }, TEXTS.saveSettings);
    save.type = 'submit';
    this.node.append(
      make('div', { class: 'ngc-row' }, make('h3', {}, TEXTS.settings), make('span', { class: 'ngc-gap' }), sign(ICONS.cross(), TEXTS.close, close)),
      named(TEXTS.provider, this._provider),
      named(TEXTS.model, this._model),
      this._models,
      named(TEXTS.baseUrl, this._url),
      named(TEXTS.price, this._price),
      named(TEXTS.budget, this._budget),
      named(TEXTS.key, this._key),
      make('div', { class: 'ngc-dim' }, TEXTS.keyNote),
      make('div', { class: 'ngc-row' }, save, this._forget),
      this._state
    );
    this.node.addEventListener('submit', event => {
      event.preventDefault();
      void this._save(this._stated());
    });
  }

  async show(): Promise<void> {
    this.node.hidden = false;
    this._state.textContent = '';
    this._provider.focus();
    await this._try(async () => this._fill(await this._transport.request<ISettings>('GET', 'settings')));
  }

  hide(): void {
    this.node.hidden = true;
    this._key.value = '';
  }

  private _fill(settings: ISettings): void {
    this._provider.value = settings.provider ?? '';
    this._model.value = settings.model ?? '';
    this._url.value = settings.base_url ?? '';
    this._price.value = settings.price ?? '';
    this._budget.value = settings.budget === null ? '' : String(settings.budget);
    this._key.value = '';
    this._key.placeholder = settings.key_set ? TEXTS.keySet : TEXTS.keyMissing;
    this._forget.hidden = !settings.key_set;
    void this._listModels();
  }

  private async _listModels(): Promise<void> {
    const found = await this._transport
      .request<{ items: { id: string; kind: string }[]; error: string | null }>('GET', 'models')
      .catch(() => ({ items: [], error: null }));
    const names = found.items.filter(item => item.kind === 'model').map(item => item.id);
    this._models.replaceChildren(...names.map(name => make('option', { attributes: { value: name } })));
    if (found.error) {
      this._state.textContent = found.error;
    }
  }

  private _stated(): Record<string, unknown> {
    const stated: Record<string, unknown> = {
      provider: this._provider.value || null,
      model: this._model.value.trim() || null,
      base_url: this._url.value.trim() || null,
      price: this._price.value.trim() || null,
      budget: this._budget.value === '' ? null : Number(this._budget.value)
    };
    return this._key.value ? { ...stated, key: this._key.value } : stated;
  }

  private async _save(stated: Record<string, unknown>): Promise<void> {
    await this._try(async () => {
      this._fill(await this._transport.request<ISettings>('PATCH', 'settings', stated));
      this._state.textContent = TEXTS.saved;
    });
  }

  private async _try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this._state.textContent = (error as Error).message;
    }
  }
}

function named(name: string, field: Field): HTMLLabelElement {
  return make('label', {}, make('span', {}, name), field);
}

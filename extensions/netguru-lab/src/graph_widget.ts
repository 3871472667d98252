// The graph as a widget of a cell or a dashboard, and as a page of its own: the same view in both.

import type { IChosen, ISheet } from './graph/sheet';
import { GraphView } from './graph/view';

interface IModel {
  get(name: 'sheet'): ISheet;
  get(name: 'chosen'): IChosen;
  get(name: 'height'): number;
  set(name: 'chosen', value: IChosen): void;
  save_changes(): void;
  on(event: string, heard: () => void): void;
  off(event: string, heard: () => void): void;
}

function render({ model, el }: { model: IModel; el: HTMLElement }): () => void {
  let view: GraphView;
  const draw = () => {
    view?.dispose();
    view = new GraphView(model.get('sheet'), {
      height: model.get('height'),
      chosen: chosen => {
        model.set('chosen', chosen);
        model.save_changes();
      }
    });
    // A notebook takes keys for itself where the focus lies in an output.
    view.node.addEventListener('keydown', event => event.stopPropagation());
    el.append(view.node);
    view.choose(model.get('chosen'));
  };
  const choose = () => view.choose(model.get('chosen'));
  draw();
  model.on('change:sheet', draw);
  model.on('change:chosen', choose);
  return () => {
    model.off('change:sheet', draw);
    model.off('change:chosen', choose);
    view.dispose();
  };
}

// A page of its own carries its sheet with it.
const held = document.getElementById('netguru-sheet');
if (held) {
  const view = new GraphView(JSON.parse(held.textContent ?? '') as ISheet);
  document.body.append(view.node);
  (window as unknown as { netguruGraph: GraphView }).netguruGraph = view;
}

export default { render };

// Making elements in few words. Text is always set as text, never as HTML.

type Child = Node | string | null | undefined | false;

interface IProperties {
  class?: string;
  title?: string;
  label?: string;
  role?: string;
  onclick?: (event: MouseEvent) => void;
  attributes?: Record<string, string>;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: IProperties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (properties.class) {
    element.className = properties.class;
  }
  if (properties.title) {
    element.title = properties.title;
  }
  if (properties.label) {
    element.setAttribute('aria-label', properties.label);
  }
  if (properties.role) {
    element.setAttribute('role', properties.role);
  }
  if (properties.onclick) {
    element.addEventListener('click', properties.onclick as EventListener);
  }
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export function button(
  text: string,
  act: (event: MouseEvent) => void,
  properties: IProperties = {}
): HTMLButtonElement {
  const made = make('button', { ...properties, onclick: act }, text);
  made.type = 'button';
  return made;
}

/** A button that shows a sign and says its name to screen readers and on hover. */
export function sign(
  icon: SVGElement,
  name: string,
  act: (event: MouseEvent) => void,
  extra = ''
): HTMLButtonElement {
  const made = make('button', { class: `ngc-sign ${extra}`.trim(), title: name, label: name, onclick: act }, icon);
  made.type = 'button';
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

function drawn(path: string): () => SVGElement {
  return () => {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('width', '16');
    svg.setAttribute('height', '16');
    svg.setAttribute('aria-hidden', 'true');
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('d', path);
    line.setAttribute('fill', 'none');
    line.setAttribute('stroke', 'currentColor');
    line.setAttribute('stroke-width', '1.4');
    line.setAttribute('stroke-linecap', 'round');
    line.setAttribute('stroke-linejoin', 'round');
    svg.append(line);
    return svg;
  };
}

export const ICONS = {
  list: drawn('M2.5 4h11M2.5 8h11M2.5 12h11'),
  plus: drawn('M8 3v10M3 8h10'),
  clip: drawn('M12.5 7.5l-5 5a3 3 0 0 1-4.2-4.2l5.4-5.4a2 2 0 0 1 2.8 2.8l-5.3 5.3a1 1 0 0 1-1.4-1.4l4.6-4.6'),
  cross: drawn('M4 4l8 8M12 4l-8 8'),
  pencil: drawn('M3 13l.6-2.7 7.3-7.3 2.1 2.1-7.3 7.3zM9.7 4.2l2.1 2.1'),
  bin: drawn('M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M7 7v3.5M9 7v3.5'),
  save: drawn('M8 2.5v7.5M5 7.2l3 3 3-3M3 13.2h10'),
  gear: drawn('M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4M8 2v1.8M8 12.2V14M2 8h1.8M12.2 8H14M3.8 3.8l1.2 1.2M11 11l1.2 1.2M3.8 12.2L5 11M11 5l1.2-1.2')
};

// A cited place shown in the chat itself: lines, packets or a passage, the cited ones marked.

import { ICONS, make, sign } from './dom';
import type { IPacket, Place } from './protocol';
import { TEXTS } from './texts';

export function placeView(place: Place, close: () => void): HTMLElement {
  const view = make('div', { class: 'ngc-place', role: 'region', label: place.title });
  view.append(
    make('div', { class: 'ngc-place-head' }, make('span', {}, place.title), sign(ICONS.cross(), TEXTS.close, close)),
    body(place)
  );
  view.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  });
  return view;
}

function body(place: Place): HTMLElement {
  if (place.kind === 'lines') {
    return make(
      'pre',
      { class: 'ngc-lines', attributes: { tabindex: '0' } },
      ...place.lines.map(line =>
        make(
          'div',
          { class: line.marked ? 'ngc-marked' : '' },
          make('span', { class: 'ngc-number', attributes: { 'aria-hidden': 'true' } }, String(line.number)),
          line.marked ? make('mark', {}, line.text) : line.text
        )
      )
    );
  }
  if (place.kind === 'packets') {
    const rows = place.packets.map(packet =>
      make(
        'tr',
        { class: packet.marked ? 'ngc-marked' : '' },
        ...packetCells(packet).map(text => make('td', {}, text))
      )
    );
    return make('div', { class: 'ngc-wide', attributes: { tabindex: '0' } }, make('table', {}, make('tbody', {}, ...rows)));
  }
  return make(
    'div',
    { class: 'ngc-passage', attributes: { tabindex: '0' } },
    ...place.html_text.map(piece => (piece.marked ? make('mark', {}, piece.text) : make('span', {}, piece.text)))
  );
}

export function packetCells(packet: IPacket): string[] {
  return [
    String(packet.number),
    String(packet.time),
    packet.source,
    packet.destination,
    packet.protocol,
    String(packet.length),
    packet.info
  ];
}

// Screenshots above the timeline, each where it was taken.
import { el } from './dom.js';
import { clock } from './text.js';

const SLOT_PX = 100;

export class Filmstrip {
  constructor(app) {
    this.app = app;
    this.element = el('div.film');
    this.shown = '';
  }

  draw(left) {
    const { app } = this, [from, to] = app.range;
    const room = this.element.clientWidth - left, slots = Math.max(1, Math.floor(room / SLOT_PX));
    const shown = [];  // the same picture side by side is one long one
    for (let slot = 0; slot < slots; ++slot) {
      const i = app.pictures.before(from + (slot + 0.5) / slots * (to - from));
      if (shown.at(-1)?.i === i) ++shown.at(-1).slots;
      else shown.push({ i, slots: 1 });
    }
    const key = left + ' ' + shown.map(({ i, slots: wide }) => `${i}×${wide}`);
    if (key === this.shown) return;
    this.shown = key;
    this.element.style.paddingLeft = `${left}px`;
    this.element.replaceChildren(...shown.map(({ i, slots: wide }) => this.#frame(i, wide)));
  }

  #frame(i, wide) {
    const { app } = this, frame = el(wide > 1 ? 'button.long' : 'button', { onclick: () => app.select(i), title: `Screenshot at ${clock(app.session.at[i])}` },
      el('img', { src: app.pictures.url(i), alt: `Screenshot at ${clock(app.session.at[i])}`, loading: 'lazy', decoding: 'async', draggable: false }));
    frame.style.flex = `${wide} 1 0`;
    return frame;
  }
}

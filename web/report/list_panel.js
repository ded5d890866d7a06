// The list below the bar: the rows of the chosen view that fit what was asked for.
import { byId, el } from './dom.js';
import { clock } from './text.js';
import { emptyView } from './empty.js';
import { VirtualList } from './virtual_list.js';

const TILE_PX = 220;

export class ListPanel {
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.items = [];
    this.all = new Map();
    this.list = new VirtualList({ label: 'Events', covered: () => byId('bar').getBoundingClientRect(), draw: (index) => this.#row(index),
                                  opened: (index, target) => this.#opened(index, target) });
    this.guide = el('i.guide', { hidden: true });
    host.append(this.list.element, this.guide);
    addEventListener('resize', () => { if (app.view.tiles) this.show(); });
  }

  /** Everything a view has; it never changes. */
  itemsOf(view) {
    if (!this.all.has(view.id)) this.all.set(view.id, view.items(this.app));
    return this.all.get(view.id);
  }

  /** Chooses the rows again. Returns their number and the number of all. */
  show() {
    const { app } = this, { view } = app, all = this.itemsOf(view), shown = app.isNarrowed() ? all.filter((item) => this.#fits(item)) : all;
    this.items = view.tiles ? this.#inRows(shown) : shown;
    this.list.element.className = `rows view-${view.id}`;
    this.list.show(this.items.length);
    this.list.select(this.indexOf(app.selected), false);
    this.host.querySelector('.empty')?.remove();
    if (!shown.length) this.host.append(emptyView(app, view, all.length));
    return [shown.length, all.length];
  }

  select(i) { this.list.select(this.indexOf(i)); }

  /** The row that shows an event, or -1. */
  indexOf(i) {
    if (i < 0) return -1;
    return this.items.findIndex((item) => (this.app.view.tiles ? item : this.app.view.events(this.app, item)).includes(i));
  }

  /** A line through the part of the rows that lies on the time axis. */
  guideAt(ms, axis) {
    const { range } = this.app;
    this.guide.hidden = ms === null || !axis || ms < range[0] || ms > range[1];
    if (this.guide.hidden) return;
    const box = axis.getBoundingClientRect();
    this.guide.style.left = `${box.left - this.host.getBoundingClientRect().left + (ms - range[0]) / (range[1] - range[0]) * box.width}px`;
  }

  #fits(item) {
    const { app } = this, { view, range, search, chips } = app;
    if (app.isZoomed()) {
      const [from, to] = view.time(app, item);
      if (to < range[0] || from > range[1]) return false;
    }
    if (chips.size && !chips.has(view.chip(app, item))) return false;
    return !search || view.events(app, item).some((i) => search.matches(i));
  }

  #inRows(events) {
    const across = Math.max(1, Math.floor(this.list.element.clientWidth / TILE_PX));
    this.list.element.style.setProperty('--across', across);
    return Array.from({ length: Math.ceil(events.length / across) }, (_, n) => events.slice(n * across, (n + 1) * across));
  }

  #row(index) {
    const item = this.items[index], { app } = this;
    if (!app.view.tiles) return app.view.row(app, item);
    return el('div.shots', null, ...item.map((i) => el('figure', { role: 'gridcell', 'data-event': i },
      el('img', { src: app.pictures.url(i), alt: `Screenshot at ${clock(app.session.at[i])}`, decoding: 'async', draggable: false }),
      el('figcaption', { textContent: clock(app.session.at[i], 1) }))));
  }

  #opened(index, target) {
    const { app } = this, item = this.items[index];
    if (!app.view.tiles) app.select(app.view.events(app, item)[0]);
    else app.select(Number(target?.closest?.('[data-event]')?.dataset.event ?? item[0]));
  }
}

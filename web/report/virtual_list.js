// A list of any length: only the rows near the window exist. It scrolls with the page.
import { el, perFrame } from './dom.js';

const AROUND = 6;  // rows kept above and below the window

export class VirtualList {
  /** `draw(index)` makes a row; `opened(index, target)` is told of clicks, Enter and the arrow keys; `covered()` is the box of what stays above. */
  constructor({ draw, opened, label, covered }) {
    this.draw = draw;
    this.opened = opened;
    this.covered = covered;
    this.count = 0;
    this.height = 28;
    this.selected = -1;
    this.rows = new Map();
    this.element = el('div.rows', { role: 'grid', 'aria-label': label, tabIndex: 0, onkeydown: (event) => this.#key(event),
                                    onclick: (event) => this.#click(event) });
    this.update = perFrame(() => this.#update());
    addEventListener('scroll', this.update, { passive: true });
    addEventListener('resize', () => this.measure());
  }

  /** Other items, or the same ones looking different. */
  show(count) {
    this.count = count;
    this.element.setAttribute('aria-rowcount', count);
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.measure();
  }

  measure() {
    const height = parseFloat(getComputedStyle(this.element).getPropertyValue('--row'));
    if (height !== this.height) {
      this.height = height;
      for (const row of this.rows.values()) row.remove();
      this.rows.clear();
    }
    this.element.style.height = `${this.count * this.height}px`;
    this.#update();
  }

  select(index, scroll = true) {
    this.rows.get(this.selected)?.removeAttribute('aria-selected');
    this.selected = index;
    if (index < 0) {
      this.element.removeAttribute('aria-activedescendant');
      return;
    }
    if (scroll) this.#reveal(index);
    this.rows.get(index)?.setAttribute('aria-selected', 'true');
    this.element.setAttribute('aria-activedescendant', `row-${index}`);
  }

  #window() {
    const top = this.element.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(-top / this.height) - AROUND);
    return [from, Math.min(this.count, Math.ceil((innerHeight - top) / this.height) + AROUND)];
  }

  #update() {
    const [from, to] = this.#window();
    for (const [index, row] of this.rows)
      if (index < from || index >= to) { row.remove(); this.rows.delete(index); }
    for (let index = from; index < to; ++index) {
      if (this.rows.has(index)) continue;
      const row = this.draw(index);
      row.id = `row-${index}`;
      row.setAttribute('role', 'row');
      row.setAttribute('aria-rowindex', index + 1);
      if (index === this.selected) row.setAttribute('aria-selected', 'true');
      row.dataset.index = index;
      row.style.transform = `translateY(${index * this.height}px)`;
      this.rows.set(index, row);
      this.element.append(row);
    }
  }

  // Into the part of the window that no bar covers.
  #reveal(index) {
    const { height: covered, top: bar } = this.covered(), top = this.element.getBoundingClientRect().top + index * this.height;
    if (bar > innerHeight / 2) return;  // the reader is further up, at what happened: the list stays where it is
    if (top < covered) scrollBy({ top: top - covered - this.height, behavior: 'instant' });
    else if (top + this.height > innerHeight) scrollBy({ top: top + 2 * this.height - innerHeight, behavior: 'instant' });
    this.#update();
  }

  #click(event) {
    const row = event.target.closest('[data-index]');
    if (row && this.element.contains(row)) this.opened(Number(row.dataset.index), event.target);
  }

  #key(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.height / 2));
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count };
    if (event.ctrlKey || event.metaKey || event.altKey || !this.count) return;
    if (event.key in steps) {
      const to = Math.min(this.count - 1, Math.max(0, this.selected + steps[event.key]));
      this.select(to);
      this.opened(to, null);
    } else if (event.key === 'Enter' && this.selected >= 0) {
      this.opened(this.selected, this.element);
    } else {
      return;
    }
    event.preventDefault();
  }
}

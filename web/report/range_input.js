// Dragging over a time axis chooses a range; a click, a double click, the wheel and keys do what one expects of them.
import { el } from './dom.js';
import { clock } from './text.js';
import { clampRange, zoomed } from './scale.js';

const DRAG_PX = 4;

/** `shown()` is the range that the element's width stands for, `change(range or null)` chooses one, `click(ms, event)` is optional. */
export function rangeInput(element, { app, shown, change, click = () => {}, inset = () => 0 }) {
  const brush = el('div.brush', { hidden: true }), cursor = el('div.cursor', { hidden: true }, el('span'));
  element.append(brush, cursor);
  let from = null, dragging = false;

  const geometry = () => {
    const box = element.getBoundingClientRect(), left = box.left + inset();
    return { left, width: Math.max(1, box.right - left), boxLeft: box.left };
  };
  const timeAt = (x) => {
    const { left, width } = geometry(), [a, b] = shown();
    return a + Math.min(1, Math.max(0, (x - left) / width)) * (b - a);
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = event.clientX;
    dragging = false;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    const { left, width, boxLeft } = geometry(), x = Math.min(Math.max(event.clientX, left), left + width);
    cursor.hidden = false;
    cursor.style.left = `${x - boxLeft}px`;
    cursor.firstChild.textContent = clock(timeAt(x));
    cursor.classList.toggle('flip', x > left + width - 90);
    app.hover(timeAt(x));
    if (from === null) return;
    dragging ||= Math.abs(event.clientX - from) > DRAG_PX;
    if (!dragging) return;
    const start = Math.min(Math.max(from, left), left + width);
    brush.hidden = false;
    brush.style.left = `${Math.min(start, x) - boxLeft}px`;
    brush.style.width = `${Math.abs(x - start)}px`;
  });
  const end = (event, taken) => {
    brush.hidden = true;
    if (from !== null && taken) {
      const [a, b] = [timeAt(from), timeAt(event.clientX)];
      if (dragging) change(clampRange([Math.min(a, b), Math.max(a, b)], app.whole));
      else click(b, event);
    }
    from = null;
    dragging = false;
  };
  element.addEventListener('pointerup', (event) => end(event, true));
  element.addEventListener('pointercancel', (event) => end(event, false));
  element.addEventListener('pointerleave', () => { cursor.hidden = true; app.hover(null); });
  element.addEventListener('dblclick', () => change(null));
  element.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;  // plain scrolling is the page's
    event.preventDefault();
    change(zoomed(app.range, timeAt(event.clientX), event.deltaY > 0 ? 1.25 : 0.8, app.whole));
  }, { passive: false });
  element.addEventListener('keydown', (event) => {
    const [a, b] = app.range, tenth = (b - a) / 10;
    const act = { ArrowLeft: [a - tenth, b - tenth], ArrowRight: [a + tenth, b + tenth], '+': zoomed(app.range, (a + b) / 2, 0.5, app.whole),
                  '=': zoomed(app.range, (a + b) / 2, 0.5, app.whole), '-': zoomed(app.range, (a + b) / 2, 2, app.whole), 0: null, Escape: null }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    change(act && clampRange(act, app.whole));
  });
}

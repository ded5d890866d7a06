#pragma once

#include <string_view>

namespace wye::vm {

/// The name of our isolated world, of its one global and of the binding by which it calls back. A page sees
/// none of them.
inline constexpr std::string_view kWorldName = "wye";
inline constexpr std::string_view kInputBinding = "wyeSay";

/// Runs in an isolated world of every document. Reports `["click", x, y, selector, tag, text]`,
/// `["key", key, selector, tag]`, `["scroll", from_x, from_y, to_x, to_y, selector]`, and for the listener of
/// `page_error_script` `["error", …]`. Reports from before the binding exists wait (at most 64); they are
/// dropped when the category is switched on again, which `begin` numbers.
inline constexpr std::string_view kInputScript = R"js((() => {
  if (globalThis.wye) return globalThis.wye.install();
  const WAITING = 64, SETTLED_MS = 300, INPUT_LEADS_TO_SCROLL_MS = 1500, MAX_TEXT = 512, MAX_DEPTH = 5;
  const waiting = [];
  const secret = new WeakSet();
  const places = new WeakMap();
  let scrolling = new Map(), lastInput = -1e9, lastLabel = null, errorEvent = '', begun = 0;
  const say = (...words) => {
    const text = JSON.stringify(words);
    if (typeof wyeSay === 'function') wyeSay(text);
    else if (waiting.length < WAITING) waiting.push(text);
  };
  const cut = (text, length) => text.length > length ? text.slice(0, length) : text;
  // A form's fields are found as its properties and hide those of the same name.
  const field = (type, name) => {
    const { get } = Object.getOwnPropertyDescriptor(type.prototype, name);
    return (of) => get.call(of);
  };
  const nameOf = field(Element, 'localName'), tagOf = field(Element, 'tagName'), idOf = field(Element, 'id');
  const childrenOf = field(Element, 'children'), parentOf = field(Node, 'parentElement'), shadowOf = field(Element, 'shadowRoot');
  const step = (element) => {
    const name = nameOf(element);
    const parent = parentOf(element);
    if (!parent) return name;
    let at = 0, count = 0;
    for (const other of childrenOf(parent)) {
      if (nameOf(other) !== name) continue;
      ++count;
      if (other === element) at = count;
      if (count > 200) break;
    }
    return count > 1 ? `${name}:nth-of-type(${at})` : name;
  };
  const selector = (element) => {
    const steps = [];
    for (let at = element; at && steps.length < MAX_DEPTH; at = parentOf(at)) {
      if (idOf(at)) {
        steps.unshift('#' + CSS.escape(cut(idOf(at), 128)));
        break;
      }
      steps.unshift(step(at));
    }
    return cut(steps.join(' > '), MAX_TEXT);
  };
  const inner = (event) => {
    const first = event.composedPath()[0];
    return first instanceof Element ? first : document.documentElement;
  };
  const visibleText = (element) => {
    if (/^(input|textarea|select|form|html|body)$/.test(nameOf(element))) return '';
    if (element.getElementsByTagName('*').length > 100) return '';
    return cut((element.innerText ?? element.textContent ?? '').trim(), MAX_TEXT);
  };
  const isSecret = (element) => {
    if (secret.has(element)) return true;
    const hides = nameOf(element) === 'input' && element.type === 'password'
      || getComputedStyle(element).webkitTextSecurity !== 'none';
    if (hides) secret.add(element);  // it stays one when the page shows what was typed
    return hides;
  };
  // A closed shadow root shows its host only; what is typed there may be a password.
  const mayHideField = (element) => {
    if (shadowOf(element)) return false;
    if (nameOf(element).includes('-')) return true;
    const plain = element === document.body || element === document.documentElement;
    return !plain && document.activeElement === element && element.tabIndex < 0 && !element.isContentEditable;
  };
  const onClick = (event) => {
    if (!event.isTrusted) return;
    const element = inner(event);
    if (lastLabel && lastLabel.control === element) { lastLabel = null; return; }  // a label's click, handed on
    lastLabel = nameOf(element) === 'form' ? null : element.closest('label');
    if (lastLabel) setTimeout(() => { lastLabel = null; }, 0);
    say('click', Math.round(event.clientX), Math.round(event.clientY), selector(element), tagOf(element), visibleText(element));
  };
  const onKey = (event) => {
    if (!event.isTrusted || event.repeat) return;
    lastInput = performance.now();
    const element = inner(event);
    if (isSecret(element) || mayHideField(element)) return;
    say('key', event.key, selector(element), tagOf(element));
  };
  const onInput = (event) => { if (event.isTrusted) lastInput = performance.now(); };
  const placeOf = (target) => {
    const element = target === document || target === document.documentElement ? document.scrollingElement : target;
    return element instanceof Element ? { element, x: Math.round(element.scrollLeft), y: Math.round(element.scrollTop) } : null;
  };
  const onScroll = (event) => {
    if (!event.isTrusted) return;
    const place = placeOf(event.composedPath()[0] ?? event.target);
    if (!place) return;
    const { element } = place;
    const under = scrolling.get(element);
    if (!under && performance.now() - lastInput > INPUT_LEADS_TO_SCROLL_MS) return void places.set(element, place);
    const from = under ? under.from : places.get(element) ?? { x: 0, y: 0 };
    if (under) clearTimeout(under.timer);
    else if (scrolling.size >= WAITING) return;
    const timer = setTimeout(() => {
      scrolling.delete(element);
      const to = placeOf(element);
      places.set(element, to);
      if (to.x !== from.x || to.y !== from.y) say('scroll', from.x, from.y, to.x, to.y, selector(element));
    }, SETTLED_MS);
    scrolling.set(element, { from, timer });
  };
  const onError = (event) => { if (event.detail) say('error', ...event.detail); };
  const quiet = { capture: true, passive: true };
  const pairs = [['click', onClick], ['keydown', onKey], ['wheel', onInput], ['touchmove', onInput], ['pointerdown', onInput], ['scroll', onScroll]];
  let inputs = false;
  // document.open() takes every listener away, but no observer, and this one speaks before the next input does.
  const emptied = new MutationObserver(() => globalThis.wye.install());
  globalThis.wye = {
    begin(number) {
      if (begun !== number) waiting.length = 0;
      begun = number;
    },
    install() {
      if (inputs) for (const [type, call] of pairs) addEventListener(type, call, quiet);
      if (errorEvent) addEventListener(errorEvent, onError, true);
      if (inputs || errorEvent) emptied.observe(document, { childList: true });
    },
    listen() {
      inputs = true;
      if (document.scrollingElement) places.set(document.scrollingElement, placeOf(document));
      this.install();
    },
    hear(name) { errorEvent = name; this.install(); },
    stop() {
      for (const [type, call] of pairs) removeEventListener(type, call, true);
      if (errorEvent) removeEventListener(errorEvent, onError, true);
      for (const { timer } of scrolling.values()) clearTimeout(timer);
      scrolling = new Map();
      emptied.disconnect();
      inputs = false;
      errorEvent = '';
      waiting.length = 0;
      delete globalThis.wyeSay;  // it leads to a session that will be gone
    },
    flush() { for (const text of waiting.splice(0)) if (typeof wyeSay === 'function') wyeSay(text); },
  };
})())js";

/// Runs in a page's own world before any of its scripts. Passes the text of an uncaught error, never the
/// error itself, to the isolated world in an event of the name NAME, which nobody else knows. Takes
/// everything it needs before the page can replace it.
inline constexpr std::string_view kPageErrorScript = R"js((() => {
  const here = window, apply = Reflect.apply, dispatch = EventTarget.prototype.dispatchEvent, Custom = CustomEvent;
  const field = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get;
  const message = field(ErrorEvent, 'message'), file = field(ErrorEvent, 'filename'), line = field(ErrorEvent, 'lineno');
  const column = field(ErrorEvent, 'colno'), reason = field(PromiseRejectionEvent, 'reason');
  const say = (detail) => apply(dispatch, here, [new Custom('NAME', { __proto__: null, detail, bubbles: false, cancelable: false, composed: false })]);
  here.addEventListener('error', (event) => {
    if (event.isTrusted) say([apply(message, event, []), apply(file, event, []), apply(line, event, []), apply(column, event, [])]);
  });
  here.addEventListener('unhandledrejection', (event) => {
    if (!event.isTrusted) return;
    const why = apply(reason, event, []);
    const told = typeof why === 'string' || typeof why === 'number' || typeof why === 'boolean' ? ' ' + why : '';
    say(['Uncaught (in promise)' + told, '', 0, 0]);
  });
})())js";

}  // namespace wye::vm

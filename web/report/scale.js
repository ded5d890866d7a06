// The time axis that timeline, waterfall and strip share.

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 2 * 3600e3,
               6 * 3600e3, 12 * 3600e3, 24 * 3600e3];
export const SHORTEST_RANGE_MS = 1;
const GUTTER_PX = 76, NARROW_PX = 600;

export function isNarrow() {
  return innerWidth <= NARROW_PX;
}

/** Room for the lanes' names, left of the axis. */
export function gutter() {
  return isNarrow() ? 0 : GUTTER_PX;
}

/** Ticks `ms` between two times that leave `room` pixels each, and how many digits their labels need. */
export function ticks([from, to], width, room = 96) {
  const wanted = (to - from) / Math.max(1, width / room);
  const step = STEPS.find((candidate) => candidate >= wanted) ?? STEPS.at(-1);
  const out = [];
  for (let at = Math.ceil(from / step) * step; at <= to && out.length < 200; at += step) out.push(at);
  return { at: out, digits: step < 10 ? 3 : step < 100 ? 2 : step < 1000 ? 1 : 0 };
}

/** Keeps a range inside the whole, at least as long as `SHORTEST_RANGE_MS`. */
export function clampRange([from, to], [first, last]) {
  let length = Math.min(Math.max(to - from, SHORTEST_RANGE_MS), last - first);
  if (!(length > 0)) length = last - first;
  const begin = Math.min(Math.max(from, first), last - length);
  return [begin, begin + length];
}

/** Zooms about a point by a factor below 1 (in) or above (out). */
export function zoomed([from, to], about, factor, whole) {
  return clampRange([about - (about - from) * factor, about + (to - about) * factor], whole);
}

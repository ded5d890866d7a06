// Tells whether code has changed what later code would find: each call begins with the same global objects.

const watched = [
  globalThis, Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Promise, Map, Set, WeakMap, RegExp, Date, Error,
  JSON, Math, Reflect, Proxy, Uint8Array, ArrayBuffer, URL, Buffer, process, console, process.env,
].flatMap((object) => (typeof object === 'function' && object.prototype ? [object, object.prototype] : [object]));
const { ownKeys, getOwnPropertyDescriptor, deleteProperty } = Reflect;
const same = Object.is;

const valueOf = (object, key) => {
  const { value, get } = getOwnPropertyDescriptor(object, key) ?? {};
  return get ?? value;
};
const passing = new Set(['_events', '_eventsCount', 'domain', '_exiting', 'exitCode']);  // of `process`: whoever listens changes them
const before = watched.map((object) => new Map(ownKeys(object).map((key) => [key, valueOf(object, key)])));

/** Removes new global names. Returns false when something else is not as it was, so that this process can serve no further call. */
export function restore() {
  for (const key of ownKeys(globalThis)) if (!before[0].has(key)) deleteProperty(globalThis, key);
  return watched.every((object, index) => {
    const keys = ownKeys(object);
    if (object !== process && keys.length !== before[index].size) return false;
    return keys.every((key) => passing.has(key) || (before[index].has(key) && same(before[index].get(key), valueOf(object, key))));
  });
}

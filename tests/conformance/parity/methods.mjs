/** The official client's own list: the dotted name of every public method of its resources, as `browsers.fs.watch.start`. */
export function methodsOf(client) {
  const found = [];
  const walk = (owner, path) => {
    for (const [name, resource] of Object.entries(owner)) {
      // A resource holds the client; the client's own parts (its cache of routes, its options) do not.
      if (name.startsWith('_') || resource?._client !== client) continue;
      const at = [...path, name];
      for (let level = Object.getPrototypeOf(resource); level !== Object.prototype; level = Object.getPrototypeOf(level))
        for (const method of Object.getOwnPropertyNames(level))
          if (method !== 'constructor' && !method.startsWith('_') && typeof resource[method] === 'function') found.push([...at, method].join('.'));
      walk(resource, at);
    }
  };
  walk(client, []);
  return found;
}

/** The method of that name, which keeps its resource. */
export function methodOf(client, name) {
  const path = name.split('.');
  const method = path.pop();
  const resource = path.reduce((owner, part) => owner[part], client);
  return resource[method].bind(resource);
}

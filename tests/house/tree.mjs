// Reads the project's own files once. A check takes a Tree, so that its self-test can give it an invented
// one.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const kRoots = ['src', 'include', 'tests', 'bench', 'examples', 'tools', 'web', 'docs', 'cmake', 'dist'];
const kNotOurs = new Set(['node_modules', 'corpus', 'build', '.git']);
const kText = /\.(cc|h|mjs|js|ts|html|css|md|txt|cmake|in|json|service|allowed)$|(^|\/)[^./]+$/;

export class Tree {
  // `files`: path → text, or null for a file that is not text; `executables`: paths.
  constructor(files, executables = []) {
    this.files = new Map(Object.entries(files));
    this.executables = new Set(executables);
  }

  static read(root) {
    const tree = new Tree({});
    const visit = (path) => {
      for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
        const below = path ? `${path}/${entry.name}` : entry.name;
        if (entry.name === 'corpus') tree.files.set(`${below}/.`, null);  // thousands of inputs made by machines
        if (kNotOurs.has(entry.name)) continue;
        if (entry.isDirectory()) visit(below);
        else if (entry.isFile()) tree.add(root, below);
      }
    };
    for (const folder of kRoots) visit(folder);
    for (const entry of readdirSync(root, { withFileTypes: true }))
      if (entry.isFile()) tree.add(root, entry.name);
    return tree;
  }

  add(root, path) {
    this.files.set(path, kText.test(path) ? readFileSync(join(root, path), 'utf8') : null);
    if (statSync(join(root, path)).mode & 0o111) this.executables.add(path);
  }

  text(path) {
    return this.files.get(path) ?? '';
  }

  paths(pattern = /./) {
    return [...this.files.keys()].filter((path) => pattern.test(path)).sort();
  }

  // Tells whether there is a file, or a folder, of this path.
  has(path) {
    if (this.files.has(path)) return true;
    this.folders ??= new Set([...this.files.keys()].flatMap((file) => {
      const parts = file.split('/');
      return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
    }));
    return this.folders.has(path.replace(/\/$/, ''));
  }
}

export const kCpp = /^(src|include|tests|bench|examples)\/.*\.(cc|h)$/;
export const kScripts = /^(tests|bench|web|tools)\/.*\.(mjs|js)$/;
export const kDocs = /\.md$/;

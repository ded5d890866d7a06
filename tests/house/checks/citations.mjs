// Checks that each cited section of a contract exists; comments and docs cite them as `routing-contract §4`,
// `vm-api §1–§3`, `wire-api §2, §18`.
import { comments_of, script_comments_of } from '../cpp_text.mjs';
import { kCpp, kDocs } from '../tree.mjs';

const kContracts = ['routing-contract', 'vm-api', 'wire-api'];
const kCitation = /\b(routing[- ]contract|vm[- ]api|wire[- ]api)(?:\.md)?,?\s+((?:\s*(?:,|and|–|-|to)?\s*§\s*\d+)+)/gi;
const kOthers = /\bRFC\s+\d+\s+§/g;
const kBare = /§\s*(\d+)/g;

function sections_of(tree, name) {
  const path = `docs/contract/${name}.md`;
  return new Set([...tree.text(path).matchAll(/^## (\d+)\. /gm)].map((found) => found[1]));
}

// Returns texts that may hold citations, each with the line where it begins.
function texts_of(tree) {
  const out = [];
  for (const path of tree.paths()) {
    if (path.startsWith('tests/house/')) continue;
    const text = tree.text(path);
    if (kDocs.test(path)) out.push({ path, line: 1, text });
    else if (kCpp.test(path)) out.push(...comments_of(text).map((comment) => ({ path, ...comment })));
    else out.push(...script_comments_of(path, text).map((comment) => ({ path, ...comment })));
  }
  return out;
}

export function check(tree) {
  const sections = new Map(kContracts.map((name) => [name, sections_of(tree, name)]));
  const found = [];
  for (const { path, line, text } of texts_of(tree)) {
    const complain = (at, why) => {
      const where = `${path}:${line + text.slice(0, at).split('\n').length - 1}`;
      found.push({ key: `${path} ${why}`, where, why });
    };
    for (const cited of text.matchAll(kCitation)) {
      const name = cited[1].toLowerCase().replace(' ', '-');
      if (!kContracts.includes(cited[1])) complain(cited.index, `cite it as ${name}`);
      for (const [, section] of cited[2].matchAll(kBare))
        if (!sections.get(name).has(section)) complain(cited.index, `${name} has no §${section}`);
    }
    const own = /^docs\/contract\/(.*)\.md$/.exec(path)?.[1];
    const rest = [kCitation, kOthers].reduce((left, known) => left.replace(known, (cited) => ' '.repeat(cited.length)), text);
    for (const bare of rest.matchAll(kBare))
      if (!own) complain(bare.index, `§${bare[1]} of what?`);
      else if (!sections.get(own).has(bare[1])) complain(bare.index, `${own} has no §${bare[1]}`);
  }
  return found;
}

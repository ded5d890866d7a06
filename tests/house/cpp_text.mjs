// Splits C++ into code and comment. Lengths and lines stay the same, so that positions can be reported.

const kPieces = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^(\s]*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'/g;
const blank = (text) => text.replace(/[^\n]/g, ' ');

// The same text with comments blank, and with strings as empty as they can be.
export function code_of(text) {
  return text.replace(kPieces, (piece) => (piece[0] === '/' ? blank(piece) : '"' + blank(piece.slice(2)) + '"'));
}

// [{line, text}]: comments; lines of `//` that follow each other are one.
export function comments_of(text) {
  const out = [];
  let line = 1, from = 0;
  for (const found of text.matchAll(kPieces)) {
    if (found[0][0] !== '/') continue;
    line += count_lines(text, from, found.index);
    from = found.index;
    const body = found[0].replace(/^\/[/*]+[!<]?|\*\/$/g, '').replace(/^\s*\*/gm, '');
    const own = /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', found.index) + 1, found.index));
    const last = out.at(-1);
    if (last && own && last.own && last.end === line - 1) {
      last.text += '\n' + body;
      last.end = line;
    } else {
      out.push({ line, end: line + count_lines(found[0], 0, found[0].length), text: body, own });
    }
  }
  return out;
}

// Comments of scripts: `//` in JavaScript, `#` elsewhere.
export function script_comments_of(path, text) {
  if (/\.(mjs|js)$/.test(path)) return comments_of(text);
  return text.split('\n').flatMap((row, at) => {
    const found = /(?:^|\s)#(?!!)(.*)$/.exec(row);
    return found ? [{ line: at + 1, end: at + 1, text: found[1], own: true }] : [];
  });
}

export function count_lines(text, from, to) {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) ++lines;
  return lines;
}

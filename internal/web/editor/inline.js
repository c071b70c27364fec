// Writes the words of a block as Markdown that the server reads as the same words: all that would mean something else is escaped.
import { schema } from "./schema.js";

const { link, code } = schema.marks;
const { reference, line_break } = schema.nodes;
const isWord = (c) => /[\p{L}\p{N}\p{M}\u200c]/u.test(c);
const isSpace = (c) => c === "" || /\s/.test(c);
// What shows nothing or turns other characters around, which the server takes out of a text (text.Written): before a mark it would only
// seem to be no mark. The controls but line ends and tabs are among it.
const unseen = new RegExp("[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u0084\\u0086-\\u009f\\u00ad\\u061c\\u200b\\u200e\\u200f" +
  "\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff\\ufffd\\u{e0000}-\\u{e007f}]", "gu");
const isPunctuation = (c) => /[\p{P}\p{S}]/u.test(c);

// inline returns the words of a textblock; within a table, or where a line has to be one, breaks become blanks.
export function inline(block, { oneLine = false, table = false } = {}) {
  let pieces = piecesOf(block, oneLine);
  const bars = table || pieces.some((p) => p.text === "\\\n");
  pieces = pieces.map((p, i) => p.raw ? p : { ...p, text: escaped(p, pieces[i - 1], pieces[i + 1], bars) });
  const lines = joined(pieces).split("\n").map((line) => line.trim());
  return oneLine || table ? lines.join(" ") : lines.map(lineStart).join("\n");
}

// piecesOf returns runs of one look. Blanks at the ends of an emphasis stand outside it, where Markdown needs them.
function piecesOf(block, oneLine) {
  const pieces = [];
  block.forEach((node, _, i) => {
    const marks = node.marks.filter((m) => m.type !== link && m.type !== code).map((m) => m.type.name);
    const href = link.isInSet(node.marks)?.attrs.href;
    if (node.type === reference) {
      pieces.push({ text: `[^${node.attrs.label}]`, raw: true, marks });
      return;
    }
    if (node.type === line_break) {
      if (i < block.childCount - 1) pieces.push(oneLine ? { text: " ", marks: [] } : { text: "\\\n", raw: true, marks: [] });
      return;
    }
    const text = (node.text ?? "").replace(unseen, "");
    if (!text) return;
    if (code.isInSet(node.marks)) pieces.push({ text: inTicks(text), raw: true, marks: [] });
    else pieces.push({ text: text.replace(/[\t\r\n]+/g, " "), marks, href });
  });
  return linked(outside(pieces));
}

function outside(pieces) {
  const cut = pieces.flatMap((p) => {
    if (p.raw || !p.marks.length) return [p];
    const [, before, words, after] = /^(\s*)(.*?)(\s*)$/su.exec(p.text);
    return [{ ...p, text: before, blank: true }, { ...p, text: words }, { ...p, text: after, blank: true }].filter((x) => x.text);
  });
  const bare = (list) => {
    let marks = [];
    for (const p of list) {
      if (p.blank) p.marks = p.marks.filter((m) => marks.includes(m));
      marks = p.marks;
    }
  };
  bare(cut);
  bare(cut.toReversed());
  return cut;
}

// linked writes an address that is its own words as such, and notes where other links begin and end.
function linked(pieces) {
  return pieces.map((p, i) => {
    if (!p.href) return p;
    const starts = pieces[i - 1]?.href !== p.href, ends = pieces[i + 1]?.href !== p.href;
    if (starts && ends) {
      const address = p.text.includes("@") && p.href === "mailto:" + p.text || /^(https?|ftp):/.test(p.text) && decoded(p.href) === decoded(p.text);
      if (address && !/[\s<>\\]/.test(p.text)) return { text: `<${p.text}>`, raw: true, marks: p.marks };
    }
    return { ...p, starts, ends };
  });
}

function decoded(address) {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

// target returns an address as it may stand in a link's brackets.
export const target = (href) => href.trim().replace(/[\s<>()\\]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));

function inTicks(text) {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const ticks = "`".repeat(longest + 1);
  return /^`|`$/.test(text) ? `${ticks} ${text} ${ticks}` : ticks + text + ticks;
}

function escaped(piece, before, after, bars) {
  const { text } = piece;
  const around = (i) => i < 0 ? before?.text.at(-1) ?? "" : i >= text.length ? after?.text[0] ?? "" : text[i];
  const escape = (c, i) => {
    switch (c) {
      case "\\": case "*": case "`": case "~": case "[": return "\\" + c;
      case "]": return piece.href ? "\\]" : c;
      case "_": return isWord(around(i - 1)) && isWord(around(i + 1)) ? c : "\\_";
      case "<": return /[A-Za-z/!?]/.test(around(i + 1)) || i === text.length - 1 ? "\\<" : c;
      case "&": return /^&#?\w+;/.test(text.slice(i)) ? "\\&" : c;
      case "!": return i === text.length - 1 && (after?.starts || after?.raw) ? "\\!" : c;
      case "|": return bars ? "\\|" : c;
      default: return c;
    }
  };
  let out = "";
  for (let i = 0; i < text.length;) {
    const address = piece.href ? null : /^https?:\/\/[^\s<>\\]*[^\s<>\\.,:;!?'"()[\]*_~`|]/.exec(text.slice(i))?.[0];
    if (address && /[*_`~[|&]/.test(address) && !isWord(around(i - 1))) { // an escape would end it
      out += `<${address}>`;
      i += address.length;
      continue;
    }
    out += escape(text[i], i);
    i++;
  }
  return out;
}

const entity = (c) => `&#${c.codePointAt(0)};`;
const isLetter = (c) => !isSpace(c) && !isPunctuation(c);
const lastOf = (text) => [...text.slice(-2)].at(-1) ?? "";

// numbered returns text with its last letter written by its number; if that was the only one of an emphasis, also the one before that.
function numbered(text) {
  const c = lastOf(text), rest = text.slice(0, text.length - c.length), run = /[*_~]*$/.exec(rest)[0];
  const before = rest.slice(0, rest.length - run.length);
  return (run && isLetter(lastOf(before)) ? numbered(before) : before) + run + entity(c);
}

// touches reports whether bold and italic meet, where their stars would run into one another.
const touches = (pieces) => pieces.some(({ marks }, i) => {
  const near = [...marks, ...(pieces[i + 1]?.marks ?? [])];
  return near.includes("em") && near.includes("strong");
});

// joined writes the pieces with what opens and closes their looks. What goes on longest is opened first. Beside a mark of punctuation an
// emphasis begins or ends only if its other neighbour is no letter, and "_" in no case: that neighbour is then written by its number.
function joined(pieces) {
  const delimiters = { strong: "**", em: touches(pieces) ? "_" : "*", strike: "~~" };
  const looksOf = (p) => p ? [...p.marks, ...(p.href ? ["link " + p.href] : [])] : [];
  const until = (look, i) => {
    let n = i;
    while (looksOf(pieces[n]).includes(look)) n++;
    return n;
  };
  let out = "";
  const open = [];
  for (let i = 0; i <= pieces.length; i++) {
    let { text } = pieces[i] ?? { text: "" };
    const looks = looksOf(pieces[i]), ends = open.findIndex((look) => !looks.includes(look));
    const closing = ends < 0 ? [] : open.splice(ends).toReversed();
    const opening = pieces[i]?.blank ? [] : looks.filter((look) => !open.includes(look)).sort((a, b) => until(b, i) - until(a, i));
    const blank = closing.length ? /\s*$/.exec(out)[0] : "";
    out = out.slice(0, out.length - blank.length);
    for (const look of closing) {
      const delimiter = delimiters[look], first = blank || ([...text][0] ?? "");
      if (delimiter && look === closing.at(-1) && !opening.length && isLetter(first) && (delimiter === "_" || isPunctuation(lastOf(out)))) {
        text = entity(first) + text.slice(first.length);
      }
      out += delimiter ?? `](${target(look.slice("link ".length))})`;
    }
    out += blank;
    for (const look of opening) {
      const delimiter = delimiters[look];
      if (delimiter && isLetter(lastOf(out)) && (delimiter === "_" || isPunctuation(text[0]))) out = numbered(out);
      out += delimiter ?? "[";
      open.push(look);
    }
    out += text;
  }
  return out;
}

// lineStart escapes what would begin a block of another kind.
function lineStart(line) {
  if (/^(?:#{1,6}(?:\s|$)|>|[-+](?:\s|$)|(?:-\s*){3,}$|[-=]+$)/.test(line)) return "\\" + line;
  const number = /^(\(?)(\p{Nd}{1,9}\s?)([.)\-–ـ])(?=\s|$)/u.exec(line);
  if (!number) return line;
  if (number[1]) return number[3] === ")" ? "\\" + line : line;
  const at = number[2].length, mark = number[3];
  return line.slice(0, at) + (/[–ـ]/.test(mark) ? entity(mark) : "\\" + mark) + line.slice(at + 1);
}

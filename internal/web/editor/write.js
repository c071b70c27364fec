// Writes an edited document as Markdown. What is as it was read is written with the bytes it had.
import { Fragment } from "prosemirror-model";
import { inline } from "./inline.js";
import { isOneKind, numbersOf, schema, wereTwo } from "./schema.js";

const { paragraph, bullet_list, ordered_list, note, reference, source } = schema.nodes;

// isEmpty reports whether nothing of a block would be written: Markdown has no empty paragraphs.
export function isEmpty(node) {
  if (node.isTextblock) return node.type === source ? !node.textContent.trim() : !node.childCount || isBlank(node);
  if (node.type === schema.nodes.table || node.isLeaf) return false;
  let empty = true;
  node.forEach((child) => { empty &&= isEmpty(child); });
  return empty;
}

function isBlank(block) {
  let blank = true;
  block.forEach((node) => { blank &&= node.type === schema.nodes.line_break || node.isText && !node.text.trim(); });
  return blank;
}

// blocksOf returns the blocks of a document that are written, in the order of the text: footnotes last, those that were there first. Each
// comes with what is written of it: without references to footnotes in which nothing stands yet, and lists as one that only an empty paragraph
// parts.
function blocksOf(doc, read) {
  const text = [], notes = [], hollow = new Set();
  doc.forEach((node) => { if (node.type === note && isEmpty(node)) hollow.add(node.attrs.label); });
  doc.forEach((node) => {
    const written = hollow.size ? without(node, hollow) : node;
    const above = text.at(-1);
    if (isEmpty(written)) return;
    if (node.type === note) notes.push({ node, written });
    else if (above && isOneKind(above.written, written) && !wereTwo(above.node.attrs.at, node.attrs.at, read)) {
      above.written = oneList(above.written, written);
    } else text.push({ node, written });
  });
  const place = ({ node }) => node.attrs.at ?? Infinity;
  notes.sort((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
  return [...text, ...notes];
}

function oneList(list, more) {
  const first = more.firstChild, number = more.type === ordered_list ? numbersOf(more)[0] : null;
  return list.copy(list.content.append(more.content.replaceChild(0, first.type.create({ number }, first.content))));
}

function without(node, labels) {
  if (node.isLeaf) return node;
  const rest = [];
  node.forEach((child) => { if (child.type !== reference || !labels.has(child.attrs.label)) rest.push(without(child, labels)); });
  return node.copy(Fragment.fromArray(rest));
}

// write returns the text of a document that was read as `was`, and where each block stands in it: the node, and what was written of it. zero is the digit nought as the language
// of the text writes it.
export function write(doc, was, zero) {
  const kept = (node) => node.attrs.at !== null && node.eq(was.blocks[node.attrs.at].node);
  const places = [];
  let text = "";
  for (const { node, written: block } of blocksOf(doc, was.blocks)) {
    const above = places.at(-1), read = was.blocks[node.attrs.at];
    if (!above) text += node.attrs.at === 0 ? read.gap : "";
    else {
      const gap = read && above.node.attrs.at === node.attrs.at - 1 ? read.gap : "";
      text += gap.split("\n").length > 2 || gap && kept(above.block) && kept(block) ? gap : "\n\n";
    }
    const from = text.length;
    const before = above && { type: above.node.type, text: text.slice(above.from) };
    const taken = above && !kept(above.block) && margin(read?.source).length >= reach(before.text); // it would become a part of the list
    text += kept(block) && !taken ? read.source : written(block, { above: before, source: read?.source, zero });
    places.push({ node, block, from, to: text.length });
  }
  return { text: text + was.tail, places };
}

const margin = (source = "") => /^ */.exec(source)[0];

// reach returns how far what stands below a list has to be indented to be a part of it.
function reach(list) {
  const items = [...list.matchAll(/^ {0,3}(?:[-*+]|[0-9]{1,9}[.)]) +/gm)];
  return items.at(-1)?.[0].length ?? Infinity;
}

// written returns a block. The context has what stands above it and, of one that was read, its source: both say how a list is marked.
function written(node, context = {}) {
  switch (node.type.name) {
    case "paragraph": return inline(node);
    case "heading": return "#".repeat(node.attrs.level) + " " + inline(node, { oneLine: true }).replace(/(^|\s)(#+)$/, "$1\\$2");
    case "quotation": return indented(children(node).map((child) => written(child)).join("\n\n"), "> ", "> ").replace(/^> $/gm, ">");
    case "rule": return "---";
    case "picture": return picture(node.attrs);
    case "table": return table(node);
    case "source": return node.textContent.replace(/^\n+|\s+$/g, "");
    case "note": return `[^${node.attrs.label}]: ` + indented(children(node).map((child) => written(child)).join("\n\n"), "", "    ");
    default: return list(node, context);
  }
}

function children(node) {
  const list = [];
  node.forEach((child) => { if (!isEmpty(child)) list.push(child); });
  return list;
}

const indented = (text, first, rest) => text.split("\n").map((line, i) => line || rest.trim() ? (i ? rest : first) + line : "").join("\n");

function list(node, { above, source: was = "", zero = "0" }) {
  const items = [];
  numbersOf(node).forEach((number, i) => { if (!isEmpty(node.child(i))) items.push({ number, blocks: children(node.child(i)) }); });
  const loose = node.attrs.loose || items.some(({ blocks }) => blocks.some((b, i) => i && b.type !== bullet_list && b.type !== ordered_list));
  const gap = loose ? "\n\n" : "\n", left = margin(was);
  if (node.type === bullet_list) {
    let mark = /^\s*([-*+])/.exec(was)?.[1] ?? "-";
    if (above?.type === bullet_list && above.text.trimStart()[0] === mark) mark = mark === "-" ? "*" : "-"; // else they would be one list
    return items.map(({ blocks }) => itemText(left, mark + " ", blocks, loose)).join(gap);
  }
  const { mark, start } = node.attrs;
  const local = was ? digit.exec(was)?.[0] : zero;
  const goesOn = mark === ")" || (was || start === 1) && start + items.length - 1 === items.at(-1).number;
  if (isLocal(local) && isSimple(items) && goesOn) {
    const between = /\n\n/.test(was) ? "\n\n" : gap;
    return items.map(({ number, blocks }) => `${digits(number, zeroOf(local))}${mark} ${inline(blocks[0])}`).join(between);
  }
  return items.map(({ number, blocks }) => itemText(left, `${number}${mark} `, blocks, loose)).join(gap);
}

const digit = /\p{Nd}/u;
const isLocal = (c) => c !== undefined && !/[0-9]/.test(c);

// isSimple reports whether each item is one line: only those are a list where their numbers are in the digits of another script.
const isSimple = (items) => items.every(({ number, blocks: [first, ...rest] }) =>
  number < 1000 && first.type === paragraph && !rest.length && !inline(first).includes("\n"));

// zeroOf returns the nought of the script of a digit: those of a script follow one another, and nothing that is a digit comes before.
function zeroOf(c) {
  let code = c.codePointAt(0);
  while (digit.test(String.fromCodePoint(code - 1))) code--;
  return String.fromCodePoint(code);
}

export const digits = (number, zero) => String(number).replace(/[0-9]/g, (d) => String.fromCodePoint(zero.codePointAt(0) + Number(d)));

function itemText(left, mark, blocks, loose) {
  const texts = blocks.map((block) => written(block));
  return indented(texts.reduce((out, text, i) => out + (loose || blocks[i].type !== bullet_list && blocks[i].type !== ordered_list ? "\n\n" : "\n") + text),
    left + mark, left + " ".repeat(mark.length));
}

// picture writes a picture with its words as they are: no page takes an escape out of them.
function picture({ hash, alt, caption, credit }) {
  const plain = (s) => s.replace(/\s+/g, " ").trim().replace(/\\+$/, "");
  const title = [plain(caption), plain(credit)].map((s) => s.replaceAll("|", "/")).filter((s, i) => s || !i).join(" | ").trim();
  const quote = title.includes('"') && !title.includes("'") ? "'" : '"';
  const words = plain(alt).replaceAll("[", "(").replaceAll("]", ")");
  return `![${words}](picture:${hash}${title && ` ${quote}${quote === "'" ? title : title.replaceAll('"', "”")}${quote}`})`;
}

function table(node) {
  const width = Math.max(...Array.from({ length: node.childCount }, (_, i) => node.child(i).childCount));
  const rows = [];
  node.forEach((row) => {
    const cells = Array.from({ length: width }, (_, i) => i < row.childCount ? inline(row.child(i), { table: true, oneLine: true }) : "");
    rows.push(`| ${cells.join(" | ")} |`.replace(/ {2,}/g, "  "));
  });
  const aligned = { left: ":--", center: ":-:", right: "--:" };
  const rule = Array.from({ length: width }, (_, i) => aligned[node.child(0).maybeChild(i)?.attrs.align] ?? "---");
  rows.splice(1, 0, `| ${rule.join(" | ")} |`);
  return rows.join("\n");
}

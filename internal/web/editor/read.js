// Reads what the server says that a page will show of a text. There is no other parser of Markdown here.
import { DOMParser, Fragment } from "prosemirror-model";
import { numbersOf, schema } from "./schema.js";

const parser = DOMParser.fromSchema(schema);

// read returns a text as it is edited: its blocks, each with its node, its source and what stands between it and the one before, and what
// stands below the last.
export function read(text, list) {
  const labels = new Map(list.filter((b) => b.note).map((b) => [String(b.index), b.note]));
  let end = 0;
  const blocks = list.map((b, i) => {
    const block = { source: text.slice(b.from, b.to), gap: text.slice(end, b.from), anchors: b.anchors };
    end = b.to;
    block.node = nodeOf(b, labels, i) ?? schema.nodes.source.create({ at: i }, schema.text(block.source));
    return block;
  });
  return { blocks, tail: text.slice(end) };
}

function nodeOf(block, labels, at) {
  if (!block.html) return null;
  const page = new window.DOMParser().parseFromString(block.html, "text/html");
  for (const back of page.querySelectorAll("a.footnote-backref")) back.remove();
  for (const sup of page.querySelectorAll("sup:has(> a.footnote-ref)")) {
    const label = labels.get(/:(\d+)$/.exec(sup.firstElementChild.getAttribute("href"))?.[1]);
    if (!label) return null;
    sup.replaceChildren();
    sup.dataset.label = label;
  }
  for (const list of page.querySelectorAll("ol")) { // the first item says its number where it is the list's start all the same
    if (list.firstElementChild?.hasAttribute("value")) list.dataset.mark = ")";
  }
  const doc = parser.parse(page.body);
  if (block.note) {
    for (let i = 0; i < doc.childCount; i++) if (doc.child(i).type !== schema.nodes.paragraph) return null;
    return trimmed(schema.nodes.note.create({ at, label: block.note }, doc.content));
  }
  if (doc.childCount !== 1) return null;
  const node = trimmed(counted(doc.firstChild));
  return node.type.create({ ...node.attrs, at }, node.content);
}

// counted lets items say a number only where it is not the next.
function counted(node) {
  if (node.isTextblock || node.isLeaf) return node;
  const children = [];
  node.forEach((child) => children.push(counted(child)));
  if (node.type === schema.nodes.ordered_list) {
    const numbers = numbersOf(node);
    numbers.forEach((number, i) => {
      const follows = number === (i ? numbers[i - 1] + 1 : node.attrs.start);
      children[i] = schema.nodes.item.create({ number: follows ? null : number }, children[i].content);
    });
  }
  return node.copy(Fragment.fromArray(children));
}

// trimmed takes the white space off the ends of words that a parser of HTML leaves where something was taken out.
function trimmed(node) {
  if (node.isTextblock && node.type !== schema.nodes.source) {
    const last = node.lastChild;
    if (!last?.isText || !/\s$/.test(last.text)) return node;
    const kept = last.text.trimEnd();
    return node.copy(node.content.cut(0, node.content.size - (last.text.length - kept.length)));
  }
  if (node.isLeaf) return node;
  const children = [];
  node.forEach((child) => children.push(trimmed(child)));
  return node.copy(Fragment.fromArray(children));
}

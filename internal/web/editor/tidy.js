// Keeps a document as a letter can be, whatever is done to it, and shows the numbers of footnotes.
import { Fragment } from "prosemirror-model";
import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { isEmpty, digits } from "./write.js";
import { isOneKind, labelsOf, numbersOf, schema, wereTwo } from "./schema.js";

const { note, ordered_list, paragraph, reference } = schema.nodes;

// tidy puts footnotes below the block that first refers to them and drops those to which nothing does, with references to none. What was
// dropped comes back with a reference to it, as when a paragraph is cut here and pasted there: kept holds all that were seen, by label.
// Lists of one kind that come to stand side by side become one, as they would be read; those that were two in the text, whose blocks are
// given, stay two. Demands are numbered on.
export function tidy(kept, blocks) {
  return new Plugin({
    appendTransaction: (transactions, before, state) => transactions.some((tr) => tr.docChanged) ? tidied(state, kept, blocks) : null,
  });
}

// tidied returns the transaction that tidies a document, null for one that is tidy.
export function tidied(state, kept, blocks) {
  const tr = state.tr;
  joinLists(tr, blocks);
  countOn(tr);
  placeNotes(tr, kept);
  let last = tr.doc.childCount - 1, end = tr.doc.content.size;
  while (last >= 0 && tr.doc.child(last).type === note) end -= tr.doc.child(last--).nodeSize;
  if (last < 0 || tr.doc.child(last).type !== paragraph) tr.insert(end, paragraph.create()); // somewhere to write on
  return tr.docChanged ? tr : null;
}

function joinLists(tr, blocks) {
  for (let i = tr.doc.childCount - 1; i > 0; i--) {
    const above = tr.doc.child(i - 1), below = tr.doc.child(i);
    if (isOneKind(above, below) && !wereTwo(above.attrs.at, below.attrs.at, blocks)) tr.join(startOf(tr.doc, i));
  }
}

// countOn numbers new demands, and those that were parted from others, on from the ones above: each has a number of its own.
function countOn(tr) {
  const seen = new Set();
  let highest = 0;
  tr.doc.forEach((node, pos) => {
    if (node.type !== ordered_list || node.attrs.mark !== ")") return;
    let list = node;
    if (highest && node.attrs.start <= highest && (node.attrs.at === null || seen.has(node.attrs.at))) {
      tr.setNodeMarkup(pos, null, { ...node.attrs, at: null, start: highest + 1 });
      list = tr.doc.nodeAt(pos);
    }
    seen.add(node.attrs.at);
    highest = Math.max(highest, ...numbersOf(list));
  });
}

function placeNotes(tr, kept) {
  const there = [];
  tr.doc.forEach((node) => {
    if (node.type !== note) return;
    there.push(node);
    kept.set(node.attrs.label, node);
  });
  const none = [];
  tr.doc.descendants((node, pos) => {
    if (node.type === reference && !kept.has(node.attrs.label)) none.push(pos);
  });
  for (const pos of none.toReversed()) tr.delete(pos, pos + 1);
  const order = labelsOf(tr.doc), placed = [], rest = new Set(order);
  tr.doc.forEach((node) => {
    if (node.type === note) return;
    placed.push(node);
    const here = order.filter((label) => rest.has(label) && refers(node, label));
    for (let i = 0; i < here.length; i++) { // with those to which these refer
      rest.delete(here[i]);
      placed.push(kept.get(here[i]));
      here.push(...order.filter((label) => rest.has(label) && !here.includes(label) && refers(kept.get(here[i]), label)));
    }
  });
  const wanted = Fragment.fromArray(placed.length ? placed : [paragraph.create()]);
  if (wanted.eq(tr.doc.content)) return;
  // One move at a time, so that the cursor stays in what it is in.
  for (let i = 0; i < wanted.childCount; i++) {
    if (i < tr.doc.childCount && tr.doc.child(i) === wanted.child(i)) continue;
    let from = -1;
    for (let j = i + 1; j < tr.doc.childCount && from < 0; j++) if (tr.doc.child(j) === wanted.child(i)) from = j;
    if (from >= 0 && wanted.child(i).type === note) {
      const start = startOf(tr.doc, from);
      tr.delete(start, start + wanted.child(i).nodeSize);
    }
    if (from < 0 || wanted.child(i).type === note) tr.insert(startOf(tr.doc, i), wanted.child(i));
    else tr.delete(startOf(tr.doc, i), startOf(tr.doc, from)); // notes that go, or come below
  }
  const end = startOf(tr.doc, wanted.childCount);
  if (end < tr.doc.content.size) tr.delete(end, tr.doc.content.size);
}

function startOf(doc, index) {
  let pos = 0;
  for (let i = 0; i < index; i++) pos += doc.child(i).nodeSize;
  return pos;
}

function refers(node, label) {
  let found = false;
  node.descendants((inner) => { found ||= inner.type === reference && inner.attrs.label === label; });
  return found;
}

const key = new PluginKey("shown");

// shown numbers footnotes as a page will, and says which blocks are shown as source and which the server reads otherwise than they look: see
// same.js.
export function shown(zero, { placeholder, source, demands }) {
  const decorate = (doc, wrong) => {
    const labels = labelsOf(doc), list = [];
    doc.descendants((node, pos) => {
      if (node.type === ordered_list && node.attrs.mark === ")") { // what is numbered within a demand is a part of it
        list.push(Decoration.node(pos, pos + node.nodeSize, { "data-says": demands }));
      }
      if (node.type === note || node.type === reference) {
        list.push(Decoration.node(pos, pos + node.nodeSize, { "data-number": digits(labels.indexOf(node.attrs.label) + 1, zero) }));
      }
      if (node.type === schema.nodes.source) list.push(Decoration.node(pos, pos + node.nodeSize, { "data-says": source }));
      if (wrong.includes(node)) list.push(Decoration.node(pos, pos + node.nodeSize, { class: "unlike" }));
    });
    let empty = true;
    doc.forEach((node) => { empty &&= isEmpty(node); });
    if (empty && doc.firstChild.type === paragraph) list.push(Decoration.node(0, doc.firstChild.nodeSize, { "data-placeholder": placeholder }));
    return { wrong, set: DecorationSet.create(doc, list) };
  };
  return new Plugin({
    key,
    state: {
      init: (_, state) => decorate(state.doc, []),
      apply: (tr, was) => tr.docChanged || tr.getMeta(key) ? decorate(tr.doc, tr.getMeta(key) ?? was.wrong) : was,
    },
    props: { decorations: (state) => key.getState(state).set },
  });
}

export const markWrong = (state, nodes) => state.tr.setMeta(key, nodes);

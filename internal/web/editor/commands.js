// What the toolbar and the keys do to a document, in ProseMirror's form of a command.
import { createParagraphNear, joinBackward, lift, setBlockType, wrapIn } from "prosemirror-commands";
import { liftListItem, sinkListItem, wrapInList } from "prosemirror-schema-list";
import { Fragment, Slice } from "prosemirror-model";
import { NodeSelection, Selection, TextSelection } from "prosemirror-state";
import { labelsOf, schema } from "./schema.js";

const { bullet_list, cell, heading, item, line_break, note, ordered_list, paragraph, quotation, reference, row, source, table } = schema.nodes;

// around returns the innermost node of some types about the selection, and where it begins; null if there is none.
export function around(state, ...types) {
  const { $from, node } = state.selection;
  if (node && types.includes(node.type)) return { node, pos: $from.pos, depth: $from.depth + 1 };
  for (let depth = $from.depth; depth > 0; depth--) {
    if (types.includes($from.node(depth).type)) return { node: $from.node(depth), pos: $from.before(depth), depth };
  }
  return null;
}

export const isHeading = (state) => around(state, heading) !== null;
export const isQuotation = (state) => around(state, quotation) !== null;
export const isList = (type, mark) => (state) => {
  const found = around(state, bullet_list, ordered_list);
  return found !== null && found.node.type === type && found.node.attrs.mark === mark;
};

export const toggleHeading = (level = 2) => (state, dispatch) => {
  const there = around(state, heading);
  return (there && there.node.attrs.level === level ? setBlockType(paragraph) : setBlockType(heading, { level }))(state, dispatch);
};

export const toggleQuotation = (state, dispatch) => {
  if (!isQuotation(state)) return wrapIn(quotation)(state, dispatch);
  return lift(state, dispatch);
};

// toggleList makes a list of what is selected, makes a list of another kind this one, or takes its items out of it. Mark is "" for bullets.
export const toggleList = (type, mark) => (state, dispatch) => {
  if (isList(type, mark)(state)) return liftListItem(item)(state, dispatch);
  const there = around(state, bullet_list, ordered_list);
  const attrs = mark ? { mark } : null;
  if (!there) return wrapInList(type, attrs)(state, dispatch);
  if (dispatch) {
    const tr = state.tr.setNodeMarkup(there.pos, type, { at: there.node.attrs.at, loose: there.node.attrs.loose, ...attrs });
    dispatch(tr.scrollIntoView());
  }
  return true;
};

export const lineBreak = (state, dispatch) => {
  if (around(state, heading, cell, source)) return false;
  dispatch?.(state.tr.replaceSelectionWith(line_break.create()).scrollIntoView());
  return true;
};

// leave puts the cursor into a paragraph below the block at the margin that it is in, such as a table.
export const leave = (state, dispatch) => {
  const { $to } = state.selection;
  if (!around(state, table, source, quotation)) return false;
  if (dispatch) {
    const pos = $to.after(1);
    const tr = state.tr.insert(pos, paragraph.create());
    dispatch(tr.setSelection(TextSelection.create(tr.doc, pos + 1)).scrollIntoView());
  }
  return true;
};

const childrenOf = (node) => Array.from({ length: node.childCount }, (_, i) => node.child(i));

// moveBlock takes the block at the margin that is selected, or that the cursor is in, before the one above it (-1) or behind the one below
// it (1). Footnotes go with it: see tidy.js.
export const moveBlock = (step) => (state, dispatch) => {
  const { $from } = state.selection, i = $from.index(0), moved = state.doc.maybeChild(i);
  let j = i + step;
  while (state.doc.maybeChild(j)?.type === note) j += step;
  if (!moved || moved.type === note || j < 0 || j >= state.doc.childCount) return false;
  if (dispatch) {
    const blocks = childrenOf(state.doc), sizeOf = (list) => list.reduce((sum, node) => sum + node.nodeSize, 0);
    const from = sizeOf(blocks.slice(0, i));
    blocks.splice(i, 1);
    blocks.splice(j, 0, moved);
    const low = Math.min(i, j), changed = blocks.slice(low, Math.max(i, j) + 1);
    const start = sizeOf(blocks.slice(0, low)), to = sizeOf(blocks.slice(0, j));
    const tr = state.tr.replaceWith(start, start + sizeOf(changed), changed);
    const { selection } = state;
    tr.setSelection(selection.node && $from.depth === 0 ? NodeSelection.create(tr.doc, to)
      : TextSelection.create(tr.doc, selection.anchor - from + to, selection.head - from + to));
    dispatch(tr.scrollIntoView());
  }
  return true;
};

// Footnotes

export function freeLabel(doc, taken = []) {
  const labels = [...labelsOf(doc), ...taken];
  doc.forEach((node) => { if (node.type === note) labels.push(node.attrs.label); });
  let n = labels.length + 1;
  while (labels.includes(String(n))) n++;
  return String(n);
}

export const addNote = (state, dispatch) => {
  const { $to } = state.selection;
  if (!$to.parent.inlineContent || $to.parent.type === source || around(state, note)) return false;
  if (dispatch) {
    const label = freeLabel(state.doc);
    const tr = state.tr.insert($to.pos, reference.create({ label }));
    const below = tr.doc.resolve($to.pos + 1).after(1);
    tr.insert(below, note.create({ label }, paragraph.create()));
    dispatch(tr.setSelection(TextSelection.create(tr.doc, below + 2)).scrollIntoView());
  }
  return true;
};

// goToNote leads from a reference to its footnote; from a footnote to where it is referred to.
export const goToNote = (state, dispatch) => {
  const from = state.selection.node?.type === reference ? state.selection.node : around(state, note)?.node;
  if (!from) return false;
  let to = null;
  state.doc.descendants((node, pos) => {
    if (node.attrs.label !== from.attrs.label || node.type === from.type) return;
    to ??= node.type === note ? Selection.near(state.doc.resolve(pos + 1)) : TextSelection.create(state.doc, pos + 1);
  });
  if (to) dispatch?.(state.tr.setSelection(to).scrollIntoView());
  return to !== null;
};

// goFromReference is goToNote on the key Enter, where a reference is selected.
export const goFromReference = (state, dispatch) => state.selection.node?.type === reference && goToNote(state, dispatch);

// openReference leads from a reference that is clicked to its footnote.
export function openReference(view, node, pos) {
  if (node.type !== reference) return false;
  view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, pos)));
  return goToNote(view.state, view.dispatch);
}

// withoutNotes returns what is pasted without its footnotes, which come with their references: see tidy.js.
export function withoutNotes(slice, kept) {
  const blocks = [];
  slice.content.forEach((node) => {
    if (node.type !== note) return blocks.push(node);
    if (!kept.has(node.attrs.label)) kept.set(node.attrs.label, node);
  });
  if (blocks.length === slice.content.childCount || !blocks.length) return slice;
  return new Slice(Fragment.fromArray(blocks), slice.openStart, Math.min(slice.openEnd, 1));
}

// joinOverNotes joins a paragraph with the one above it where the footnotes of that stand between them; they are put below again.
export const joinOverNotes = (state, dispatch, view) => {
  const { $cursor } = state.selection;
  if (!$cursor || $cursor.parentOffset > 0 || $cursor.depth !== 1) return false;
  let from = $cursor.before(), i = $cursor.index(0);
  while (i > 0 && state.doc.child(i - 1).type === note) from -= state.doc.child(--i).nodeSize;
  if (from === $cursor.before() || i === 0) return false;
  const tr = state.tr.delete(from, $cursor.before());
  return joinBackward(state.apply(tr), dispatch && ((join) => {
    for (const step of join.steps) tr.step(step);
    dispatch(tr.scrollIntoView());
  }), view);
};

// Lists

const atStart = (command) => (state, dispatch, view) => {
  const { $cursor } = state.selection;
  const inItem = $cursor && $cursor.parentOffset === 0 && $cursor.depth > 1 && $cursor.node(-1).type === item && $cursor.index(-1) === 0;
  return inItem ? command(state, dispatch, view) : false;
};
export const sinkAtStart = atStart(sinkListItem(item));
export const liftAtStart = atStart(liftListItem(item));

// Tables

const cellAt = (state) => {
  const there = around(state, cell), inside = around(state, table);
  if (!there || !inside) return null;
  const { $from } = state.selection;
  return { table: inside.node, pos: inside.pos, row: $from.index(inside.depth), column: $from.index(there.depth - 1) };
};
export const isTable = (state) => cellAt(state) !== null;

const grid = (node) => childrenOf(node).map(childrenOf);

// change puts a table made of rows of cells in the place of one, with the cursor in one of its cells.
function change(state, dispatch, at, rows, r, c) {
  if (!dispatch) return true;
  const made = table.create(at.table.attrs, rows.map((cells) => row.create(null, cells)));
  const tr = state.tr.replaceWith(at.pos, at.pos + at.table.nodeSize, made);
  dispatch(tr.setSelection(TextSelection.create(tr.doc, placeOf(made, at.pos, r, c))).scrollIntoView());
  return true;
}

function placeOf(node, pos, r, c) {
  let at = pos + 2;
  for (let i = 0; i < r; i++) at += node.child(i).nodeSize;
  for (let i = 0; i < c; i++) at += node.child(r).child(i).nodeSize;
  return at + 1;
}

export const addTable = (state, dispatch) => {
  const { $from } = state.selection;
  if (around(state, table, note, item, quotation, source)) return false;
  if (dispatch) {
    const made = table.create(null, [0, 1].map(() => row.create(null, [0, 1].map(() => cell.create()))));
    const empty = $from.parent.type === paragraph && !$from.parent.childCount;
    const pos = empty ? $from.before(1) : $from.depth ? $from.after(1) : $from.pos;
    const tr = empty ? state.tr.replaceWith(pos, $from.after(1), made) : state.tr.insert(pos, made);
    dispatch(tr.setSelection(TextSelection.create(tr.doc, placeOf(made, pos, 0, 0))).scrollIntoView());
  }
  return true;
};

const inTable = (edit) => (state, dispatch) => {
  const at = cellAt(state);
  return at ? edit(state, dispatch, at, grid(at.table)) : false;
};

export const addRow = inTable((state, dispatch, at, rows) => {
  rows.splice(at.row + 1, 0, rows[0].map((c) => cell.create({ align: c.attrs.align })));
  return change(state, dispatch, at, rows, at.row + 1, 0);
});

export const addColumn = inTable((state, dispatch, at, rows) => {
  rows.forEach((cells) => cells.splice(at.column + 1, 0, cell.create()));
  return change(state, dispatch, at, rows, at.row, at.column + 1);
});

export const removeRow = inTable((state, dispatch, at, rows) => {
  if (rows.length < 2) return removeTable(state, dispatch);
  rows.splice(at.row, 1);
  return change(state, dispatch, at, rows, Math.min(at.row, rows.length - 1), 0);
});

export const removeColumn = inTable((state, dispatch, at, rows) => {
  if (rows[0].length < 2) return removeTable(state, dispatch);
  rows.forEach((cells) => cells.splice(at.column, 1));
  return change(state, dispatch, at, rows, at.row, Math.min(at.column, rows[0].length - 1));
});

export const removeTable = inTable((state, dispatch, at) => {
  dispatch?.(state.tr.delete(at.pos, at.pos + at.table.nodeSize).scrollIntoView());
  return true;
});

export const nextCell = (step) => inTable((state, dispatch, at, rows) => {
  const width = rows[0].length, n = at.row * width + at.column + step;
  if (n < 0 || n >= rows.length * width) return false;
  const pos = placeOf(at.table, at.pos, Math.floor(n / width), n % width);
  dispatch?.(state.tr.setSelection(TextSelection.create(state.doc, pos)).scrollIntoView());
  return true;
});

export const cellBelow = inTable((state, dispatch, at, rows) => {
  if (at.row + 1 === rows.length) return leave(state, dispatch);
  dispatch?.(state.tr.setSelection(TextSelection.create(state.doc, placeOf(at.table, at.pos, at.row + 1, at.column))).scrollIntoView());
  return true;
});

export const stayInCell = (state) => {
  const { $cursor } = state.selection;
  return Boolean($cursor && $cursor.parent.type === cell && $cursor.parentOffset === 0);
};

// Pictures

export const addPicture = (attrs) => (state, dispatch) => {
  const made = schema.nodes.picture.create(attrs);
  const { $from } = state.selection;
  const empty = $from.parent.type === paragraph && !$from.parent.childCount && $from.depth === 1;
  const pos = empty ? $from.before(1) : $from.depth ? $from.after(1) : $from.pos;
  const tr = empty ? state.tr.replaceWith(pos, $from.after(1), made) : state.tr.insert(pos, made);
  dispatch?.(tr.setSelection(NodeSelection.create(tr.doc, pos)).scrollIntoView());
  return true;
};

export const belowPicture = (state, dispatch) => state.selection.node?.type === schema.nodes.picture && createParagraphNear(state, dispatch);

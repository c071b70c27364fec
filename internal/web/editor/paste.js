// Makes of what is pasted from a word processor or a page what a letter can hold, and says what it leaves.
import { DOMParser } from "prosemirror-model";
import { schema } from "./schema.js";
import { target } from "./inline.js";

const parser = DOMParser.fromSchema(schema);

// cleaned returns HTML that is pasted as HTML of a letter, with its footnotes by the label that their references have here, and the kinds
// of what is left out. newLabel returns a label that no footnote has.
export function cleaned(html, newLabel) {
  if (/<[^>]*\sdata-pm-slice/.test(html)) return { html, notes: new Map(), left: new Set() }; // from here
  const { body } = new window.DOMParser().parseFromString(inert(html), "text/html");
  const left = new Set(), notes = new Map();
  const each = (selector, act) => { for (const element of body.querySelectorAll(selector)) act(element); };
  dropComments(body);
  each("script, meta, link, title, xml, template, head", (e) => e.remove());
  const drop = (what, selector, whole = (e) => e) => each(selector, (e) => {
    left.add(what);
    (whole(e) ?? e).remove();
  });
  drop("comments", "[data-style*='mso-element:comment'], [id^='_com_'], .MsoCommentReference, .MsoCommentText, a[href^='#_msocom']");
  drop("comments", "a[href^='#cmnt_ref']", (e) => e.closest("div"));
  drop("comments", "a[href^='#cmnt']", (e) => e.closest("sup"));
  drop("embedded", "iframe, object, embed, video, audio, form, input, button, select, textarea, canvas");
  drop("pictures", "img, svg, picture");
  listsOfWord(body);
  footnotes(body, notes, newLabel);
  for (const rule of [...body.querySelectorAll("hr")].toReversed()) if (!/\S/.test(textAfter(rule, body))) rule.remove();
  each("*", (e) => { look(e, left); });
  each("td, th", (e) => { cellOf(e, left); });
  each("table", (e) => { square(e); });
  each("h1", (e) => { rename(e, "h2"); }); // the title is not in the text
  each("a", (e) => { address(e); });
  each("ol", (e) => { e.removeAttribute("data-mark"); });
  each("li", (e) => {
    e.removeAttribute("value");
    if (e.querySelectorAll(":scope > p").length === 1) unwrap(e.querySelector(":scope > p"));
  });
  return { html: body.innerHTML, notes, left };
}

// inert lets styles be read and not applied, and handlers not run: the page's policy refuses both, with a complaint.
function inert(html) {
  return html.replace(/<style\b[^]*?<\/style\s*>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/\son\w+\s*=/gi, " data-handler="));
}

function textAfter(element, body) {
  const range = body.ownerDocument.createRange();
  range.setStartAfter(element);
  range.setEndAfter(body.lastChild);
  return range.toString();
}

function dropComments(node) {
  for (const child of [...node.childNodes]) {
    if (child.nodeType === 8) child.remove();
    else dropComments(child);
  }
}

const styleOf = (element) => Object.fromEntries((element.dataset.style ?? "").toLowerCase().split(";").map((part) => {
  const colon = part.indexOf(":");
  return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
}));

// Black and nearly black on white are what a text has that nobody coloured.
const plain = /^(?:|#0{3,6}|#0d0d0d|#1f1f1f|#222222|#333333|black|windowtext|auto|inherit|initial|rgb\(0, ?0, ?0\)|transparent|white|#f{3,6}|none)$/;
const isColoured = (...values) => values.some((value) => !plain.test(value ?? ""));

// look makes weight and slant that a style says into elements that do, and notes what else it says.
function look(element, left) {
  const style = styleOf(element);
  element.removeAttribute("data-style");
  element.removeAttribute("class");
  const { "background-color": ground, background, "text-decoration": lines = style["text-decoration-line"] ?? "" } = style;
  if (isColoured(style.color, ground ?? background) || element.localName === "font" && element.hasAttribute("color")) left.add("colours");
  if (element.localName === "u" || /underline/.test(lines) && !element.closest("a")) left.add("underlines");
  const align = style["text-align"] ?? element.getAttribute("align") ?? "";
  if (/center|right|justify|end/.test(align) && !/^(td|th)$/.test(element.localName)) left.add("alignment");
  const weight = style["font-weight"] ?? "";
  if (/^(b|strong)$/.test(element.localName) && /^(normal|400)$/.test(weight)) return unwrap(element);
  if (/^(i|em)$/.test(element.localName) && style["font-style"] === "normal") return unwrap(element);
  if (/^(p|div|li|td|th|h[1-6]|table|tr|ul|ol)$/.test(element.localName)) return; // a heading is as bold as it is
  const inHeading = element.closest("h1, h2, h3, h4, h5, h6");
  if (!inHeading && (/^bold/.test(weight) || Number(weight) >= 600)) wrapIn(element, "strong");
  if (/italic|oblique/.test(style["font-style"] ?? "")) wrapIn(element, "em");
  if (/line-through/.test(lines)) wrapIn(element, "del");
}

function unwrap(element) {
  element.replaceWith(...element.childNodes);
}

function wrapIn(element, name) {
  const made = element.ownerDocument.createElement(name);
  made.append(...element.childNodes);
  element.append(made);
}

function rename(element, name) {
  const made = element.ownerDocument.createElement(name);
  made.append(...element.childNodes);
  element.replaceWith(made);
}

function cellOf(cell, left) {
  if (cell.colSpan > 1 || cell.rowSpan > 1) left.add("cells");
  const align = cell.getAttribute("align");
  if (!/^(left|right|center)$/.test(align ?? "")) cell.removeAttribute("align");
  for (const block of [...cell.querySelectorAll("p, div, li")]) {
    if (block.nextElementSibling) block.append(" ");
    unwrap(block);
  }
}

// square gives all rows of a table as many cells, and takes its caption before it.
function square(table) {
  for (const caption of table.querySelectorAll("caption")) {
    table.before(caption);
    rename(caption, "p");
  }
  const rows = [...table.rows], width = Math.max(...rows.map((row) => row.cells.length));
  for (const row of rows) while (row.cells.length < width) row.append(row.ownerDocument.createElement("td"));
}

function address(link) {
  const href = link.getAttribute("href") ?? "";
  if (!/^(https?:\/\/[^/]|mailto:.|\/media\/[0-9a-f]{64}$)/i.test(href)) return unwrap(link);
  const direct = /^https:\/\/www\.google\.com\/url\?(?:[^#]*&)?q=([^&]+)/.exec(href); // as Google's documents write one
  link.setAttribute("href", target(direct ? decodeURIComponent(direct[1]) : href));
}

// listsOfWord makes lists of paragraphs that Word marks as items, with their mark in front.
function listsOfWord(body) {
  let open = []; // the lists that go on, by their level
  let first = null; // the outermost of them
  for (const p of body.querySelectorAll("p[data-style*='mso-list']")) {
    const level = Number(/mso-list:\s*l\d+ level(\d)/i.exec(p.dataset.style)?.[1] ?? 0);
    if (!level) continue;
    const mark = [...p.querySelectorAll("[data-style*='mso-list']")].find((e) => /ignore/i.test(e.dataset.style));
    const name = /^\(?(?:\p{Nd}+|[a-z]{1,4})[.)]/iu.test(mark?.textContent.trim() ?? "") ? "ol" : "ul";
    mark?.remove();
    if (!first || p.previousElementSibling !== first) open = [];
    open.splice(level);
    while (open.length < level) {
      const list = body.ownerDocument.createElement(name), item = open.at(-1)?.lastElementChild;
      if (item) item.append(list);
      else if (!open.length) p.before(first = list);
      else break; // a level was left out
      open.push(list);
    }
    const item = body.ownerDocument.createElement("li");
    item.append(...p.childNodes);
    open.at(-1).append(item);
    p.remove();
  }
}

// footnotes takes notes out, by new labels, and marks where they are referred to. Word processors write each as two links that lead to one
// another: the first from where it is referred to, the second from the note.
function footnotes(body, notes, newLabel) {
  const links = [...body.querySelectorAll("a[href*='#']")];
  const aim = (link) => link.getAttribute("href").split("#").pop();
  const named = (link, name) => name !== "" && (link.name === name || link.id === name || link.parentElement.id === name);
  const labels = [];
  for (const reference of links) {
    const back = links.find((x) => x !== reference && named(reference, aim(x)) && named(x, aim(reference)));
    if (!back || !(reference.compareDocumentPosition(back) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
    let block = back.closest("div");
    const isBack = (x) => x !== back && links.some((y) => named(y, aim(x)) && named(x, aim(y)));
    if (!block || block.contains(reference) || links.some((x) => block.contains(x) && isBack(x))) block = back.closest("p, li, div");
    if (!block || block.contains(reference)) continue;
    back.remove();
    for (const element of block.querySelectorAll("*")) look(element, new Set());
    const label = newLabel(labels);
    const note = schema.nodes.note.createAndFill({ label }, paragraphs(parser.parse(block)));
    const mark = body.ownerDocument.createElement("sup");
    if (!note) continue;
    labels.push(label);
    notes.set(label, note);
    mark.dataset.label = label;
    block.remove();
    (reference.closest("sup") ?? reference).replaceWith(mark);
  }
}

function paragraphs(doc) {
  const list = [];
  doc.descendants((node) => {
    if (!node.isTextblock) return true;
    if (node.childCount) list.push(schema.nodes.paragraph.create(null, node.content));
    return false;
  });
  return list;
}

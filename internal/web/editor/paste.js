// Makes of what is pasted from a word processor or a page what a letter can hold, and says what it leaves.
import { DOMParser } from "prosemirror-model";
import { schema } from "./schema.js";
import { target } from "./inline.js";

const parser = DOMParser.fromSchema(schema);

// cleaned returns HTML that is pasted as HTML of a letter, with its footnotes by the label that their references have here, and the kinds
// of what is left out. newLabel returns a label that no footnote has.
export function cleaned(html, newLabel) {
  const { body } = new window.DOMParser().parseFromString(html, "text/html");
  const left = new Set(), notes = new Map();
  const each = (selector, act) => { for (const element of body.querySelectorAll(selector)) act(element); };
  if (body.querySelector("[data-pm-slice]")) return { html, notes, left }; // from here
  dropComments(body);
  each("script, style, meta, link, title, xml, template, head", (e) => e.remove());
  each("[style*='mso-element:comment'], [id^='_com_'], .MsoCommentReference, .MsoCommentText, a[href^='#_msocom']", (e) => { left.add("comments"); e.remove(); });
  each("a[href^='#cmnt']", (e) => { left.add("comments"); (e.getAttribute("href").startsWith("#cmnt_ref") ? e.closest("div") ?? e : e.closest("sup") ?? e).remove(); });
  each("iframe, object, embed, video, audio, form, input, button, select, textarea, canvas", (e) => { left.add("embedded"); e.remove(); });
  each("img, svg, picture", (e) => { left.add("pictures"); e.remove(); });
  listsOfWord(body);
  footnotes(body, notes, newLabel);
  each("*", (e) => { look(e, left); });
  each("td, th", (e) => { cellOf(e, left); });
  each("h1", (e) => { rename(e, "h2"); }); // the title is not in the text
  each("a", (e) => { address(e); });
  each("ol", (e) => { e.removeAttribute("data-mark"); });
  each("li", (e) => { e.removeAttribute("value"); });
  return { html: body.innerHTML, notes, left };
}

function dropComments(node) {
  for (const child of [...node.childNodes]) {
    if (child.nodeType === 8) child.remove();
    else dropComments(child);
  }
}

const styleOf = (element) => Object.fromEntries((element.getAttribute("style") ?? "").toLowerCase().split(";").map((part) => {
  const colon = part.indexOf(":");
  return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
}));

const plainColours = /^(?:|#0{3,6}|#0d0d0d|#1f1f1f|#222222|#333333|black|windowtext|auto|inherit|initial|rgb\(0, ?0, ?0\)|transparent|white|#f{3,6}|none)$/;

// look makes weight and slant that a style says into elements that do, and notes what else it says.
function look(element, left) {
  const style = styleOf(element);
  element.removeAttribute("style");
  element.removeAttribute("class");
  if (!plainColours.test(style.color ?? "") || !plainColours.test(style["background-color"] ?? style.background ?? "") || element.localName === "font" && element.hasAttribute("color")) left.add("colours");
  if (/underline/.test(style["text-decoration"] ?? style["text-decoration-line"] ?? "") && element.localName !== "a" && !element.closest("a") || element.localName === "u") left.add("underlines");
  if (/center|right|justify|end/.test(style["text-align"] ?? element.getAttribute("align") ?? "") && !/^(td|th)$/.test(element.localName)) left.add("alignment");
  const plain = style["font-weight"] === "normal" || style["font-weight"] === "400";
  if (/^(b|strong)$/.test(element.localName) && plain || /^(i|em)$/.test(element.localName) && style["font-style"] === "normal") return unwrap(element);
  if (/^(p|div|li|td|th|h[1-6]|table|tr|ul|ol)$/.test(element.localName)) return; // a heading is as bold as it is
  const inHeading = element.closest("h1, h2, h3, h4, h5, h6");
  if (!inHeading && (/^bold/.test(style["font-weight"] ?? "") || Number(style["font-weight"]) >= 600)) wrapIn(element, "strong");
  if (/italic|oblique/.test(style["font-style"] ?? "")) wrapIn(element, "em");
  if (/line-through/.test(style["text-decoration"] ?? style["text-decoration-line"] ?? "")) wrapIn(element, "del");
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

function address(link) {
  const href = link.getAttribute("href") ?? "";
  if (!/^(https?:\/\/[^/]|mailto:.|\/media\/[0-9a-f]{64}$)/i.test(href)) return unwrap(link);
  const direct = /^https:\/\/www\.google\.com\/url\?(?:[^#]*&)?q=([^&]+)/.exec(href); // as Google's documents write one
  link.setAttribute("href", target(direct ? decodeURIComponent(direct[1]) : href));
}

// listsOfWord makes lists of paragraphs that Word marks as items, with their mark in front.
function listsOfWord(body) {
  let open = []; // the lists that go on, by their level
  let last = null;
  for (const p of [...body.querySelectorAll("p[style*='mso-list'], li[style*='mso-list'], p[class*='MsoListParagraph']")]) {
    const level = Number(/level(\d)/.exec(p.getAttribute("style") ?? "")?.[1] ?? 1);
    if (p.localName !== "p") continue;
    const mark = [...p.querySelectorAll("[style*='mso-list']")].find((e) => /ignore/i.test(e.getAttribute("style")));
    if (!mark && !/mso-list:\s*l/i.test(p.getAttribute("style") ?? "")) continue;
    const number = /^\(?\p{Nd}+[.)\s]?|^\(?[a-z]{1,4}[.)]/iu.test(mark?.textContent.trim() ?? "");
    mark?.remove();
    if (last === null || p.previousElementSibling !== last) open = [];
    open.splice(level);
    while (open.length < level) {
      const list = body.ownerDocument.createElement(number ? "ol" : "ul");
      const parent = open.at(-1)?.lastElementChild;
      if (parent) parent.append(list);
      else if (open.length === 0) { p.before(list); last = list; }
      else break;
      open.push(list);
    }
    const item = body.ownerDocument.createElement("li");
    item.append(p);
    open.at(-1).append(item);
  }
}

// footnotes takes the notes of Word and of Google's documents out, by new labels, and marks where they are referred to.
function footnotes(body, notes, newLabel) {
  const labels = new Map();
  for (const back of [...body.querySelectorAll("a[href*='#_ftnref'], a[href^='#ftnt_ref']")]) {
    const id = /ref(\d+)$/.exec(back.getAttribute("href"))?.[1];
    const block = back.closest("div[id^='ftn']") ?? back.closest("div, p, li");
    if (!id || !block || block === body) continue;
    back.remove();
    const label = newLabel([...labels.values()]);
    labels.set(id, label);
    for (const element of block.querySelectorAll("*")) look(element, new Set());
    const note = schema.nodes.note.createAndFill({ label }, paragraphs(parser.parse(block)));
    if (note) notes.set(label, note);
    block.remove();
  }
  for (const link of [...body.querySelectorAll("a[href*='#_ftn'], a[href^='#ftnt']")]) {
    const label = labels.get(/(\d+)$/.exec(link.getAttribute("href"))?.[1]);
    if (!label) continue;
    const reference = body.ownerDocument.createElement("sup");
    reference.dataset.label = label;
    (link.closest("sup") ?? link).replaceWith(reference);
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

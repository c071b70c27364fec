// What a letter is made of, as the editor's document holds it. Each block at the margin says in `at` which block of the text that was
// read it is, so that one that is as it was read is written with the bytes it had.
import { Schema } from "prosemirror-model";

const at = { at: { default: null } };
const below = (names) => names.map((tag, i) => ({ tag, attrs: { level: i + 1 } }));

export const schema = new Schema({
  nodes: {
    doc: { content: "(block | note)+" },
    paragraph: { group: "block", content: "inline*", attrs: at, parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    heading: {
      group: "block", content: "inline*", defining: true, attrs: { ...at, level: { default: 2 } },
      parseDOM: below(["h1", "h2", "h3", "h4", "h5", "h6"]),
      toDOM: (node) => ["h" + node.attrs.level, 0],
    },
    // Items are numbered on from the first, but for those that say their number; with the mark ")" they are demands.
    ordered_list: {
      group: "block list", content: "item+",
      attrs: { ...at, start: { default: 1 }, mark: { default: "." }, loose: { default: false } },
      parseDOM: [{
        tag: "ol",
        getAttrs: (dom) => ({ start: Number(dom.getAttribute("start") ?? 1), mark: dom.dataset.mark === ")" ? ")" : ".", loose: isLoose(dom) }),
      }],
      toDOM: ({ attrs }) => ["ol", { start: attrs.start, "data-mark": attrs.mark, class: attrs.loose ? null : "tight" }, 0],
    },
    bullet_list: {
      group: "block list", content: "item+", attrs: { ...at, loose: { default: false } },
      parseDOM: [{ tag: "ul", getAttrs: (dom) => ({ loose: isLoose(dom) }) }],
      toDOM: ({ attrs }) => ["ul", { class: attrs.loose ? null : "tight" }, 0],
    },
    item: {
      content: "paragraph block*", defining: true, attrs: { number: { default: null } },
      parseDOM: [{ tag: "li", getAttrs: (dom) => ({ number: dom.hasAttribute("value") ? Number(dom.getAttribute("value")) : null }) }],
      toDOM: ({ attrs }) => ["li", attrs.number === null ? {} : { value: attrs.number }, 0],
    },
    quotation: {
      group: "block", content: "block+", defining: true, attrs: at, parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0],
    },
    table: {
      group: "block", content: "row+", isolating: true, attrs: at, parseDOM: [{ tag: "table" }], toDOM: () => ["table", ["tbody", 0]],
    },
    row: { content: "cell+", parseDOM: [{ tag: "tr" }], toDOM: () => ["tr", 0] },
    cell: {
      content: "inline*", isolating: true, attrs: { align: { default: null } },
      parseDOM: [{ tag: "td, th", getAttrs: (dom) => ({ align: dom.getAttribute("align") }) }],
      toDOM: ({ attrs }) => ["td", attrs.align ? { align: attrs.align } : {}, 0],
    },
    picture: {
      group: "block", draggable: true, attrs: { ...at, hash: {}, alt: { default: "" }, caption: { default: "" }, credit: { default: "" } },
      parseDOM: [{
        tag: "figure",
        getAttrs: (dom) => {
          const image = dom.querySelector("img");
          const hash = /^\/media\/([0-9a-f]{64})$/.exec(image?.getAttribute("src") ?? "")?.[1];
          if (!hash) return false;
          const caption = dom.querySelector("figcaption")?.cloneNode(true);
          const credit = caption?.querySelector("cite");
          credit?.remove();
          return { hash, alt: image.alt, caption: words(caption), credit: words(credit) };
        },
      }],
      toDOM: ({ attrs: { hash, alt, caption, credit } }) => ["figure", ["img", { src: "/media/" + hash, alt }],
        ...(caption || credit ? [["figcaption", caption, ...(credit ? [" ", ["cite", credit]] : [])]] : [])],
    },
    rule: { group: "block", attrs: at, parseDOM: [{ tag: "hr" }], toDOM: () => ["hr"] },
    // Lines of the text that the letter shows otherwise than as one of these blocks: they are written as they are.
    source: {
      group: "block", content: "text*", marks: "", code: true, defining: true, attrs: at,
      parseDOM: [{ tag: "pre", preserveWhitespace: "full" }],
      toDOM: () => ["pre", { class: "source-block" }, 0],
    },
    // A footnote stands below the block that refers to it, wherever the text has it.
    note: {
      content: "paragraph+", defining: true, isolating: true, attrs: { ...at, label: {} },
      parseDOM: [{ tag: "aside[data-label]", getAttrs: (dom) => ({ label: dom.dataset.label }) }],
      toDOM: ({ attrs }) => ["aside", { class: "note", role: "note", "data-label": attrs.label }, 0],
    },
    reference: {
      group: "inline", inline: true, attrs: { label: {} },
      parseDOM: [{ tag: "sup[data-label]", getAttrs: (dom) => ({ label: dom.dataset.label }) }],
      toDOM: ({ attrs }) => ["sup", { class: "note-reference", "data-label": attrs.label }],
      leafText: () => "",
    },
    line_break: { group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"], leafText: () => "\n" },
    text: { group: "inline" },
  },
  marks: {
    link: {
      inclusive: false, attrs: { href: {} },
      parseDOM: [{
        tag: "a[href]",
        getAttrs: (dom) => {
          const href = dom.getAttribute("href");
          return !/^[^/?#]*:/.test(href) || /^(?:https?|mailto):/i.test(href) ? { href } : false; // what a letter can link to
        },
      }],
      toDOM: ({ attrs }) => ["a", { href: attrs.href }, 0],
    },
    strong: { parseDOM: [{ tag: "strong" }, { tag: "b" }], toDOM: () => ["strong", 0] },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
    strike: { parseDOM: [{ tag: "del" }, { tag: "s" }], toDOM: () => ["del", 0] },
    code: { excludes: "link strong em strike", parseDOM: [{ tag: "code" }], toDOM: () => ["code", 0] },
  },
});

const words = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();
const isLoose = (list) => [...list.children].some((item) => item.firstElementChild?.localName === "p");

// numbersOf returns the number of each item of a list.
export function numbersOf(list) {
  const numbers = [];
  list.forEach((item, _, i) => numbers.push(item.attrs.number ?? (i ? numbers[i - 1] + 1 : list.attrs.start)));
  return numbers;
}

// isOneKind reports whether two blocks are lists that Markdown reads as one where they stand side by side.
export const isOneKind = ({ type, attrs }, other) =>
  (type === schema.nodes.bullet_list || type === schema.nodes.ordered_list) && type === other.type && attrs.mark === other.attrs.mark;

// wereTwo reports whether lists of one kind stand side by side in the text that was read, as these blocks.
export const wereTwo = (a, b, blocks) => a !== null && b === a + 1 && isOneKind(blocks[a].node, blocks[b].node);

// labelsOf returns the labels of the footnotes in the order in which a document refers to them: the numbers that a page shows.
export function labelsOf(doc) {
  const labels = [];
  const look = (node) => {
    node.descendants((inner) => {
      if (inner.type === schema.nodes.reference && !labels.includes(inner.attrs.label)) labels.push(inner.attrs.label);
      return inner.type !== schema.nodes.note;
    });
  };
  look(doc);
  for (let i = 0; i < labels.length; i++) { // a footnote may refer to another
    doc.forEach((node) => { if (node.type === schema.nodes.note && node.attrs.label === labels[i]) look(node); });
  }
  return labels;
}

// Compares what the editor shows with what the server reads of the text that was written of it.
import { isEmpty } from "./write.js";
import { numbersOf, schema } from "./schema.js";

const { link } = schema.marks;

// unlike returns the blocks that a reader would see otherwise than the editor shows them. A block that is written as source is what it is.
export function unlike(places, blocks) {
  return places.filter(({ node, block, from, to }) => {
    if (node.type === schema.nodes.source) return false;
    const there = blocks.filter((b) => b.from < to && b.to > from);
    return there.length !== 1 || there[0].from !== from || there[0].to !== to || seen(block) !== seen(there[0].node);
  }).map(({ node }) => node);
}

// seen returns what a reader sees of a block: white space counts once, and what is an address is a link in any case.
export const seen = (node) => JSON.stringify(shape(node));

function shape(node) {
  if (node.isTextblock) return [node.type.name, node.attrs.level ?? node.attrs.align ?? "", wordsOf(node)];
  if (node.type === schema.nodes.picture) return Object.values({ ...node.attrs, at: 0 }).map((v) => String(v).replace(/\s+/g, " ").trim());
  const children = [];
  node.forEach((child) => { if (!isEmpty(child) || child.type === schema.nodes.cell) children.push(shape(child)); });
  const { mark, label } = node.attrs;
  const numbers = node.type === schema.nodes.ordered_list ? numbersOf(node).filter((_, i) => !isEmpty(node.child(i))) : [];
  return [node.type.name, mark ?? label ?? "", numbers, children];
}

function wordsOf(block) {
  let words = [];
  block.forEach((node) => {
    if (!node.isText) return words.push(node.type.name + (node.attrs.label ?? ""));
    const marks = node.marks.filter((m) => m.type !== link || !isAddress(node.text, m.attrs.href)).map((m) => m.type.name + (m.attrs.href ?? "")).sort().join();
    for (const word of node.text.split(/(\s+)/)) if (word) words.push(word.trim() ? [word, marks] : " ");
  });
  words = words.filter((w, i) => w !== " " || i > 0 && words[i - 1] !== " " && words[i - 1] !== "line_break" && words[i + 1] !== "line_break");
  while (words.at(-1) === " " || words.at(-1) === "line_break") words.pop();
  return words.reduce((out, w) => {
    const last = out.at(-1);
    if (Array.isArray(w) && Array.isArray(last) && last[1] === w[1]) last[0] += w[0];
    else out.push(Array.isArray(w) ? [...w] : w);
    return out;
  }, []);
}

function isAddress(text, href) {
  try {
    const bare = (s) => decodeURI(s).replace(/^(mailto:|https?:\/\/)/, "");
    return bare(text) === bare(href);
  } catch {
    return false;
  }
}

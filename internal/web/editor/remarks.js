// Puts what readers remarked on a paragraph beside it, as the page lists it below the form. It stays there while the paragraph is written anew.
import { Plugin } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

const gap = 8; // pixels between what stands below one another in the margin

// remarks returns the plugin for a text that was read as these blocks.
export function remarks(blocks) {
  const groups = new Map([...document.querySelectorAll("[data-remarks] [data-anchor]")].map((group) => [group.dataset.anchor, group]));
  const boxes = new Map(), placed = []; // the lists of remarks by the number of a block, and what the page has of them
  for (const [at, { anchors }] of blocks.entries()) {
    for (const group of (anchors ?? []).map((anchor) => groups.get(anchor)).filter(Boolean)) {
      groups.delete(group.dataset.anchor);
      placed.push(group);
      if (!boxes.has(at)) boxes.set(at, []);
      boxes.get(at).push(...group.querySelectorAll(".remarks"));
    }
  }
  const decorate = (doc) => {
    const list = [], rest = new Set(boxes.keys());
    doc.forEach((node, pos) => {
      if (!rest.delete(node.attrs.at)) return;
      const { at } = node.attrs, spec = { side: -1, key: "remarks-" + at, stopEvent: () => true, ignoreSelection: true };
      list.push(Decoration.widget(pos + node.nodeSize, () => boxOf(boxes.get(at)), spec));
    });
    return DecorationSet.create(doc, list);
  };
  return new Plugin({
    state: { init: (_, state) => decorate(state.doc), apply: (tr, set) => tr.docChanged ? decorate(tr.doc) : set },
    props: { decorations(state) { return this.getState(state); } },
    view(view) {
      const place = () => inMargin(view.dom);
      for (const group of placed) group.hidden = true;
      const size = new ResizeObserver(place);
      size.observe(view.dom);
      requestAnimationFrame(place);
      return {
        update: place,
        destroy() {
          size.disconnect();
          for (const group of placed) group.hidden = false;
        },
      };
    },
  });
}

function boxOf(lists) {
  const box = document.createElement("aside"), inner = document.createElement("div");
  box.className = "remarked";
  box.contentEditable = "false";
  box.lang = document.documentElement.lang;
  box.dir = document.documentElement.dir;
  inner.append(...lists.map((list) => list.cloneNode(true)));
  box.append(inner);
  return box;
}

// inMargin lets each remark in the margin begin at the height of its paragraph, or below the one before it. Where there is no margin they stand
// below their paragraphs.
function inMargin(editor) {
  let free = -Infinity;
  for (const box of editor.querySelectorAll(":scope > .remarked")) {
    const inner = box.firstElementChild;
    inner.style.insetBlockStart = "";
    if (getComputedStyle(inner).position !== "absolute") continue;
    const top = Math.max(box.previousElementSibling?.offsetTop ?? 0, free);
    inner.style.insetBlockStart = `${top}px`;
    free = top + inner.offsetHeight + gap;
  }
}

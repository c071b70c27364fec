// The toolbar and the small forms below it. Their markup and words come with the page; see templates/desk/partials.html.
import { toggleMark } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import * as act from "./commands.js";
import { schema } from "./schema.js";
import { target } from "./inline.js";

const { bullet_list, ordered_list, picture } = schema.nodes;
const { link, strong, em } = schema.marks;

const marked = (type) => (state) => {
  const { from, $from, to, empty } = state.selection;
  return empty ? Boolean(type.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, type);
};

// doing says what each button does, and of one that can be on, whether it is.
export const doing = {
  strong: { run: toggleMark(strong), on: marked(strong) },
  em: { run: toggleMark(em), on: marked(em) },
  heading: { run: act.toggleHeading(), on: act.isHeading },
  bullets: { run: act.toggleList(bullet_list), on: act.isList(bullet_list) },
  numbers: { run: act.toggleList(ordered_list, "."), on: act.isList(ordered_list, ".") },
  demand: { run: act.toggleList(ordered_list, ")"), on: act.isList(ordered_list, ")") },
  quotation: { run: act.toggleQuotation, on: act.isQuotation },
  note: { run: act.addNote },
  table: { run: act.addTable },
  undo: { run: undo },
  redo: { run: redo },
  row: { run: act.addRow },
  column: { run: act.addColumn },
  removerow: { run: act.removeRow },
  removecolumn: { run: act.removeColumn },
  removetable: { run: act.removeTable },
};

// rove lets one Tab stop stand for all buttons of a toolbar; arrow keys, Home and End lead from one to another.
function rove(bar) {
  const buttons = [...bar.querySelectorAll("button")];
  const stop = (at) => buttons.forEach((b, i) => { b.tabIndex = i === at ? 0 : -1; });
  stop(0);
  bar.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const at = buttons.indexOf(document.activeElement);
    const to = { [forward]: at + 1, [forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"]: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = (to + buttons.length) % buttons.length;
    stop(next);
    buttons[next].focus();
  });
  bar.addEventListener("focusin", (event) => { if (buttons.includes(event.target)) stop(buttons.indexOf(event.target)); });
}

// toolbar makes the buttons of an editor work. It returns what shows their state, which is to be called after each change.
export function toolbar(root, viewNow) {
  const bars = [...root.querySelectorAll("[role=toolbar]")];
  bars.forEach(rove);
  for (const bar of bars) bar.addEventListener("keydown", (event) => { if (event.key === "Escape") viewNow().focus(); });
  const panels = { link: linkPanel, picture: picturePanel };
  const open = {};
  for (const [name, panel] of Object.entries(panels)) open[name] = panel(root.querySelector(`[data-panel=${name}]`), viewNow, root);
  for (const button of root.querySelectorAll("button[data-do]")) {
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
    button.addEventListener("click", () => {
      const view = viewNow();
      if (button.getAttribute("aria-disabled") === "true") return;
      if (open[button.dataset.do]) return open[button.dataset.do].toggle(view);
      doing[button.dataset.do].run(view.state, view.dispatch, view);
      view.focus();
    });
  }
  const show = (view) => {
    const table = act.isTable(view.state);
    root.querySelector("[data-table]").hidden = !table;
    for (const button of root.querySelectorAll("button[data-do]")) {
      const { run, on } = doing[button.dataset.do] ?? {};
      if (on || button.dataset.do === "link") button.setAttribute("aria-pressed", String((on ?? marked(link))(view.state)));
      if (button.dataset.do === "link") button.setAttribute("aria-disabled", String(!view.state.selection.$from.parent.inlineContent));
      if (run) button.setAttribute("aria-disabled", String(!run(view.state) && !on?.(view.state)));
    }
    open.picture.follow(view);
  };
  const focus = () => {
    bars[0].querySelector("[tabindex='0']").focus();
    return true;
  };
  return { show, focus, openLink: (view) => open.link.toggle(view) };
}

// enter lets Enter in a small form press its button, not that of the form around it, and Escape close it.
function enter(panel, press, close) {
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.localName === "input") {
      event.preventDefault();
      press();
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
}

function linkPanel(panel, viewNow) {
  const field = panel.querySelector("input"), wrong = panel.querySelector("[data-wrong]");
  const close = () => {
    panel.hidden = true;
    viewNow().focus();
  };
  const range = ({ selection: { $from, from, to, empty }, doc }) => {
    if (!empty || !link.isInSet($from.marks())) return { from, to };
    const mark = link.isInSet($from.marks()); // the whole link that the cursor is in
    let start = from, end = to;
    while (start > $from.start() && mark.isInSet(doc.resolve(start - 1).nodeAfter?.marks ?? [])) start--;
    while (end < $from.end() && mark.isInSet(doc.resolve(end).nodeAfter?.marks ?? [])) end++;
    return { from: start, to: end };
  };
  const put = (href) => {
    const view = viewNow(), { from, to } = range(view.state);
    const tr = view.state.tr;
    if (from === to && href) tr.replaceSelectionWith(schema.text(field.value.trim(), [link.create({ href })]), false);
    else tr.removeMark(from, to, link);
    if (from !== to && href) tr.addMark(from, to, link.create({ href }));
    view.dispatch(tr.scrollIntoView());
    close();
  };
  const apply = () => {
    let href = field.value.trim();
    if (/^[^\s@/:]+@[^\s@/:]+$/.test(href)) href = "mailto:" + href;
    else if (href && !/^[a-z][a-z0-9+.-]*:|^\//i.test(href)) href = "https://" + href;
    const ok = /^(https?:\/\/[^/\s]|mailto:[^\s]|\/media\/[0-9a-f]{64}$)/i.test(href);
    wrong.hidden = ok || href === "";
    field.setAttribute("aria-invalid", String(!wrong.hidden));
    if (wrong.hidden) put(href && target(href));
  };
  panel.querySelector("[data-apply]").addEventListener("click", apply);
  panel.querySelector("[data-remove]").addEventListener("click", () => put(""));
  enter(panel, apply, close);
  return {
    toggle(view) {
      if (!panel.hidden) return close();
      const { from, to } = range(view.state);
      let href = "";
      view.state.doc.nodesBetween(from, Math.max(to, from + 1), (node) => { href ||= link.isInSet(node.marks)?.attrs.href ?? ""; });
      field.value = href;
      wrong.hidden = true;
      panel.querySelector("[data-remove]").hidden = !href;
      panel.hidden = false;
      field.focus();
      field.select();
    },
  };
}

// The form of a picture is open while one is selected, and else for choosing one.
function picturePanel(panel, viewNow, root) {
  const choose = panel.querySelector("[data-choose]"), about = panel.querySelector("[data-about]");
  const fields = Object.fromEntries([...about.querySelectorAll("input")].map((input) => [input.dataset.attr, input]));
  const chosen = (view) => view.state.selection.node?.type === picture ? view.state.selection.node : null;
  const close = () => {
    panel.hidden = true;
    viewNow().focus();
  };
  const known = () => { // those of the texts, with what the document has by now
    const hashes = new Set((choose.dataset.pictures ?? "").split(" ").filter(Boolean));
    viewNow().state.doc.descendants((node) => { if (node.type === picture) hashes.add(node.attrs.hash); });
    return hashes;
  };
  const offer = () => {
    const list = choose.querySelector("[data-list]");
    const buttons = [...known()].map((hash, i) => {
      const button = document.createElement("button"), image = document.createElement("img");
      button.type = "button";
      button.className = "plain";
      image.src = "/media/" + hash;
      image.alt = `${choose.dataset.name} ${i + 1}`;
      button.append(image);
      button.addEventListener("click", () => {
        const view = viewNow();
        act.addPicture({ hash })(view.state, view.dispatch);
        about.querySelector("input").focus();
      });
      return button;
    });
    list.replaceChildren(...buttons);
    choose.querySelector("[data-none]").hidden = buttons.length > 0;
  };
  choose.querySelector("[data-upload]").addEventListener("click", () => {
    const field = root.closest("form").querySelector("input[type=file][name=picture]");
    field.closest("details").open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
  about.addEventListener("input", () => {
    const view = viewNow(), node = chosen(view);
    if (!node) return;
    const attrs = { ...node.attrs };
    for (const [name, input] of Object.entries(fields)) attrs[name] = input.value;
    const { from } = view.state.selection;
    const tr = view.state.tr.setNodeMarkup(from, null, attrs);
    view.dispatch(tr.setSelection(view.state.selection.constructor.create(tr.doc, from)));
  });
  for (const button of about.querySelectorAll("[data-move]")) {
    button.addEventListener("click", () => { act.moveBlock(Number(button.dataset.move))(viewNow().state, viewNow().dispatch); });
  }
  about.querySelector("[data-remove]").addEventListener("click", () => {
    const view = viewNow();
    if (chosen(view)) view.dispatch(view.state.tr.deleteSelection());
    close();
  });
  enter(panel, close, close);
  return {
    toggle(view) {
      if (!panel.hidden && !choose.hidden) return close();
      panel.hidden = choose.hidden = false;
      about.hidden = true;
      offer();
      choose.querySelector("button").focus();
    },
    follow(view) {
      const node = chosen(view);
      if (!node) {
        if (!about.hidden) panel.hidden = true;
        return;
      }
      panel.hidden = about.hidden = false;
      choose.hidden = true;
      for (const [name, input] of Object.entries(fields)) if (document.activeElement !== input) input.value = node.attrs[name];
    },
  };
}

// Writing as in a document, on the desk's page of a text. The field of the form stays what is sent; the server is what reads it.
import { baseKeymap, chainCommands, exitCode } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { splitListItem } from "prosemirror-schema-list";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import * as act from "./commands.js";
import { cleaned } from "./paste.js";
import { read } from "./read.js";
import { remarks } from "./remarks.js";
import { unlike } from "./same.js";
import { schema } from "./schema.js";
import { markWrong, shown, tidied, tidy } from "./tidy.js";
import { doing, toolbar } from "./toolbar.js";
import { write } from "./write.js";

const root = document.querySelector("[data-editor]");
if (root) start(root);

function start(root) {
  const area = document.getElementById(root.dataset.for), form = area.form;
  const label = form.querySelector(`label[for="${area.id}"]`);
  const place = root.querySelector("[data-write]"), says = root.querySelector("[data-says]");
  const { zero } = root.dataset, kept = new Map(), words = root.dataset;
  const modes = [...root.querySelectorAll("[data-mode]")];
  let view = null, was = null, written = null; // the text as it was read, and as it was written last, with its places
  let checked = "", timer = 0, checking = null; // the last text that was compared with what the server reads

  const say = (message) => { if (says.textContent !== message) says.textContent = message; };

  // ask returns the blocks that the server reads in a text.
  async function ask(text) {
    const answer = await fetch(root.dataset.blocks, { method: "POST", body: new URLSearchParams({ body: text }), redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // check compares what the editor shows with what the server reads of what was written, and returns whether they are the same. Who asks
  // while it is at it waits for the same answer.
  function check() {
    clearTimeout(timer);
    timer = 0;
    return checking ??= compare().finally(() => { checking = null; });
  }

  async function compare() {
    if (!written || written.text === checked) return true;
    const { text, places } = written;
    let wrong;
    try {
      const { blocks } = read(text, await ask(text));
      let end = 0;
      for (const block of blocks) {
        block.from = end + block.gap.length;
        end = block.to = block.from + block.source.length;
      }
      wrong = unlike(places, blocks);
    } catch {
      checked = text;
      return true; // what is sent is the text: it can be saved without this
    }
    checked = text;
    if (written.text !== text || !view) return true;
    view.dispatch(markWrong(view.state, wrong));
    if (wrong.length) say(words.differs);
    else if (says.textContent === words.differs) say("");
    return wrong.length === 0;
  }

  function sync() {
    written = write(view.state.doc, was, zero);
    if (written.text === area.value) return;
    area.value = written.text;
    area.dispatchEvent(new Event("input", { bubbles: true })); // it saves itself: see desk.js
    clearTimeout(timer);
    timer = setTimeout(check, 1000);
  }

  // refuseFiles says that a picture comes in by its form, and keeps the browser from opening it instead.
  function refuseFiles(data) {
    if (!data?.files.length) return false;
    say(words.byform);
    return true;
  }

  const bar = toolbar(root, () => view);
  const plugins = () => [
    history(), tidy(kept, was.blocks), shown(zero, words), remarks(was.blocks),
    keymap({
      "Mod-z": undo, "Mod-y": redo, "Shift-Mod-z": redo, "Mod-b": doing.strong.run, "Mod-i": doing.em.run,
      "Mod-k": (state, dispatch, v) => { bar.openLink(v); return true; },
      "Alt-F10": () => bar.focus(),
      "Mod-Alt-2": act.toggleHeading(2), "Mod-Alt-3": act.toggleHeading(3), "Mod-Alt-f": chainCommands(act.addNote, act.goToNote),
      "Mod-Shift-8": doing.bullets.run, "Mod-Shift-7": doing.numbers.run, "Mod-Shift-9": doing.demand.run,
      "Shift-Enter": act.lineBreak, "Mod-Enter": chainCommands(exitCode, act.leave, act.lineBreak),
      "Tab": chainCommands(act.nextCell(1), act.sinkAtStart), "Shift-Tab": chainCommands(act.nextCell(-1), act.liftAtStart),
      "Alt-ArrowUp": act.moveBlock(-1), "Alt-ArrowDown": act.moveBlock(1),
      "Enter": chainCommands(act.goFromReference, act.cellBelow, splitListItem(schema.nodes.item, { number: null })),
      "Backspace": chainCommands(act.stayInCell, act.liftAtStart, act.joinOverNotes),
    }),
    keymap(baseKeymap),
  ];

  function show(text, blocks) {
    was = read(text, blocks);
    kept.clear();
    const nodes = was.blocks.length ? was.blocks.map((b) => b.node) : [schema.nodes.paragraph.create()];
    let state = EditorState.create({ doc: schema.nodes.doc.create(null, nodes), plugins: plugins() });
    const tr = tidied(state, kept, was.blocks);
    if (tr) state = state.apply(tr.setMeta("addToHistory", false));
    view?.destroy();
    view = new EditorView(place, {
      state,
      attributes: {
        class: "body", role: "textbox", "aria-multiline": "true", "aria-labelledby": label.id,
        ...(area.hasAttribute("aria-invalid") ? { "aria-invalid": "true", "aria-describedby": area.getAttribute("aria-describedby") } : {}),
      },
      dispatchTransaction(tr) {
        view.updateState(view.state.apply(tr));
        if (tr.docChanged) sync();
        bar.show(view);
      },
      transformPastedHTML(html) {
        const { html: kind, notes, left } = cleaned(html, (taken) => act.freeLabel(view.state.doc, taken));
        for (const [name, note] of notes) kept.set(name, note);
        const list = new Intl.ListFormat(document.documentElement.lang).format([...left].map((what) => words["left" + what]));
        say(list && `${words.left} ${list}`);
        return kind;
      },
      transformPasted: (slice) => act.withoutNotes(slice, kept),
      handlePaste: (v, event, slice) => slice.size === 0 && refuseFiles(event.clipboardData),
      handleDrop: (v, event, slice, moved) => !moved && refuseFiles(event.dataTransfer),
      scrollMargin: { top: 140, bottom: 40, left: 0, right: 0 }, // below the toolbar, which stays in view
      scrollThreshold: { top: 120, bottom: 20, left: 0, right: 0 },
      handleClickOn: (v, pos, node, nodePos, event, direct) => direct && act.openReference(v, node, nodePos),
    });
    written = write(view.state.doc, was, zero);
    checked = written.text;
    bar.show(view);
  }

  let wanted = ""; // the mode that was chosen last: another may be chosen while the server is asked

  async function setMode(mode) {
    wanted = mode;
    clearTimeout(timer);
    timer = 0;
    if (mode === "document") {
      try {
        const text = area.value, blocks = await ask(text);
        if (wanted !== mode) return;
        if (text !== area.value) return setMode(mode);
        show(text, blocks);
        say("");
      } catch {
        say(words.unread);
        mode = "source";
      }
    }
    const asDocument = mode === "document";
    root.querySelector("[data-document]").hidden = !asDocument;
    area.hidden = asDocument;
    for (const hint of root.parentElement.querySelectorAll(".hint[id]")) hint.hidden = asDocument;
    for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    if (!asDocument) {
      view?.destroy();
      view = written = null;
    }
  }

  label.id ||= area.id + "-label";
  label.addEventListener("click", () => view?.focus());
  area.before(root);
  root.hidden = false;
  for (const button of modes) {
    button.addEventListener("click", async () => {
      remember(button.dataset.mode);
      await setMode(button.dataset.mode);
      (view ?? area).focus();
    });
  }
  document.addEventListener("click", (event) => { // from the list of mistakes
    if (view && event.target.closest?.(`a[href="#${area.id}"]`)) view.focus();
  });
  // What would be read otherwise than it looks is not sent before somebody has seen that.
  form.addEventListener("submit", async (event) => {
    if (!view || !written || written.text === checked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await check()) form.requestSubmit(event.submitter);
    else says.scrollIntoView({ block: "center" });
  }, true);
  setMode(remembered() === "source" ? "source" : "document");
}

// The mode is remembered for as long as the tab is open, where the browser allows that.
function remember(mode) {
  try {
    sessionStorage.setItem("write", mode);
  } catch { /* for this page alone */ }
}

function remembered() {
  try {
    return sessionStorage.getItem("write");
  } catch {
    return null;
  }
}

import assert from "node:assert/strict";
import test from "node:test";
import { digits, write } from "./write.js";
import { schema } from "./schema.js";

const n = schema.nodes, m = schema.marks;
const t = (text, ...marks) => schema.text(text, marks.map((mark) => typeof mark === "string" ? m[mark].create() : mark));
const p = (...content) => n.paragraph.create(null, content.map((c) => typeof c === "string" ? t(c) : c));
const item = (...content) => n.item.create(null, content);
const link = (href) => m.link.create({ href });
const none = { blocks: [], tail: "" };
const written = (...blocks) => write(n.doc.create(null, blocks), none, "0").text;

test("words that would mean something else are escaped", () => {
  for (const [words, want] of [
    ["# no heading", "\\# no heading"], ["1. no list", "1\\. no list"], ["3) no demand", "3\\) no demand"], ["(2) nor this", "\\(2) nor this"],
    ["۲- نه", "۲\\- نه"], ["۱– نه", "۱&#8211; نه"], ["- no", "\\- no"], ["> no", "\\> no"], ["---", "\\---"], ["===", "\\==="],
    ["a*b*c _d_ e_f", "a\\*b\\*c \\_d\\_ e_f"], ["[sic] and [^1]", "\\[sic] and \\[^1]"], ["<b> a < b", "\\<b> a < b"], ["&amp; & co", "\\&amp; & co"],
    ["https://x.example/a~b*c, and", "<https://x.example/a~b*c>, and"], ["a@b.example", "a@b.example"], ["1990. Then", "1990\\. Then"], ["`x` ~y~ \\", "\\`x\\` \\~y\\~ \\\\"],
  ]) assert.equal(written(p(words)), want);
});

test("looks", () => {
  assert.equal(written(p("a ", t("b ", "strong"), t("c", "strong", "em"), " d")), "a **b _c_** d");
  assert.equal(written(p(t(" a ", "em"), "b")), "*a* b");
  assert.equal(written(p(t("«مهم»", "strong"), "است")), "**«مهم»**&#1575;ست");
  assert.equal(written(p("پ", t("«م»", "em"))), "&#1662;*«م»*");
  assert.equal(written(p(t("a", "strong"), t("b", "em"))), "**a**_b_");
  assert.equal(written(p(t("a", "strong"), t("b", "em"), "c")), "**a**_b_&#99;");
  const both = ["em", "strong"];
  assert.equal(written(p("x", t("o", "strong"), t("r", ...both))), "&#120;**&#111;_r_**");
  assert.equal(written(p(t("Re", "em"), t("th", ...both), t(", ", "strong"), t("La", ...both), t("er", "em"))), "_Re**th**_**, _La_**_er_");
  assert.equal(written(p("see ", t("this ", link("/media/x")), t("page", link("/media/x"), "strong"))), "see [this **page**](/media/x)");
  assert.equal(written(p(t("https://x.example/a_b", link("https://x.example/a_b")))), "<https://x.example/a_b>");
  assert.equal(written(p("so!", t("x", link("/y z")))), "so\\![x](/y%20z)");
  assert.equal(written(p("a ", t("x*`y", "code"))), "a ``x*`y``");
  assert.equal(written(p("a", n.line_break.create(), "2. b", n.line_break.create())), "a\\\n2\\. b");
});

test("blocks", () => {
  assert.equal(written(n.heading.create({ level: 3 }, t("About C #"))), "### About C \\#");
  assert.equal(written(n.bullet_list.create(null, [item(p("a"), n.bullet_list.create(null, [item(p("b"))])), item(p()), item(p("c"))])), "- a\n  - b\n- c");
  assert.equal(written(n.ordered_list.create({ mark: ")", start: 3 }, [item(p("a")), item(p("b"), p("c"))])), "3) a\n\n4) b\n\n   c");
  assert.equal(written(n.quotation.create(null, [p("a"), p("b")])), "> a\n>\n> b");
  assert.equal(written(n.picture.create({ hash: "ab", alt: "A [b]", caption: 'C "d"', credit: "E" })), '![A (b)](picture:ab \'C "d" | E\')');
  const row = (...cells) => n.row.create(null, cells.map((c) => n.cell.create({ align: c === "b" ? "center" : null }, c ? t(c) : null)));
  assert.equal(written(n.table.create(null, [row("a", "b"), row("1|2", "")])), "| a | b |\n| --- | :-: |\n| 1\\|2 |  |");
  assert.equal(written(p("x", n.reference.create({ label: "a" })), n.note.create({ label: "a" }, [p("y"), p("z")]), p("w")), "x[^a]\n\nw\n\n[^a]: y\n\n    z");
  assert.equal(written(n.bullet_list.create(null, [item(p("a"))]), p(), n.bullet_list.create(null, [item(p("b"))])), "- a\n- b");
});

test("numbers are in the digits that the list had, or the language has", () => {
  const demands = n.ordered_list.create({ mark: ")" }, [item(p("الف")), item(p("ب"))]);
  assert.equal(write(n.doc.create(null, [demands]), none, "۰").text, "۱) الف\n۲) ب");
  const was = { blocks: [{ node: p("x"), source: "1) x", gap: "" }], tail: "" };
  assert.equal(write(n.doc.create(null, [n.ordered_list.create({ ...demands.attrs, at: 0 }, demands.content)]), was, "۰").text, "1) الف\n2) ب");
  assert.equal(digits(120, "٠"), "١٢٠");
});

test("a block that is as it was has the bytes it had", () => {
  const blocks = [{ node: n.heading.create({ at: 0, level: 1 }, t("A")), source: "A\n=", gap: "\n" }, { node: n.paragraph.create({ at: 1 }, t("b c")), source: "b\nc", gap: "\n" }];
  const was = { blocks, tail: "\n" };
  assert.equal(write(n.doc.create(null, blocks.map((b) => b.node)), was, "0").text, "\nA\n=\nb\nc\n");
  assert.equal(write(n.doc.create(null, [blocks[0].node, n.paragraph.create({ at: 1 }, t("b cd"))]), was, "0").text, "\nA\n=\n\nb cd\n");
});

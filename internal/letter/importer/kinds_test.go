package importer_test

import (
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// What the letters of these kinds have in common.
const (
	closedLanding = "The council closed the ferry landing of Aldermoor on 5 May 2025 without a word to us, and since then eight hundred people walk an hour to work."
	saidOfLanding = "The landing was made to last for a hundred years, and nothing that I have seen in the papers says that it should be closed."
	reopenLanding = "We ask you to reopen the landing by 1 June 2025."
	faithfully    = "Yours faithfully,\n\nMoor Walkers' Club"
)

// blocks joins the blocks of a letter.
func blocks(all ...string) string { return strings.Join(all, "\n\n") + "\n" }

// ownKinds are small letters of the kinds in words of their own, by what is written in them.
var ownKinds = map[string]struct {
	kind
	source string
}{
	"salutation in a heading": {kind{file: "a.md", must: map[string]string{"salutation": "Madam Chair"}, lists: map[string]int{"addressees": 1}},
		blocks("# Open letter on the ferry", "## Madam Chair,", closedLanding, reopenLanding, faithfully)},
	"underlined salutation": {kind{file: "a.md", must: map[string]string{"salutation": "Dear Mayor Orme"}, empty: []string{"title"}},
		blocks("Dear Mayor Orme,\n===", closedLanding, reopenLanding, faithfully)},
	"experts quoted": {kind{file: "a.txt", empty: []string{"salutation", "addressees", "introduction"}, body: []string{closedLanding, "Prof. Nell", "Senator Ann"}},
		blocks("OPEN LETTER ON THE FERRY", closedLanding, "Prof. Nell Marsh, who built the landing, says:", saidOfLanding, "Senator Ann Lull told us:", saidOfLanding,
			reopenLanding, faithfully)},
	"expert quoted in Persian": {kind{file: "a.txt", empty: []string{"salutation", "addressees", "introduction"}, body: []string{"شورای شهر", "دکتر نادر سروش"}},
		blocks("نامه سرگشاده درباره اسکله", "شورای شهر در ۱۵ اردیبهشت ۱۴۰۴ اسکله را بی‌خبر بست و از آن روز هشتصد نفر یک ساعت پیاده به سر کار می‌روند.",
			"دکتر نادر سروش، پژوهشگر آب، هشدار داد:", "اسکله از زمان تعمیر چهار سال پیش ایمن بوده است و در گزارش‌ها هیچ چیز دیگری درباره وضع آن نیامده است.",
			"از شما درخواست می‌کنیم اسکله را باز کنید.", "با احترام", "انجمن پیاده‌روان")},
	"properties": {kind{file: "a.md", must: map[string]string{"title": "Letter to the Ferry Board", "date": "2025-05-05"}, left: []string{"draft = false"}},
		"+++\ntitle = \"Letter to the Ferry Board\"\ndate = 2025-05-05T10:00:00Z\ndraft = false\n+++\n\n" + blocks("Dear members of the board,", closedLanding,
			reopenLanding, faithfully)},
	"rules that are no properties": {kind{file: "a.md", body: []string{closedLanding, reopenLanding}, empty: []string{"left_out"}},
		blocks("---", "Dear Mayor Orme,", closedLanding, "---", reopenLanding, faithfully)},
	"headings above the salutation": {kind{file: "a.md", body: []string{"### Our story", closedLanding}, empty: []string{"left_out"}},
		blocks("# Open letter on the ferry", "## For the landing", "### Our story", "Dear Mayor Orme,", closedLanding, reopenLanding, faithfully)},
	"wrapped beside a wide table": {kind{file: "a.md", body: []string{"without a word to us, and since then", "\n| 2024 | 3 | none |\n"}},
		blocks("# Open letter on the ferry", "Dear Mayor Orme,", "The council closed the ferry landing of Aldermoor on 5 May 2025 without a word\n"+
			"to us, and since then eight hundred people walk an hour to work, among them the\nnurses.",
			"| Year | Days | A note so long that the row of the table that it stands in is wider than any line of the text would ever be |\n"+
				"|---|---|---|\n| 2024 | 3 | none |", reopenLanding, faithfully)},
	"buttons that are demands": {kind{file: "a.html", lists: map[string]int{"demands": 3}, body: []string{"- Share on", "- Print", "Read more about"},
		left: []string{"Share this page", "Follow us on Twitter"}},
		"<p>Share this page</p><h1>Open letter</h1><p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><p>We ask you to:</p><ul><li>Share on the website what was " +
			"decided</li><li>Print the minutes</li><li>Subscribe to our charter</li></ul><p>Read more about the plan and act on it.</p><p>Yours faithfully,</p>" +
			"<p>Moor Walkers' Club</p><p>Follow us on Twitter</p>"},
	"below the signature": {kind{file: "a.txt", lists: map[string]int{"signed_by": 1},
		body: []string{"About the Club", "The club was", "PS: The children", "Copies to: the county", "Attachments:", "1. Count", "2. Map", "Sources:", "[1] Moor Gazette"}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, "Yours faithfully,", "Nell Marsh\nChair, Moor Walkers' Club", "About the Club", "The club was founded "+
			"in 1950 and has three hundred members who walk on the moor.", "PS: The children made a film.", "Copies to: the county council; the board",
			"Attachments:\n1. Count of walkers\n2. Map of the moor", "Sources:\n[1] Moor Gazette, 6 May 2025")},
	"below the signature, announced": {kind{file: "a.txt", body: []string{"P.S. The children", "cc: the county"}, must: map[string]string{
		"warnings[1]": "what stands below the signatures becomes the end of the text that is signed, above the closing: P.S. The children made a film of the"}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, faithfully, "P.S. The children made a film of the landing.", "cc: the county council")},
	"day the page was published": {kind{file: "a.html", must: map[string]string{"title": "Open letter", "date": "2025-06-09"}, empty: []string{"subtitle"},
		left: []string{"Published on 9 June 2025 by Press Office"}},
		"<h1>Open letter</h1><p>Published on 9 June 2025 by Press Office</p><p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><p>" + reopenLanding + "</p>"},
	"day of the page and of the letter": {kind{file: "a.txt", must: map[string]string{"date": "2025-05-12"}, empty: []string{"subtitle"},
		left: []string{"Last updated: 9 June 2025"}},
		blocks("Open letter on the ferry", "Last updated: 9 June 2025", "Aldermoor, 12 May 2025", "Dear Mayor Orme,", closedLanding, reopenLanding, faithfully)},
	"day of the page in French": {kind{file: "a.txt", must: map[string]string{"date": "2025-06-09"}, empty: []string{"subtitle"},
		left: []string{"Publié le 9 juin 2025 par"}},
		blocks("Lettre ouverte sur le bac", "Publié le 9 juin 2025 par le service de presse", "Madame la Maire,", "Le 5 mai, la commune a fermé le débarcadère "+
			"sans un mot, et depuis huit cents personnes marchent une heure.", "Nous vous demandons de le rouvrir.")},
	"day of the page in Persian": {kind{file: "a.txt", must: map[string]string{"date": "2025-06-09"}, empty: []string{"subtitle"}, left: []string{"منتشر شده در ۱۹ خرداد"}},
		blocks("نامه سرگشاده درباره اسکله", "منتشر شده در ۱۹ خرداد ۱۴۰۴ توسط روابط عمومی", "شهردار گرامی،", "شورای شهر اسکله را بی‌خبر بست و از آن روز هشتصد نفر یک ساعت پیاده به "+
			"سر کار می‌روند.", "از شما درخواست می‌کنیم اسکله را باز کنید.")},
	"day of the page in Arabic": {kind{file: "a.txt", must: map[string]string{"date": "2025-06-09"}, empty: []string{"subtitle"}, left: []string{"نشر في 9 يونيو"}},
		blocks("رسالة مفتوحة حول المرسى", "نشر في 9 يونيو 2025 بواسطة المكتب الإعلامي", "السيد رئيس البلدية المحترم،", "أغلق المجلس مرسى القوارب دون أن يقول لنا كلمة، ومنذ "+
			"ذلك اليوم يمشي ثمانمئة شخص ساعة إلى عملهم.", "نطالبكم بإعادة فتح المرسى.")},
	"comments counted by the page": {kind{file: "a.html", left: []string{"3 comments"}, body: []string{"P.S. We walk."}, hidden: []string{"comments"}},
		"<p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><p>" + reopenLanding + "</p><p>Yours faithfully,</p><p>Nell Marsh</p><p>P.S. We walk.</p><p>3 comments</p>"},
	"deadline among the properties": {kind{file: "a.md", must: map[string]string{"deadline": "2025-06-01"}, empty: []string{"left_out"}},
		"---\ndeadline: 2025-06-01\n---\n\n" + blocks("Dear Mayor Orme,", closedLanding, reopenLanding, faithfully)},
	"instant among the properties": {kind{file: "a.md", must: map[string]string{"deadline": "2025-06-01T17:00:00+02:00"}},
		"---\ndeadline: 2025-06-01T17:00:00+02:00\n---\n\n" + blocks("Dear Mayor Orme,", closedLanding, reopenLanding, faithfully)},
	"no day among the properties": {kind{file: "a.md", empty: []string{"deadline"}, left: []string{"deadline: soon"}},
		"---\ndeadline: soon\n---\n\n" + blocks("Dear Mayor Orme,", closedLanding, reopenLanding, faithfully)},
	"addresses of signers": {kind{file: "a.md", must: signers("Nell Marsh;; Moor Walkers' Club", "Tam Roe", "Moor Guild", "Bea Holm", "Ada Finch; nurse"),
		lists: map[string]int{"signed_by": 5}, left: []string{"@tamroe", "moor-guild.example", "https://holm.example", "she/her"}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, "Signatories:", "1. [Nell Marsh](https://moor.example/nell), Moor Walkers' Club\n2. Tam Roe - @tamroe\n"+
			"3. Moor Guild [moor-guild.example]\n4. Bea Holm <https://holm.example>\n5. Ada Finch (she/her), nurse")},
	"comment of a signer": {kind{file: "a.txt", must: signers("Nell Marsh;; Moor Walkers' Club", "Tam Roe; ferryman"), lists: map[string]int{"signed_by": 2},
		left: []string{"We need this landing"}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, "Signed by:", "Nell Marsh, Moor Walkers' Club\n\"We need this landing for our children and for "+
			"their children, and nobody has asked any of us what we think of it.\"", "Tam Roe, ferryman")},
	"columns of signers": {kind{file: "a.html", must: signers("Nell Marsh;; Moor Walkers' Club", "Tam Roe; ferryman", "Ferry Guild"), lists: map[string]int{"signed_by": 3},
		left: []string{"# | Full name | Occupation | Affiliation | Country", "Norvia"}},
		"<h1>Open letter</h1><p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><p>" + reopenLanding + "</p><p>Yours faithfully,</p><table><tr><th>#<th>Full name" +
			"<th>Occupation<th>Affiliation<th>Country</tr><tr><td>1<td>Nell Marsh<td><td>Moor Walkers' Club<td>Norvia<tr><td>2<td>Tam Roe<td>ferryman<td><td>Norvia" +
			"<tr><td>3<td><td><td>Ferry Guild<td>Norvia</table>"},
	"table": {kind{file: "a.html", body: []string{"| Year | Walkers |\n| --- | --- |\n| 2024 | \\|800\\| |\n\n" + reopenLanding}},
		"<h1>Open letter</h1><p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><table><tr><th>Year<th>Walkers<tr><td>2024<td>|800|</table><p>" + reopenLanding +
			"</p><p>Yours faithfully,</p><p>Moor Walkers' Club</p>"},
	"addressees one a line": {kind{file: "a.txt", lists: map[string]int{"addressees": 3}},
		blocks("Open letter on the ferry", "Minister of Ferries\nMayor of Aldermoor\nDirector of the Ferry Board", "5 May 2025", "Dear all,", closedLanding, reopenLanding)},
	"date of a change": {kind{file: "a.html", must: map[string]string{"date": "2025-06-04"}, left: []string{"Last updated:"}},
		"<h1>Our letter</h1><p>Last updated: 4 June 2025</p><p>Dear Mayor Orme,</p><p>" + closedLanding + "</p><p>" + reopenLanding + "</p>"},
	"title that ends as a letter": {kind{file: "a.md", must: map[string]string{"form": "letter"}, lists: map[string]int{"demands": 2}, body: []string{"-- Moor Walkers"}},
		blocks("# Ferry Landing: A Joint Letter", "We are the walkers of the moor, and we have walked there for as long as anybody can remember it.",
			"We want the council to act:", "* Open the landing.\n* Publish the report.", "-- Moor Walkers")},
	"German": {kind{file: "a.txt", must: map[string]string{"title": "Offener Brief zur Fähre", "date": "2025-05-05", "demands[1].number": "2"},
		empty: []string{"left_out", "signed_by", "addressees"}, body: []string{"Sehr geehrter Herr Orme,", "1. Öffnen", "Nell Marsh", "PS: Die Kinder"}},
		blocks("Offener Brief zur Fähre", "Moorstadt, 5.5.2025", "Sehr geehrter Herr Orme,", "der Stadtrat hat den Anleger ohne ein Wort an uns geschlossen, und "+
			"seither gehen achthundert Menschen eine Stunde zu Fuß zur Arbeit.", "Wir fordern:\n\n1. Öffnen Sie den Anleger.\n2. Legen Sie den Bericht vor.",
			"Mit freundlichen Grüßen", "Nell Marsh\nVorsitzende", "PS: Die Kinder haben einen Film gemacht.")},
	"a language that is not known": {kind{file: "a.txt", must: map[string]string{"title": "Avoin kirje lautasta", "demands[0].number": "1"},
		empty: []string{"left_out", "signed_by", "addressees"}, body: []string{"Hyvä ministeri,", "1. Avatkaa", "Lukijoiden liitto"}},
		blocks("Avoin kirje lautasta", "Hyvä ministeri,", "Kaupunki sulki laiturin ilman ilmoitusta, ja siitä lähtien kahdeksansataa ihmistä kävelee tunnin töihin joka "+
			"päivä sateessa ja tuulessa, kouluun, kauppaan sekä sairaalaan vuoden jokaisena aikana.", "Vaadimme:\n\n1. Avatkaa laituri.\n2. Julkaiskaa raportti.",
			"Ystävällisin terveisin", "Lukijoiden liitto")},
	"two signers on a line": {kind{file: "a.md", must: signers("Nell Marsh; chair of the board; Moor Walkers' Club", "Tam Roe"), lists: map[string]int{"signed_by": 2}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, "Signed,", "Nell Marsh (Moor Walkers' Club; chair of the board), Tam Roe")},
	"what Markdown hides": {kind{file: "a.md", hidden: []string{"give up", "agree", "Secret"}, left: []string{"we give up all claims", "we also agree", "and we thank", "Secret line."},
		body: []string{"[^a]", "More", "The landing is **safe**.", "| 2024 | 3 |", "[the map](https://moor.example/map) and [film](https://moor.example/film), Ctrl, \\<name> and `<div>`",
			"**bold** and [far](https://moor.example/far)", "below ![the map](map.png)",
			"- One", "- Two", "[^a]: Counted.", "\\[^b]: Never"}},
		blocks("Dear Mayor Orme,", closedLanding+"[^a]", "<details>\n<summary>More</summary>", "The landing is **safe**.", "</details>",
			"<table>\n<tr><th>Year</th><th>Days</th></tr>\n<tr><td>2024</td><td>3</td></tr>\n</table>", "<!-- we give up\nall claims -->",
			"See [the map][map] and [film](https://moor.example/film \"we also agree\"), <kbd>Ctrl</kbd>, <name> and `<div>`.",
			"Some <b>bold</b> and <a class='x' href=\"https://moor.example/far\">far</a> words<br>and below <img alt=\"the map\" src=\"map.png\"> more.",
			"[map]: https://moor.example/map 'and we thank you'", "<p hidden>Secret line.</p>", "<ul>\n<li>One</li>\n<li>Two</li>\n</ul>", reopenLanding, faithfully,
			"[^a]: Counted.\n[^b]: Never referred to.")},
	"quotation": {kind{file: "a.md", body: []string{"Minister Ann Lull, asked about it, answered:\n\n> The landing was made", "We ask"}},
		blocks("# Open letter on the ferry", closedLanding, "Minister Ann Lull, asked about it, answered:", "> "+saidOfLanding, reopenLanding, faithfully)},
	"letterhead above and below": {kind{file: "a.txt", lists: map[string]int{"signed_by": 1}, left: []string{"Tel/WhatsApp: +44 1234 567890", "Office hours: Monday 9-12"},
		must: map[string]string{"addressees[0].name": "Bo Orme", "title": "the closing of the landing"}},
		blocks("Moor Walkers' Club\n12 Mill Lane, Aldermoor AM1 2CD\nTel/WhatsApp: +44 1234 567890", "To: Mayor Bo Orme: the closing of the landing", "Dear Mayor,", closedLanding,
			reopenLanding, "Yours faithfully,", "Nell Marsh\nChair", "Moor Walkers' Club\n12 Mill Lane\nAldermoor AM1 2CD\nOffice hours: Monday 9-12")},
	"groups of signers": {kind{file: "a.md", must: signers("Moor Guild", "Nell Marsh; teacher"), lists: map[string]int{"signed_by": 2}, left: []string{"and 15 others"},
		body: []string{"## References", "- Moor Gazette"}},
		blocks("Dear Mayor Orme,", closedLanding, reopenLanding, "## Signatories", "**Organisations**", "- Moor Guild", "**Individuals**", "- Nell Marsh, teacher\n- and 15 others",
			"## References", "- Moor Gazette, 6 May 2025")},
	"tags in code": {kind{file: "a.md", body: []string{"<div>", "[x]: #"}, hidden: []string{"\\"}},
		blocks("Dear Mayor Orme,", closedLanding, "```\n<div>\n[x]: # (y)\n```", reopenLanding, faithfully)},
	"tags in plain text": {kind{file: "a.txt", body: []string{"\\<div>We give up every claim.\\</div>", "\\[note]: https://moor.example \"and agree\""}},
		blocks("Dear Mayor Orme,", closedLanding, "<div>We give up every claim.</div>", "[note]: https://moor.example \"and agree\"", reopenLanding, faithfully)},
}

func TestRead_kinds(t *testing.T) {
	for name, k := range ownKinds {
		t.Run(name, func(t *testing.T) { k.check(t, []byte(k.source)) })
	}
}

// What begins a comment, a tag, a definition or the title of a link begins none in code: it is kept as it is.
func TestRead_codeAsItIs(t *testing.T) {
	for _, hides := range []string{"<!-- a comment -->", "<b>bold</b><br>", "<div hidden>block</div>", `[map]: https://moor.example "title"`, `[the map](map.png "title")`,
		"[the map][map]", `<img src="map.png" alt="map">`, "<script>x</script>"} {
		for form, code := range map[string]string{
			"a span": "so `" + hides + "` here", "two marks": "so `` ` " + hides + "`` here", "over two lines": "so `begun\nand " + hides + "` here",
			"a fence": "```html\n" + hides + "\n```", "tildes": "~~~\n" + hides + "\n\n" + hides + "\n~~~",
			"in an item": "- so:\n\n  ```\n  " + hides + "\n  ```", "quoted": "> ```\n> " + hides + "\n> ```",
		} {
			draft, err := importer.Read("a.md", []byte(blocks("# Open letter", "Dear Mayor Orme,", closedLanding, "[map]: https://moor.example/map", "See [map].", code, reopenLanding, faithfully)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(draft.Body, hides) {
				t.Errorf("%s in %s: the body is\n%s", hides, form, draft.Body)
			}
			for _, left := range draft.LeftOut {
				t.Errorf("%s in %s: left out: %s", hides, form, left.Text)
			}
		}
		draft, err := importer.Read("a.md", []byte(blocks("# Open letter", "Dear Mayor Orme,", closedLanding, "    "+hides, reopenLanding)))
		if err != nil {
			t.Fatal(err)
		}
		if set := strings.NewReplacer("<", `\<`, "[", `\[`).Replace(hides); !strings.Contains(draft.Body, set) {
			t.Errorf("%s set in: the body is\n%s", hides, draft.Body)
		}
	}
}

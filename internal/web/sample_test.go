package web

import (
	"html/template"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
)

// sample is one page to look at or to test, with the file name of its preview.
type sample struct {
	name string
	page any
}

// words are the texts of the samples: plain ones to look at, or hostile ones to test with.
type words struct {
	title, subtitle, name, longName, organisation, office, text string
	body                                                        template.HTML
	place, dir                                                  string
}

var plainWords = map[string]words{
	"en": {
		title:        "Let independent doctors into the prisons of Northmarch",
		subtitle:     "A letter to the Council of Ministers on medical care in detention",
		name:         "Ada Lindqvist",
		longName:     "Professor Maria Consuelo de los Ángeles Fernández y Gutiérrez de la Vega",
		organisation: "Harbour Association for Medical Neutrality",
		office:       "President of the Council of Ministers",
		text:         "Admit an independent medical commission to all eleven prisons before 1 December, without prior notice of the day.",
		body: `<p>We write on behalf of the families of forty-three prisoners who fell seriously ill in the prisons of Northmarch between January and August of this year. In nineteen cases, treatment that a prison doctor had prescribed in writing was not given. Six of the patients have died.<sup><a href="#n1">1</a></sup></p>
<p>Your own Ombudsman confirmed in her report of 14 May that “waiting times for a specialist exceed four months”. The law you signed in 2019 gives every detainee the right to an examination within seventy-two hours. We ask for no more than that this law be kept.</p>
<h2>What has happened since May</h2>
<p>The Ministry announced a commission. It has no members, no budget and no date.</p>
<blockquote><p>My brother asked for his insulin on eleven days. On the twelfth they gave us his watch.</p></blockquote>
<p>We therefore ask the Council:</p>`, place: "Port Sable", dir: "ltr",
	},
	"fr": {
		title:        "Laissez entrer des médecins indépendants dans les prisons de Northmarch",
		subtitle:     "Lettre au Conseil des ministres sur les soins médicaux en détention",
		name:         "Hélène d’Aubigny",
		longName:     "Professeure Marie-Antoinette de La Rochefoucauld-Montmorency, docteure en anthropologie",
		organisation: "Association portuaire pour l’impartialité de la médecine",
		office:       "Président du Conseil des ministres",
		text:         "Admettez dans les onze prisons, avant le 1er décembre et sans annonce préalable du jour, une commission médicale indépendante.",
		body: `<p>Nous écrivons au nom des familles de quarante-trois détenus tombés gravement malades dans les prisons de Northmarch entre janvier et août de cette année. Dans dix-neuf cas, un traitement prescrit par écrit par le médecin de la prison n’a pas été donné. Six des patients sont morts.<sup><a href="#n1">1</a></sup></p>
<p>Votre propre Médiatrice a confirmé dans son rapport du 14 mai que « les délais d’attente pour un spécialiste dépassent quatre mois ». Nous ne demandons rien de plus que le respect de cette loi.</p>
<h2>Ce qui s’est passé depuis mai</h2>
<blockquote><p>Mon frère a demandé son insuline onze jours de suite. Le douzième, on nous a rendu sa montre.</p></blockquote>
<p>C’est pourquoi nous demandons au Conseil :</p>`, place: "Port-Sable", dir: "ltr",
	},
	"ar": {
		title:        "أدخلوا أطباء مستقلين إلى سجون نورثمارش",
		subtitle:     "رسالة إلى مجلس الوزراء بشأن الرعاية الطبية في الاحتجاز",
		name:         "هبة المؤمنة فؤاد",
		longName:     "الأستاذة الدكتورة عائشة عبد الرحمن آل بوسعيد القرشي المراكشي",
		organisation: "رابطة الميناء لحياد المهنة الطبية",
		office:       "رئيس مجلس الوزراء",
		text:         "أدخلوا قبل ١ كانون الأول/ديسمبر لجنة طبية مستقلة إلى السجون الأحد عشر كلها، دون إعلان مسبق عن يوم الزيارة.",
		body: `<p>نكتب باسم أسر ثلاثة وأربعين سجينًا أصيبوا بأمراض خطيرة في سجون نورثمارش بين كانون الثاني/يناير وآب/أغسطس من هذا العام. وفي تسع عشرة حالة لم يُعطَ العلاج الذي وصفه طبيب السجن كتابةً. وتوفي ستة من المرضى.</p>
<p>وقد أكد أمين المظالم لديكم في تقريره المؤرخ ١٤ أيار/مايو أن «مدة انتظار الطبيب المختص تتجاوز أربعة أشهر». ولا نطلب أكثر من احترام هذا القانون.</p>
<blockquote><p>طلب أخي الأنسولين أحد عشر يومًا. وفي اليوم الثاني عشر أعطونا ساعته.</p></blockquote>
<p>لذلك نطلب من المجلس:</p>`, place: "بورت سيبل", dir: "rtl",
	},
	"fa": {
		title:        "پزشکان مستقل را به زندان‌های نورت‌مارچ راه دهید",
		subtitle:     "نامه‌ای به شورای وزیران دربارهٔ درمان در بازداشت",
		name:         "نگار فرهمند",
		longName:     "دکتر سید محمدرضا حسینی‌نژاد طباطبایی اردستانی",
		organisation: "انجمن بندر برای بی‌طرفی پزشکی",
		office:       "رئیس شورای وزیران",
		text:         "پیش از ۱۰ آذر، یک هیئت پزشکی مستقل را بدون اعلام قبلی روز بازدید به هر یازده زندان راه دهید.",
		body: `<p>این نامه را از سوی خانواده‌های چهل‌وسه زندانی می‌نویسیم که از دی‌ماه تا مرداد امسال در زندان‌های نورت‌مارچ به‌سختی بیمار شدند. در نوزده مورد، درمانی که پزشک زندان کتباً تجویز کرده بود انجام نشد. شش تن از این بیماران جان باختند.</p>
<p>بازرس کل خود شما در گزارش ۲۴ اردیبهشت تأیید کرد که «زمان انتظار برای پزشک متخصص از چهار ماه بیشتر است». قانونی که در سال ۱۳۹۸ امضا کردید به هر بازداشتی حق معاینه در هفتادودو ساعت را می‌دهد. ما چیزی بیش از اجرای همین قانون نمی‌خواهیم.</p>
<blockquote><p>برادرم یازده روز انسولین خواست. روز دوازدهم ساعتش را به ما دادند.</p></blockquote>
<p>از این رو از شورا می‌خواهیم:</p>`, place: "پورت‌سیبل", dir: "rtl",
	},
}

// wordsFor returns plain words for the samples of a language. A language that has none takes those of another one written
// in its direction, so that a new catalogue needs nothing here.
func wordsFor(code string) words {
	if w, ok := plainWords[code]; ok {
		return w
	}
	if i18n.Direction(code) == "rtl" {
		return plainWords["fa"]
	}
	return plainWords[i18n.Default]
}

// samplePages returns every page in the language, in its several states.
func samplePages(l *i18n.Locale, w words) []sample {
	lang := l.Code
	tag := func(s string) Tagged { return Tagged{Text: s, Lang: lang, Dir: w.dir} }
	base := func(title, path string) Base {
		b := Base{L: l, Prefix: strings.TrimSuffix(localPath(lang, "/"), "/"), Site: "Open Letters", Title: title, Path: path, Canonical: "https://letters.example" + localPath(lang, path), Summary: w.subtitle}
		for _, o := range i18n.All() {
			b.Languages = append(b.Languages, LanguageLink{Code: o.Code, Name: o.Name, Dir: o.Dir, URL: localPath(o.Code, path), Current: o.Code == lang})
		}
		return b
	}
	counts := Counts{Organisations: 47, Persons: 1283, Withheld: 214, Imported: 31, Withdrawn: 6, Removed: 2, Earlier: 19, ByEdition: []EditionCount{{2, 1311}, {1, 19}},
		Ended: []ReasonCount{{"duplicate", 1}, {"erasure", 2}, {"fraud", 1}, {"signer", 4}}, AsOf: l.DateTime(time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC), time.UTC), Size: 1402, CheckURL: "/letters/x/check"}
	texts := []TextLink{
		{Lang: lang, Name: l.Name, Dir: l.Dir, URL: "/letters/x", Current: true, Authoritative: true},
		{Lang: "ur", Name: i18n.LanguageName("ur"), Dir: "rtl", URL: "/letters/x?text=ur"},
		{Lang: "de", Name: "Deutsch", Dir: "ltr", URL: "/letters/x?text=de", Stale: true},
	}
	leads := []OrganisationView{
		{Name: tag(w.organisation), URL: "/organisations/harbour", Address: []string{"Quay 4", "2210 Port Sable"}, Email: "office@harbour.example", Phone: "+00 55 010 22 33", Links: []string{"https://harbour.example"}, LogoURL: "/media/logo.png", Country: i18n.CountryName(l, "NO"), About: tag(w.text)},
		{Name: tag(w.longName), Address: []string{"12 Court Street, Northmarch"}, Email: "mail@families.example"},
	}
	share := Share{URL: "https://letters.example/letters/northmarch-doctors", Mail: "mailto:?subject=letter&body=https%3A%2F%2Fletters.example", Links: []ShareLink{{"Mastodon", "https://share.example/m"}, {"Telegram", "https://share.example/t"}}}
	view := LetterView{
		URL: "/letters/x", Title: tag(w.title), Subtitle: w.subtitle, Leads: leads,
		Addressees: []AddresseeView{{Name: w.name, Office: w.office, Address: []string{"Council House", "1000 Northmarch"}}, {Office: w.office}},
		Place:      w.place, Date: l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)), Salutation: w.name + ",", Body: w.body,
		Demands: []DemandView{{l.Digits("1"), w.text}, {l.Digits("2"), w.text + " " + w.text}, {l.Digits("3"), w.text}},
		Closing: w.subtitle, SignedBy: []SignerView{{w.name, w.office, w.organisation}, {w.longName, "", w.organisation}},
		Texts: texts, Number: 2, Current: true, Published: l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)), SHA256: "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
		FileURL: "/letters/x/editions/2.en.md", EditionsURL: "/letters/x/editions", Editions: 2, Authority: true,
	}
	people := []SignatoryView{{Name: w.name, Title: w.office, Affiliation: w.organisation, Country: i18n.CountryName(l, "CH")}, {Name: w.longName}, {Name: "Иван Петров", Affiliation: "University"}, {Name: "سارا احمدی", Country: i18n.CountryName(l, "FR"), Basis: "paper"}}
	organisations := []SignatoryView{{Name: w.organisation, Organisation: true, Country: i18n.CountryName(l, "NO")}, {Name: w.longName, Organisation: true}}
	var countries []Option
	for _, c := range i18n.Countries(l) {
		countries = append(countries, Option{Value: c.Code, Text: c.Name})
	}
	form := SignForm{Action: localPath(lang, "/letters/x/signatures"), Edition: 2, Text: lang, Kinds: []string{"person", "organisation", "both"}, Listing: "public", Listings: []string{"public", "addressee", "coalition", "counted"},
		Countries: countries, Responsible: []Tagged{tag(w.organisation), tag(w.longName)}, Until: l.Date(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC))}
	deadline := l.DateTime(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC), time.UTC)
	letter := LetterPage{Base: base(w.title, "/letters/x"), Letter: view, Counted: true, Counts: counts,
		Recent: people, RecentOrgs: organisations, ListURL: "/letters/x/signatories", Deadline: deadline, DeadlineISO: "2026-11-30T16:00:00Z", Open: true, Form: form, Share: share, CallURL: "/letters/x/call"}

	wrong := letter
	wrong.Form.Kind, wrong.Form.Name, wrong.Form.Email, wrong.Form.TitleText, wrong.Form.Affiliation, wrong.Form.Organisation = "both", w.longName, "nobody@", w.office, w.name, w.organisation
	wrong.Form.Country, wrong.Form.Updates, wrong.Form.Listing = "CH", true, "counted"
	wrong.Form.Protected, wrong.Demo = true, true
	wrong.Letter.Source, wrong.Letter.SourceURL, wrong.Letter.AuthorityURL = 1, "/letters/x/editions/2/diff/1", "/letters/x"
	wrong.Letter.Stale, wrong.Letter.Introduction, wrong.Letter.Translator = true, "<p>"+template.HTML(template.HTMLEscapeString(w.text))+"</p>", w.name
	wrong.Form.Errors = map[string]string{}
	for field, key := range map[string]string{"email": "fault.email.bad", "consent": "fault.consent", "name": "fault.name.script", "kind": "fault.kind", "listing": "fault.listing", "country": "fault.country",
		"title": "fault.title.long", "affiliation": "fault.affiliation.long", "organisation": "fault.organisation.empty", "": "fault.edition.newer"} {
		wrong.Form.Errors[field] = l.T(key, "Limit", 200)
	}
	wrong.Form.DiffURL = "/letters/x/editions/2/diff/1"
	wrong.Form.ErrorOrder = []string{"kind", "name", "email", "title", "affiliation", "organisation", "listing", "country", "consent"}

	closed := letter
	closed.Open, closed.ClosedText, closed.Counts, closed.Recent, closed.RecentOrgs = false, l.T("fault.letter.deadline"), Counts{}, nil, nil
	closed.Form = SignForm{}
	organisationsOnly := letter
	organisationsOnly.Form.Kinds, organisationsOnly.Form.Until = []string{"organisation"}, ""
	plain := LetterPage{Base: base(w.title, "/letters/y"), Letter: view, Share: share}
	pair := letter
	pair.Letter.AloneURL, pair.Letter.Beside = "/letters/x?text="+lang, []TextLink{texts[1], texts[2]}
	pair.Letter.Beside[1].Current = true
	second := view
	second.Title, second.Subtitle, second.Stale, second.Authority, second.Translator = Tagged{plainWords["en"].title, "de", "ltr"}, "", true, false, w.name
	second.Source, second.SourceURL, second.AuthorityURL = 1, "/letters/x/editions/2/diff/1", "/letters/x"
	pair.Letter.Columns = []Column{{LetterView: view, First: true, Text: texts[0], Cells: []template.HTML{w.body, "<ol><li>" + template.HTML(template.HTMLEscapeString(w.text)) + "</li></ol>", ""}, Asks: [][]DemandView{view.Demands}},
		{LetterView: second, Text: texts[2], Cells: []template.HTML{plainWords["en"].body, `<ol start="2"><li>One.</li></ol>`, "<p>Notes.</p>"}, Asks: [][]DemandView{view.Demands}}}
	noMail := closed
	noMail.ClosedText, noMail.NoMail = "", true

	card := LetterCard{URL: "/letters/x", Title: tag(w.title), Subtitle: tag(w.subtitle), To: []Tagged{tag(w.office), tag(w.name)}, Leads: []Tagged{tag(w.organisation)}, Deadline: deadline, State: "open", Counted: true, Counts: counts}
	archived := LetterCard{URL: "/letters/y", Title: tag(w.subtitle), State: "archived", To: []Tagged{tag(w.office)}}
	confirm := ConfirmPage{Base: base(l.T("confirm.title"), "/confirm/t"), Action: "/confirm/t", LetterTitle: tag(w.title), LetterURL: "/letters/x", Edition: 2, TextLanguage: l.Language("ur"), SHA256: view.SHA256, Kind: "both", Name: w.name, Organisation: w.organisation, Listing: "public", Known: true, CodesLeft: true, Listings: form.Listings}
	unknown := confirm
	unknown.Known, unknown.Name, unknown.Error, unknown.Disputed = false, "N••• F•••", l.T("fault.code.wrong"), true
	mailed := confirm
	mailed.Known, mailed.CodeSent = false, true
	receipt := ReceiptPage{Base: base(l.T("receipt.title"), "/receipt"), LetterTitle: tag(w.title), LetterURL: "/letters/x", TextLanguage: l.Language("ur"), Kind: "both", Name: w.name, Organisation: w.organisation, Listing: "counted", Secret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Appears: l.Clock(time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC)), SignatureURL: "/signature", Share: share, Withheld: true,
		Promises: []string{"undersigned.log/v1 promise\nrecord WWFjaGN4PXlzdHUgYWJjZGVmZ2hpamtsbW5vcHFyc3Q=\nby 2026-09-04T14:40:00Z\n\n— undersigned/0123456789abcdef/promise 5tzXJ0n3YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5\n"}, PromisedBy: deadline}
	held, again := receipt, receipt
	held.Held, again.Again = true, true
	own := OwnSignature{ID: "s-1", LetterTitle: tag(w.title), LetterURL: "/letters/x", Kind: "person", State: "listed", Name: w.name, Detail: []Detail{{l.T("form.email"), "n@example.org"}, {l.T("form.title_field"), w.office}}, Listing: "public", Listings: form.Listings, Edition: 1, TextLanguage: l.Language("ur"), NewEdition: "/letters/x/editions/1/diff/2", SignedOn: view.Published, KeptUntil: form.Until, CanWithdraw: true, Leaf: l.Number(1283), Withheld: true}
	heldOwn := own
	heldOwn.ID, heldOwn.State, heldOwn.HeldWhy, heldOwn.NewEdition, heldOwn.Listings, heldOwn.CanWithdraw = "s-2", "held", w.text, "", nil, false
	heldOwn.Mandate, heldOwn.Domain, heldOwn.Record = true, "harbour.example", account.NewDomainRecord("harbour.example", make([]byte, 32))
	signatories := SignatoriesPage{Base: base(l.T("signatories.title"), "/letters/x/signatories"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Kind: "person", PersonsURL: "/letters/x/signatories", OrgsURL: "/letters/x/signatories?kind=organisation", Query: w.name, Entries: append(people, people...), NextURL: "?after=1", FirstURL: "?", Counts: counts,
		PrintURL: "/letters/x/signatories?view=print", PlainURL: "/letters/x/signatories", CSVURL: "/letters/x/signatories.csv", JSONURL: "/letters/x/signatories.json",
		Batches: []BatchView{{"paper", w.longName, l.Date(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC))}, {"import", "", "2026"}}}
	printed := signatories
	printed.Print = true
	updateLink := UpdateLink{URL: "/letters/x/updates/1", Title: tag(w.subtitle), Date: view.Published, Lang: lang, Dir: w.dir}
	letter.Metadata = &thing{Context: "https://schema.org", Type: "Message", Headline: w.title + "</script>", Authors: []thing{{Type: "Organization", Name: w.organisation}}}
	letter.Updates, letter.Feed = []UpdateLink{updateLink}, FeedLink{Atom: "/letters/x/feed.atom", JSON: "/letters/x/feed.json", Title: w.title}
	update := UpdatePage{Base: base(w.subtitle, "/letters/x/updates/1"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Update: updateLink,
		Body: "<p>" + template.HTML(template.HTMLEscapeString(w.text)) + "</p>", Share: share}
	noSignatories := signatories
	noSignatories.Kind, noSignatories.Entries, noSignatories.NextURL = "organisation", nil, ""
	diff := DiffPage{Base: base(l.T("diff.title", "From", 1, "To", 2), "/letters/x/editions/1/diff/2"), LetterTitle: tag(w.title), LetterURL: "/letters/x", From: 1, To: 2, Follows: "substantive", Texts: texts, Lang: lang, Dir: w.dir,
		Lines: []DiffLine{{"same", []DiffSpan{{w.subtitle, false}}}, {"removed", []DiffSpan{{w.text + " ", false}, {w.name, true}}}, {"added", []DiffSpan{{w.text + " ", false}, {w.organisation, true}}}, {"skipped", nil}, {"same", []DiffSpan{{w.text, false}}}}}
	mail := CaughtMail{To: "ada@example.org", Subject: l.T("mail.confirm.subject"), Text: l.T("mail.greeting") + "\n\n" + l.T("mail.confirm.asked") + "\n\n" + w.title + "\n\n" + l.T("mail.confirm.link") + "\n\nhttp://localhost:8080/confirm/abc\n\n" + l.T("mail.confirm.code") + "\n\n" + l.T("mail.confirm.not_me") + "\n\n" + l.T("mail.confirm.why"), At: time.Date(2026, 9, 3, 14, 20, 0, 0, time.UTC), Lang: lang, Dir: l.Dir, Links: []string{"http://localhost:8080/confirm/abc"}}
	editions := []EditionView{{Number: 2, URL: "/letters/x/editions/2", Published: view.Published, Follows: "substantive", SHA256: view.SHA256, Texts: texts, DiffURL: "/letters/x/editions/1/diff/2", Signed: 1311}, {Number: 1, URL: "/letters/x/editions/1", Published: view.Published, SHA256: view.SHA256, Texts: texts[:1], Signed: 1}}
	earlier := EditionPage{Base: base(w.title, "/letters/x/editions/1"), Letter: view, CurrentURL: "/letters/x", DiffURL: "/letters/x/editions/1/diff/2"}
	earlier.Letter.Current = false

	invited := InvitationPage{Base: base(l.T("invitation.title"), "/invitations/t"), Action: "/invitations/t", LetterTitle: tag(w.title), LetterURL: "/letters/x", CallURL: "/letters/x/call",
		Leads: []Tagged{tag(w.organisation)}, To: []Tagged{tag(w.office), tag(w.name)}, Demands: []Tagged{tag(l.Digits("1") + ". " + w.text), tag(w.subtitle)}, Deadline: deadline, Open: true, Form: form, StopURL: "/unsubscribe/t"}
	invited.Form.Invitation, invited.Form.Name, invited.Form.Email, invited.Form.Organisation, invited.Form.Kind = "t", w.longName, "ada@example.org", w.organisation, "both"
	repeat, told, late := invited, invited, invited
	repeat.Again, repeat.Reason, repeat.Answer, repeat.Error = true, w.text, "considering", l.T("fault.reason.long", "Limit", 600)
	told.Told, told.Answer, told.Reason = true, "declined", w.text
	late.Open, late.ClosedText, late.Form, late.Deadline, late.Demands = false, l.T("fault.letter.deadline"), SignForm{}, "", nil
	mute := late
	mute.NoMail = true

	return append(deskSamples(l, w, base, tag, view), []sample{
		{"invitation", invited}, {"invitation-again", repeat}, {"invitation-told", told}, {"invitation-closed", late}, {"invitation-no-mail", mute},
		{"unsubscribe", UnsubscribePage{Base: base(l.T("unsubscribe.title"), "/unsubscribe/t"), Action: "/unsubscribe/t"}},
		{"unsubscribe-again", UnsubscribePage{Base: base(l.T("unsubscribe.title"), "/unsubscribe/t"), Action: "/unsubscribe/t", Again: true}},
		{"unsubscribe-done", UnsubscribePage{Base: base(l.T("unsubscribe.done_title"), "/unsubscribe/t"), Done: true}},
		{"home", HomePage{Base: base(l.T("home.title"), "/"), Open: []LetterCard{card, card}, Closed: []LetterCard{archived}, OlderURL: "/?before=x"}},
		{"home-empty", HomePage{Base: base("Open Letters", "/")}},
		{"letter", letter}, {"letter-errors", wrong}, {"letter-pair", pair}, {"letter-closed", closed}, {"letter-organisations", organisationsOnly}, {"letter-plain", plain}, {"letter-no-mail", noMail},
		{"check-mail", CheckMailPage{Base: base(l.T("check_mail.title"), "/letters/x/check-mail"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Email: "ada@example.org", Code: "482913", CanResend: true, Resent: true, ResendURL: "/letters/x/resend", CorrectURL: "/letters/x#sign", Mailbox: "/dev/mailbox"}},
		{"check-mail-bare", CheckMailPage{Base: base(l.T("check_mail.title"), "/letters/x/check-mail"), LetterTitle: tag(w.title), LetterURL: "/letters/x"}},
		{"confirm", confirm}, {"confirm-unknown", unknown}, {"confirm-mailed", mailed},
		{"receipt", receipt}, {"receipt-held", held}, {"receipt-again", again},
		{"message", MessagePage{Base: base(l.T("fault.heading.internal"), "/x"), Heading: l.T("fault.heading.internal"), Text: []string{l.T("fault.internal"), w.text}, RequestID: "7KQ2M4", Link: "/", LinkText: l.T("message.home")}},
		{"message-bare", MessagePage{Base: base(l.T("fault.heading.not_found"), "/x"), Heading: l.T("fault.heading.not_found"), Text: []string{l.T("fault.page.unknown")}}},
		{"signature", SignaturePage{Base: base(l.T("signature.title"), "/signature")}},
		{"signature-wrong", SignaturePage{Base: base(l.T("signature.title"), "/signature"), Error: l.T("fault.secret.wrong")}},
		{"signature-found", SignaturePage{Base: base(l.T("signature.title"), "/signature"), Error: l.T("fault.sure"), Secret: receipt.Secret, Found: []OwnSignature{own, heldOwn}, Done: l.T("signature.relisted")}},
		{"update", update}, {"signatories", signatories}, {"signatories-print", printed}, {"signatories-empty", noSignatories},
		{"editions", EditionsPage{Base: base(l.T("editions.title"), "/letters/x/editions"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Editions: editions}},
		{"edition", earlier}, {"diff", diff},
		{"organisation", OrganisationPage{Base: base(w.organisation, "/organisations/harbour"), Organisation: leads[0], Letters: []LetterCard{card}}},
		{"call", CallPage{Base: base(l.T("call.title"), "/letters/x/call"), LetterTitle: tag(w.title), LetterURL: "/letters/x", SignURL: "/letters/x#sign", Lang: lang, Dir: w.dir, Heading: w.title, From: w.organisation, Salutation: w.name + ",", Body: w.body, Contact: w.name, Email: "contact@example.org", Deadline: deadline, Open: true}},
		{"check", CheckPage{Base: base(l.T("check.title"), "/letters/x/check"), LetterTitle: tag(w.title), LetterURL: "/letters/x", Counts: counts, Tally: letter.Tally(), LogName: "undersigned/0123456789abcdef",
			LogID: "00112233445566778899aabbccddeeff", Key: "undersigned/0123456789abcdef+f3ae39d1+AV8dglS6XJbIH3xhHIiXfMMriBzLjXFaA4JbqSdLizKH", Root: "g4IqmS9EmhgJAFWzrHBVgNdvzFPLHMfAJD/RPHU69xc=",
			Texts: texts, SHA256: view.SHA256, SHA256Of: l.Language("ur"), BundleURL: "/letters/x/bundle.zip", BundleName: "x-bundle.zip", TextName: "x-2.ur.md", Former: []string{"undersigned/fedcba9876543210"}, SignURL: "/signature"}},
		{"about", AboutPage{Base: base(l.T("about.title"), "/about"), Operator: w.organisation, Contact: "office@harbour.example"}},
		{"mailbox", MailboxPage{Base: base(l.T("mailbox.title"), "/dev/mailbox"), Mails: []CaughtMail{mail, mail}}},
		{"mailbox-empty", MailboxPage{Base: base(l.T("mailbox.title"), "/dev/mailbox")}},
	}...)
}

package promise

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// allRoutes returns method and pattern of every route, from the only list of them.
func allRoutes() (routes []string) {
	source, err := os.ReadFile("../../web/routes.go")
	if err != nil {
		panic(err)
	}
	for _, m := range routeLine.FindAllStringSubmatch(string(source), -1) {
		routes = append(routes, m[1]+" "+m[2])
	}
	return routes
}

// typeAddresses does what somebody can do who knows addresses and reads none of their mail: each is typed into the sign form of three
// fresh browsers, which is as often as an address is mailed, and each of them presses "resend" until it is no longer offered.
func (w *world) typeAddresses() {
	for _, s := range asked {
		form := testkit.SignForm("Mallory Vane", s.address)
		form.Set("listing", string(roll.Counted))
		form.Set("informed", w.informed)
		var browsers [mailbox.MailsAWeek]*testkit.Client
		var pages [mailbox.MailsAWeek]string
		for i := range browsers {
			browsers[i] = w.a.Client(w)
			pages[i] = w.post(s.class+" signed", browsers[i], testkit.Page+"/signatures", form).Header.Get("Location")
		}
		for i, c := range browsers {
			to := pages[i]
			for range mailbox.MailsAWeek {
				w.get(s.class+" check-mail", c, to)
				w.post(s.class+" resend", c, to, url.Values{})
			}
			w.get(s.class+" by another browser", w.a.Client(w), to)
		}
	}
}

// typeNames does what somebody can do who has mailboxes of their own: they sign with the name of another, as a person and for an
// organisation, and read the page of their signature while they change who may see it.
func (w *world) typeNames() {
	for i, s := range asked {
		for _, kind := range []verify.Kind{verify.Person, verify.Organisation} {
			own := fmt.Sprintf("mallory%d@%s.vane.example", i, kind)
			what := s.class + " as " + string(kind)
			form := testkit.SignForm(s.name, own)
			form.Set("kind", string(kind))
			form.Set("informed", w.informed)
			var rest []string // a name that came on a list has nothing beside it
			if kind == verify.Organisation {
				rest = []string{"title", s.name, "affiliation", s.name, "organisation", s.name}
			}
			for i := 0; i < len(rest); i += 2 {
				form.Set(rest[i], rest[i+1])
			}
			c, other := w.a.Client(w), w.a.Client(w)
			got := w.post(what, c, testkit.Page+"/signatures", form)
			w.get(what, c, got.Header.Get("Location"))
			confirm := "/confirm/" + w.a.Inbox.Wait(w, own).Token()
			w.get(what, c, confirm)
			w.get(what, other, confirm)
			w.post(what, other, confirm, testkit.Press("code"))
			code := w.a.Inbox.Wait(w, own).Code()
			form = testkit.Press("confirm", append(rest, "code", code, "name", s.name)...)
			secret := w.post(what, other, confirm, form).Secret(w)
			show := testkit.Press("show", "secret", secret)
			id := w.post(what, c, "/signature", show).SignatureID(w)
			w.a.Publish(w)
			w.post(what+" published", c, "/signature", show)
			for _, listing := range []roll.Listing{roll.Counted, roll.Public, roll.Coalition} {
				w.post(what+" to "+string(listing), c, "/signature", testkit.Press("relist", "secret", secret, "id", id, "listing", string(listing)))
				w.a.Publish(w)
				w.post(what+" is "+string(listing), c, "/signature", show)
			}
			w.post(what, c, "/signature", testkit.Press("record", "secret", secret, "id", id, "domain", strings.SplitN(s.address, "@", 2)[1]))
			w.post(what, c, "/signature", testkit.Press("download", "secret", secret, "id", id))
		}
	}
}

// listOf writes a list as it is typed at the desk.
func listOf(list []somebody, heading string, line func(s somebody) string) string {
	var b strings.Builder
	b.WriteString(heading)
	for _, s := range list {
		b.WriteString(line(s) + "\n")
	}
	return b.String()
}

func nameAndAddress(s somebody) string { return s.name + "," + s.address }
func classAndAddress(s somebody) string {
	return "A " + strings.ToUpper(s.class[:1]) + s.class[1:] + "," + s.address
}
func nameBesideAddress(s somebody) string { return s.name + " <" + s.address + ">" }
func onlyName(s somebody) string          { return s.name }
func onlyAddress(s somebody) string       { return s.address }
func asMail(s somebody) string {
	return "From x Mon Jun  1 10:00:00 2026\nFrom: " + nameBesideAddress(s) + "\nTo: office@lantern.example\nMessage-ID: <" + s.class +
		"@x.example>\nDate: Mon, 01 Jun 2026 09:00:00 +0000\nSubject: I sign\n\nPlease add my name.\n\n" + s.name + "\n"
}

// hidden are those that no editor may know of. Of the others the desk shows the names, and that somebody who was invited has signed.
var hidden = slices.DeleteFunc(slices.Clone(asked), func(s somebody) bool { return slices.Contains([]string{"addressee", "coalition", "public"}, s.class) })

var (
	asTable = listOf(hidden, "Name,Email\n", nameAndAddress)
	asLines = listOf(hidden, "", nameBesideAddress)
)

const (
	deskOf      = "/desk/letters/" + testkit.Slug
	intakePath  = deskOf + "/intake"
	invitePath  = deskOf + "/invitations"
	exportsPath = deskOf + "/exports"
)

// glance notes what editors see beside the public numbers.
func (w *world) glance(when string, e *testkit.Editor, paths ...string) {
	for _, path := range append(paths, intakePath, invitePath, invitePath+"?state=signed", exportsPath, deskOf+"/signatures", deskOf+"/trail") {
		w.get(when, e.Client, path)
	}
}

// approve says yes as a second member.
func (w *world) approve(when string, by *testkit.Editor) {
	form := by.Get(deskOf).Form(w, deskOf+"/approvals")
	form.Set("do", "approve")
	if got := w.post(when+" approved", by.Client, deskOf+"/approvals", form); got.Status != http.StatusSeeOther {
		w.Fatalf("%s: %d: %s", when, got.Status, got.Main(w))
	}
	w.settle()
}

// readList has a list read and returns the address of its dry run.
func (w *world) readList(when string, e *testkit.Editor, name, list string) (path string) {
	form := e.Get(intakePath).Form(w, intakePath)
	form.Set("do", "read")
	form.Set("listing", "counted")
	var data []byte
	if name == "" {
		form.Set("text", list)
	} else {
		data = []byte(list)
	}
	got := w.send(when, e, intakePath, name, data, form)
	if got.Status != http.StatusSeeOther {
		w.Fatalf("%s: %d: %s", when, got.Status, got.Main(w))
	}
	path = got.Header.Get("Location")
	w.glance(when, e, path, path+"?show=look")
	return path
}

// pasteLists does what an editor can do with addresses and names before anything is added: reads lists of them, invites, asks those
// who are held, and has lists made.
func (w *world) pasteLists(ada, ben *testkit.Editor) {
	w.readList("names", ada, "list.csv", listOf(asked, "Name\n", onlyName))
	w.readList("names and addresses", ada, "", listOf(asked, "Name,Email\n", nameAndAddress))
	w.readList("addresses", ada, "list.csv", listOf(asked, "Name,Email\n", classAndAddress))
	w.readList("mails", ada, "replies.mbox", listOf(asked, "", asMail))

	invite := ada.Get(invitePath).Form(w, invitePath)
	for _, list := range []string{listOf(hidden, "", onlyAddress), asLines} {
		for _, do := range []string{"read", "send"} {
			invite.Set("invitees", list)
			invite.Set("do", do)
			w.post("inviting", ada.Client, invitePath, invite)
			w.settle()
			w.glance("invited", ada, invitePath+"?state=invited")
		}
	}
	for _, id := range testkit.Values(ada.Get(deskOf+"/signatures").Doc(w), "id") {
		for range 4 {
			w.post("a question", ada.Client, deskOf+"/signatures", url.Values{"do": {"ask"}, "id": {id}, "question": {"Are you " + asked[1].name + "?"}})
		}
	}
	for _, audience := range roll.Audiences {
		w.post("export", ada.Client, exportsPath, testkit.Press("make", "audience", string(audience)))
		if audience != roll.ForPublic {
			w.approve("export", ben)
		}
		w.settle()
		w.glance("exported", ada)
	}
	for _, id := range testkit.Values(ada.Get(exportsPath).Doc(w), "id") {
		w.fetch(ada, id)
	}
}

// fetch fetches a list that was made: whoever may see a name finds it there, so that in its place stands who is asked about.
func (w *world) fetch(e *testkit.Editor, id string) {
	got := e.Post(exportsPath, testkit.Press("csv", "id", id))
	for _, s := range asked {
		got.Body = strings.ReplaceAll(got.Body, w.stands(s).name, s.name)
	}
	lines := strings.Split(got.Body, "\n")
	slices.Sort(lines)
	got.Body = strings.Join(lines, "\n")
	w.see("fetched", got)
}

// addLists has lists added, and one of them taken out again. From here on the public numbers say how many of them had signed.
func (w *world) addLists(ada, ben *testkit.Editor) {
	add := func(when, path string) {
		w.sleep(28*time.Hour, ada, ben) // one list a day
		propose := ada.Get(path).Form(w, path)
		propose.Set("do", "propose")
		if got := w.post(when+" proposed", ada.Client, path, propose); got.Header.Get("Location") != intakePath+"?done=asked" {
			w.Fatalf("%s: %d to %s", when, got.Status, got.Header.Get("Location"))
		}
		w.glance(when+" proposed", ben, path)
		w.approve(when, ben)
		w.glance(when+" approved", ada, path)
		for _, wait := range []time.Duration{7 * time.Hour, 28 * time.Hour} { // their hours are drawn: within a day all, within 7 not
			w.sleep(wait, ada, ben)
			if err := w.a.Intake.Spread(w.Context()); err != nil {
				w.Fatal(err)
			}
			w.settle()
			w.a.Publish(w)
			w.glance(when+" taken in", ada, path)
			w.glance(when+" by another", ben)
		}
	}
	add("addresses", w.readList("addresses", ada, "", listOf(asked, "Name,Email\n", classAndAddress)))
	path := w.readList("addresses again", ada, "list.csv", listOf(asked, "Name,Email\n", classAndAddress))
	undo := url.Values{"do": {"sure"}, "id": {testkit.Values(ada.Get(intakePath).Doc(w), "id")[0]}}
	if got := w.post("undoing", ada.Client, intakePath, undo); got.Header.Get("Location") != intakePath+"?done=asked" {
		w.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
	}
	w.approve("undoing", ben)
	w.a.Publish(w)
	w.glance("undone", ada, path)
	add("mails", w.readList("mails", ada, "replies.mbox", listOf(asked, "", asMail)))
}

// sleep lets time pass, in which the editors look in so that they stay signed in.
func (w *world) sleep(long time.Duration, editors ...*testkit.Editor) {
	for range long / (7 * time.Hour) {
		w.clock.Advance(7 * time.Hour)
		for _, e := range editors {
			e.Get(deskOf)
		}
	}
}

// settle waits until nothing is left to do in the background.
func (w *world) settle() {
	testkit.Eventually(w, "the background work is done", func() bool {
		var n int
		if err := w.a.DB.View(w.Context(), func(tx *store.Tx) error { return tx.Row(qCountDue, tx.Now().UnixMicro()).Scan(&n) }); err != nil {
			w.Fatal(err)
		}
		return n == 0
	})
}

// What is due, and what is being done.
var qCountDue = store.Q("alike.count_due", `SELECT COUNT(*) FROM job WHERE run_at <= $1 OR run_at IS NOT NULL AND attempts > 0 AND error IS NULL`)

// circulate sends a draft to readers, one of whom is a stranger who knows addresses, and returns that one's link.
func (w *world) circulate(ada *testkit.Editor) string {
	text := letter.Text{Language: "en", Title: "Open the quay", Body: "The quay is shut.\n\nForty families wait.", Demands: []letter.Demand{{Number: "1", Text: "Open it."}}}
	if _, err := w.a.Letters.Create(w.Context(), "quay", &text, letter.Settings{Leads: []string{testkit.Lead}}, ada.Session.User.ID); err != nil {
		w.Fatal(err)
	}
	form := url.Values{"do": {"send"}, "language": {"en"}, "zone": {"UTC"}, "soft_day": {"2026-07-01"}, "hard_day": {"2026-07-08"}, "hard_hour": {"12:00"},
		"readers": {"Mallory Vane <mallory@reader.example>\n" + asLines}}
	if got := w.post("round", ada.Client, "/desk/letters/quay/circulation", form); got.Status != http.StatusSeeOther {
		w.Fatalf("%d: %s", got.Status, got.Main(w))
	}
	return strings.TrimPrefix(w.a.Inbox.Wait(w, "mallory@reader.example").Link, w.a.URL)
}

// plain are fields that are typed into and take neither an address nor a name, with what they are given.
var plain = map[string]string{"code": "000000", "slug": "harbour", "zone": "UTC", "skip": "2"}

// nameless are the routes of forms that take neither an address nor a name, and why.
var nameless = map[string]string{
	"POST /letters/{slug}/check-mail":                   "a browser's own submission: typeAddresses",
	"POST /unsubscribe/{token}":                         "a link alone",
	"POST /office/confirm/{token}":                      "a link alone",
	"POST /follow/{token}":                              "a link alone",
	"POST /following/{token}":                           "a link alone, and a language",
	"POST /desk/sign-out":                               "nothing",
	"POST /desk/account":                                "a user's own ways in",
	"POST /desk/jobs":                                   "the id of a job",
	"POST /desk/mail/{id}":                              "the name of a letter",
	"POST /desk/letters/{slug}/mail/{id}":               "the name of a letter",
	"POST /desk/letters/{slug}":                         "what becomes of a letter",
	"POST /desk/letters/{slug}/approvals":               "the id of what was asked: pasteLists and addLists",
	"POST /desk/letters/{slug}/agreement":               "a text and an objection to it",
	"POST /desk/letters/{slug}/intake/{id}":             "numbers of lines, of a list: addLists",
	"POST /desk/letters/{slug}/news":                    "the number of an update",
	"POST /desk/letters/{slug}/exports":                 "an audience: pasteLists",
	"POST /desk/letters/{slug}/answers/{id}":            "what is published of an answer, which is compared with nobody",
	"POST /desk/letters/{slug}/texts/{language}/blocks": "a text that is read and not kept",
}

// fillForms fills the fields of every form on a page with each of those that are asked about, or some of them, presses every button, and
// follows.
func (w *world) fillForms(who string, e *testkit.Editor, path string, classes ...string) {
	w.fillPage(who, e, w.get(who, e.Client, path), classes...)
}

func (w *world) fillPage(who string, e *testkit.Editor, page testkit.Answer, classes ...string) {
	for _, f := range formsOf(w.T, page) {
		if len(f.buttons) == 0 {
			f.buttons = []string{""}
		}
		for _, button := range f.buttons {
			for i, s := range asked {
				if len(classes) > 0 && !slices.Contains(classes, s.class) || i > 0 && !f.single {
					continue
				}
				w.fill(who, e, f, button, s.name, s.address, asTable)
				if i <= 1 {
					w.fill(who, e, f, button, s.address, s.address, asLines)
				}
			}
		}
	}
}

// fill sends one form with a name in its lines, an address in fields for those, and a list in its texts and its file.
func (w *world) fill(who string, e *testkit.Editor, f formOf, button, name, address, list string) {
	v := url.Values{}
	maps.Copy(v, f.fields)
	if button != "" {
		v.Set("do", button)
	}
	if v.Get("channel") == "email" { // when such a mail goes depends on how busy the machine is
		v.Set("channel", "post")
	}
	for _, field := range f.words {
		given, isPlain := plain[field.name]
		switch {
		case isPlain:
			v.Set(field.name, given)
		case field.kind == "email":
			v.Set(field.name, address)
		case field.kind == "textarea":
			v.Set(field.name, list)
		default:
			v.Set(field.name, name)
		}
	}
	if f.method == http.MethodGet {
		w.get(who, e.Client, f.action+"?"+v.Encode())
		return
	}
	var got testkit.Answer
	if f.file {
		got = w.send(who, e, f.action, "", nil, v)
		w.send(who, e, f.action, "list.csv", []byte(list), v)
	} else {
		got = w.post(who, e.Client, f.action, v)
	}
	if got.Status == http.StatusSeeOther {
		w.get(who, e.Client, got.Header.Get("Location"))
	}
}

// random are routes whose answers are random in themselves.
var random = map[string]bool{"/log/checkpoint": true, "/log/key": true, "/log/tile/{path...}": true, "/log/openings/{n}": true, "/letters/{slug}/bundle.zip": true,
	"/desk/account/recovery": true}

// ofMails are pages that tell the operator, who has the keys, how many mails went out.
var ofMails = map[string]bool{"/desk": true, "/desk/jobs": true}

// lookAround notes every page that can be read, as a stranger and as both editors.
func (w *world) lookAround(ada, ben *testkit.Editor, more ...string) {
	paths := readable(w.T, w.a, "x")
	for _, path := range more {
		w.get("stranger", w.a.Client(w), path)
	}
	for _, pattern := range patterns(w.T, http.MethodGet) {
		if random[pattern] {
			continue
		}
		for _, path := range paths[pattern] {
			if slices.Contains([]string{".pdf", ".docx", ".zip", ".png"}, filepath.Ext(path)) { // with root or address of the instance, and packed
				continue
			}
			w.get("stranger", w.a.Client(w), path)
			if strings.HasPrefix(path, "/desk") {
				if !ofMails[pattern] {
					w.get("ada", ada.Client, path)
				}
				w.get("ben", ben.Client, path)
			}
		}
	}
}

// look runs everything in a world.
func (w *world) look() *world {
	ada, ben := w.ada, w.ben
	link := w.circulate(ada)
	w.typeAddresses()
	w.typeNames()
	w.pasteLists(ada, ben)
	stranger := &testkit.Editor{Client: w.a.Client(w)}
	join, err := w.a.Accounts.Enrolments.NewJoin(w.Context(), testkit.Lead, account.Viewer, "", "viv@lantern.example", 0)
	if err != nil {
		w.Fatal(err)
	}
	few, users := []string{"nobody", "counted", "organisation"}, []string{"nobody", "member"}
	w.fillForms("stranger", stranger, "/desk/sign-in", users...)
	w.fillForms("stranger", stranger, "/desk/join/"+join, users...)
	w.fillForms("reader", stranger, link, few...)
	invited, _ := w.a.Invite(w, invitation.Invitee{Name: "Mallory Vane", Email: "mallory@invited.example"})[0].Links(w)
	w.fillForms("invited", stranger, invited, few...)
	for _, path := range []string{testkit.Page, testkit.Page + "/signatories", "/signature", "/", testkit.Page + "/follow"} {
		w.fillForms("stranger", stranger, path)
	}
	asks, _, _ := office(w.T, w.a)
	w.fillForms("office", stranger, asks+"?demand=2", few...)
	for _, pattern := range patterns(w.T, http.MethodGet) {
		if path := strings.NewReplacer("/organisations/{slug}", "/organisations/"+testkit.Lead, "{slug}", testkit.Slug, "{language}", "en").Replace(pattern); strings.HasPrefix(path, "/desk") && !strings.Contains(path, "{") && path != "/desk/sign-in" && !ofMails[pattern] && !random[pattern] {
			w.fillForms("ada", ada, path, few...)
		}
	}
	w.fillPage("ada", ada, w.post("ada", ada.Client, "/desk/new", testkit.Press("read", "text", "Open the harbour\n\n1. Open it.\n\n"+asked[1].name)), few...)
	for _, path := range []string{"", "/circulation", "/settings", "/texts/en"} {
		w.fillForms("ada", ada, "/desk/letters/quay"+path, few...)
	}
	w.fillForms("ada", ada, "/desk/letters/"+testkit.Slug+"/addressees/new", few...)
	w.fillForms("ada", ada, "/desk/letters/"+testkit.Slug+"/updates/new", few...)
	w.settle()
	w.lookAround(ada, ben, link)
	w.addLists(ada, ben)
	w.post("asking for addresses", ada.Client, exportsPath, testkit.Press("make", "audience", string(handout.Informed))) // nobody decides
	w.glance("asked for addresses", ben)
	w.seeMails()
	return w
}

// seeMails notes what was mailed to anybody else than those whose addresses are typed.
func (w *world) seeMails() {
	w.settle()
	var mails []string
	for _, m := range w.a.Inbox.Left() {
		if !slices.ContainsFunc(asked, func(s somebody) bool { return m.To == s.address || m.To == w.stands(s).signs }) {
			mails = append(mails, m.To+" "+m.Subject+"\n"+unlike.ReplaceAllString(m.Text, "…"))
		}
	}
	slices.Sort(mails)
	w.steps = append(w.steps, step{"mails to others", strings.Join(mails, "\n")})
}

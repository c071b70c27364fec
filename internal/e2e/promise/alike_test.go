package promise

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// somebody is a person or organisation that has to do with the letter, or that nobody knows. In every world somebody of each class is
// there; the worlds differ in whether it is who is asked about.
type somebody struct {
	class   string
	name    string // asked about; nobody but its owner may learn that it signed
	address string // asked about
	signs   string // spelling with which its owner signs; "" for the address
	kind    verify.Kind
	listing roll.Listing
	shown   bool // the name is seen by readers or editors, so it is the same in every world; the address is nobody's to know
}

// asked are those that the test asks about, one for each thing that can be hidden.
var asked = []somebody{
	{class: "nobody", name: "Ondine Marchetti", address: "ondine@nobody.example", kind: verify.Person},
	{class: "counted", name: "Hesper Quill", address: "hesper@counted.example", kind: verify.Person, listing: roll.Counted},
	{class: "addressee", name: "Jarrah Mott", address: "jarrah@addressee.example", kind: verify.Person, listing: roll.Addressee},
	{class: "coalition", name: "Imre Vantongeren", address: "imre@coalition.example", kind: verify.Person, listing: roll.Coalition, shown: true},
	{class: "public", name: "Perpetua Loft", address: "perpetua@public.example", kind: verify.Person, listing: roll.Public, shown: true},
	{class: "pending", name: "Tamsin Oake", address: "tamsin@pending.example", kind: verify.Person, listing: roll.Public},
	{class: "withdrawn", name: "Bram Okonjo", address: "bram@withdrawn.example", kind: verify.Person, listing: roll.Public},
	{class: "erased", name: "Sunniva Arkwright", address: "sunniva@erased.example", kind: verify.Person, listing: roll.Public},
	{class: "disputed", name: "Florian Desmet", address: "florian@disputed.example", kind: verify.Person, listing: roll.Public},
	{class: "refused", name: "Ulla Braithwaite", address: "ulla@refused.example", kind: verify.Person, listing: roll.Public},
	{class: "held", name: "Casimir Thorne", address: "casimir@mailinator.com", kind: verify.Person, listing: roll.Counted},
	{class: "removed", name: "Wilmot Faraday", address: "wilmot@removed.example", kind: verify.Person, listing: roll.Counted},
	{class: "respelled", name: "Yevgenia Stroud", address: "y.stroud+list@gmail.com", signs: "ystroud@gmail.com", kind: verify.Person, listing: roll.Counted},
	{class: "paper", name: "Lazare Wick", address: "lazare@paper.example", kind: verify.Person, listing: roll.Counted},
	{class: "member", name: "Orla Penhaligon", address: "orla@member.example", kind: verify.Person},
	{class: "follower", name: "Linnea Ashdown", address: "linnea@follower.example", kind: verify.Person},
	{class: "organisation", name: "Plover Weir Trust", address: "office@organisation.example", kind: verify.Organisation, listing: roll.Counted},
}

// world is an instance in which somebody of each class has signed, and what is answered to those who try to find out who.
type world struct {
	*testing.T
	a        *testkit.Running
	clock    *testkit.Clock
	ada, ben *testkit.Editor       // of the letter; ada is the operator too
	real     func(s somebody) bool // it is who is asked about that has signed, not another
	informed string                // words by which the lead organisations may write to who ticks them, as the form has them
	renamed  bool                  // another's name is another's, even where it is seen
	fed      map[string]bool       // "POST /path field" of each field that was given an address or a name that is asked about
	found    map[string]bool       // and of each field into which somebody can type, on any page that was seen
	forms    map[string]bool       // pages whose forms are in found
	steps    []step
	n        int // visitors so far
}

// step is one answer as far as two worlds must give the same.
type step struct{ what, answer string }

// stands returns who stands in the world for one of those that are asked about.
func (w *world) stands(s somebody) somebody {
	if s.signs == "" {
		s.signs = s.address
	}
	if w.real(s) {
		return s
	}
	_, domain, _ := strings.Cut(s.signs, "@")
	s.signs = "decoy@" + domain
	if !s.shown || w.renamed {
		s.name = "Decoy " + strings.ToUpper(s.class[:1]) + s.class[1:]
	}
	return s
}

// newWorld makes the instance and what its letter has to do with somebody of each class.
func newWorld(t *testing.T, engine store.Engine, real func(s somebody) bool, renamed bool) *world {
	t.Helper()
	w := &world{T: t, clock: testkit.NewClock(), real: real, renamed: renamed, fed: map[string]bool{}, found: map[string]bool{}, forms: map[string]bool{}}
	w.a = testkit.App(t, engine, func(o *app.Options) {
		o.Now = w.clock.Now
		o.Server.RateLimit, o.Server.TrustProxy = "on", []string{"127.0.0.0/8"} // the budgets of mails are what may tell
		o.Server.PublishEvery = 1e12                                            // when the test says so, or answers would depend on the second
	})
	on := true
	if _, err := w.a.Letters.SetSettings(t.Context(), testkit.Slug, letter.Settings{Informed: &on}, 0); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the form offers to be kept informed", func() bool {
		ticks := testkit.Values(w.a.Client(t).Get(testkit.Page).Doc(t), "informed")
		w.informed = strings.Join(ticks, "")
		return len(ticks) == 1
	})
	w.follow(w.stands(asked[slices.IndexFunc(asked, func(s somebody) bool { return s.class == "follower" })]))
	w.ada, w.ben = w.a.Operator(w), w.a.Member(w, testkit.Lead, account.Editor, "ben@lantern.example")
	for _, s := range asked[1:] {
		w.come(w.stands(s))
		w.a.Publish(t)
	}
	w.clock.Advance(time.Hour)
	return w
}

// follow has somebody follow the letter without signing it. They do from the next day on.
func (w *world) follow(s somebody) {
	w.Helper()
	l := testkit.Letter(w, w.a.App)
	err := w.a.News.Ask(w.Context(), l, s.signs, "en")
	if err == nil {
		err = w.a.News.ConfirmAsked(w.Context(), w.a.Inbox.Wait(w, s.signs).Token(), false)
	}
	w.clock.Advance(25 * time.Hour)
	if err == nil {
		err = w.a.News.Gather(w.Context())
	}
	if n, failed := w.a.News.Followers(w.Context(), l.ID); err != nil || failed != nil || n != 1 {
		w.Fatalf("%d follow, %v, %v", n, err, failed)
	}
}

// come signs for somebody as its class does, but for who only follows.
func (w *world) come(s somebody) {
	w.Helper()
	if s.class == "follower" {
		return
	}
	a, ctx, c := w.a, w.Context(), w.a.Client(w)
	if s.class == "paper" {
		a.AddList(w, "Name,Listing\n"+s.name+",no\n")
		return
	}
	if s.class == "member" { // of an organisation that has to do with no letter
		if err := a.Letters.Directory.Put(ctx, account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}); err != nil {
			w.Fatal(err)
		}
		a.Member(w, "quay", account.Editor, s.signs)
		return
	}
	form := testkit.SignForm(s.name, s.signs)
	form.Set("listing", string(s.listing))
	if w.real(s) { // so that in one world they have ticked it, in another not
		form.Set("informed", w.informed)
	}
	if s.kind == verify.Organisation {
		form.Set("kind", string(s.kind))
		form.Set("organisation", s.name)
		form.Set("name", "Some Representative")
	}
	if s.class == "refused" {
		a.Inbox.Refuse(s.signs)
		a.Inbox.Refuse(s.address) // whoever writes to it may know that
		if got := c.Post(testkit.Page+"/signatures", form); got.Status != http.StatusSeeOther {
			w.Fatalf("%d: %s", got.Status, got.Main(w))
		}
		testkit.Eventually(w, "the refusal is logged", func() bool { return strings.Contains(a.Log.String(), "mail_refused") })
		return
	}
	_, mail := a.Sign(w, c, form)
	switch s.class {
	case "pending":
		return
	case "disputed":
		if got := a.Client(w).Post("/confirm/"+mail.Token(), testkit.Press("dispute")); got.Status != http.StatusForbidden {
			w.Fatalf("%d: %s", got.Status, got.Main(w))
		}
		return
	}
	secret := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")).Secret(w)
	a.Publish(w)
	own, err := a.Signing.Receipts.Find(ctx, secret)
	if err != nil {
		w.Fatal(err)
	}
	switch s.class {
	case "withdrawn":
		err = a.Signing.Receipts.Withdraw(ctx, secret, own[0].ID)
	case "erased":
		err = a.Signing.Receipts.Erase(ctx, secret, own[0].ID)
	case "removed":
		err = a.Signing.Holds.Remove(ctx, own[0].Letter, own[0].ID, 0, "fraud")
	}
	if err != nil {
		w.Fatal(err)
	}
}

// What differs between two instances that do the same: ids, codes, tokens, hashes, and where they listen.
var (
	unlike = regexp.MustCompile(`(?:localhost|127\.0\.0\.1)(?::|%3A)\d+|(?:/intake/|name="id" value="|name="fact" value="|[?&]p=|[?&]after=|[?&]id=)[0-9a-z]+|` +
		`\b[0-9]{6}\b|\b[0-9]{19}\b|undersigned/[0-9a-f]{16}|\b(?:record|root) \S+=|— \S+ \S+|[A-Za-z0-9+/]{43}=|\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*|` +
		`[A-Za-z0-9_-]{22,}|(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}|\b[A-Z2-7]{12}\b|<path d="[^"]*"|<p class="secret".*|\brole-[0-9a-z]+|` +
		`\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b|\bqk[0-9a-z]{10}\b`)
	unlikeHeaders = []string{"Date", "X-Request-Id", "Etag", "Content-Length"} // of the body without what differs
)

// see notes an answer.
func (w *world) see(what string, a testkit.Answer) testkit.Answer {
	header := a.Header.Clone()
	for _, name := range unlikeHeaders {
		header.Del(name)
	}
	var b strings.Builder
	fmt.Fprintln(&b, a.Status)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintln(&b, name, header[name])
	}
	for _, f := range w.newForms(what, a) {
		for _, field := range f.words {
			w.found[fieldOf(f.method, f.action, field.name)] = true
		}
		if f.file {
			w.found[fieldOf(f.method, f.action, "file")] = true
		}
	}
	w.clock.Advance(time.Second) // what happens at one moment has no order
	w.steps = append(w.steps, step{what, b.String() + a.Body})
	return a
}

// network is the address that a visitor's proxy names: each comes from another.
func (w *world) network() []string {
	w.n++
	return []string{"X-Forwarded-For", fmt.Sprintf("10.%d.%d.7", w.n/250, w.n%250)}
}

// get asks for a page and notes the answer.
func (w *world) get(what string, c *testkit.Client, path string) testkit.Answer {
	if address, err := url.Parse(path); err == nil {
		w.note(http.MethodGet, path, address.Query())
	}
	return w.see(what+" GET "+unlike.ReplaceAllString(path, "…"), c.Get(path))
}

// post sends a form and notes the answer.
func (w *world) post(what string, c *testkit.Client, path string, form url.Values) testkit.Answer {
	w.note(http.MethodPost, path, form)
	return w.see(what+" POST "+unlike.ReplaceAllString(path, "…")+" "+form.Get("do"), c.Post(path, form, w.network()...))
}

// send sends a form with a file and notes the answer.
func (w *world) send(what string, e *testkit.Editor, path, name string, data []byte, form url.Values) testkit.Answer {
	w.note(http.MethodPost, path, form)
	w.note(http.MethodPost, path, url.Values{"file": {string(data)}})
	return w.see(what+" POST "+unlike.ReplaceAllString(path, "…")+" "+form.Get("do")+" "+name, e.Send(w.T, path, "file", name, data, form))
}

// note remembers which fields were given somebody that is asked about.
func (w *world) note(method, path string, form url.Values) {
	for field, values := range form {
		text := strings.Join(values, "\n")
		if slices.ContainsFunc(asked, func(s somebody) bool { return strings.Contains(text, s.name) || strings.Contains(text, s.address) }) {
			w.fed[fieldOf(method, path, field)] = true
		}
	}
}

var fieldNumber = regexp.MustCompile(`[0-9]+`)

// newForms returns the forms of a page that takes words unless it was seen with as many fields.
func (w *world) newForms(what string, a testkit.Answer) []formOf {
	page := fmt.Sprint(what, a.Status, strings.Count(a.Body, ` name="`))
	if w.forms[page] {
		return nil
	}
	w.forms[page] = true
	return formsOf(w.T, a)
}

// fieldOf names a field; rows of a table that can be as long as one likes have the same.
func fieldOf(method, path, field string) string {
	return method + " " + routeOf(method, path) + " " + fieldNumber.ReplaceAllString(field, "0")
}

// routeOf is the pattern in routes.go that a path belongs to, by the mux of those patterns.
func routeOf(method, path string) string {
	for _, l := range i18n.All() {
		if rest, ok := strings.CutPrefix(path, "/"+l.Code+"/"); ok {
			path = "/" + rest
		}
	}
	request, err := http.NewRequest(method, "http://x"+path, nil)
	if err != nil {
		return path
	}
	_, pattern := routeMux().Handler(request)
	return strings.TrimPrefix(strings.TrimPrefix(pattern, method), " ")
}

// routeMux knows the routes of routes.go and nothing else.
var routeMux = sync.OnceValue(func() *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range allRoutes() {
		mux.HandleFunc(route, func(http.ResponseWriter, *http.Request) {})
	}
	return mux
})

// formOf is a form of a page, as far as it takes words.
type formOf struct {
	method, action string
	fields         url.Values // as they stand on the page
	words          []wordField
	file           bool
	buttons        []string
	single         bool // some of the words are of one line
}

// wordField is a field into which somebody types.
type wordField struct{ name, kind string }

// formsOf returns the forms of a page that take words or files.
func formsOf(t *testing.T, a testkit.Answer) (forms []formOf) {
	t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	for n := range a.Doc(t).Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		f := formOf{method: strings.ToUpper(testkit.Attribute(n, "method")), action: testkit.Attribute(n, "action")}
		f.fields = testkit.FieldsOf(n)
		for d := range n.Descendants() {
			name, kind := testkit.Attribute(d, "name"), testkit.Attribute(d, "type")
			switch {
			case d.Data == "button" && name == "do":
				f.buttons = append(f.buttons, testkit.Attribute(d, "value"))
			case d.Data == "input" && kind == "file":
				f.file = true
			case d.Data == "textarea":
				f.words = append(f.words, wordField{name, "textarea"})
			case d.Data == "input" && slices.Contains([]string{"", "text", "email", "search", "url", "tel"}, kind):
				f.words, f.single = append(f.words, wordField{name, kind}), true
			}
		}
		if f.file || len(f.words) > 0 {
			forms = append(forms, f)
		}
	}
	return forms
}

// Nobody learns who has signed: whoever types the address or the name of somebody into anything is answered the same, byte by byte,
// whether it is that person who has signed, asked, withdrawn, erased or said that it was not them, or another. What editors see and who
// else is mailed is the same too.
func TestSigned_isLikeUnsigned(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	testkit.NotRaced(t)
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		others := newWorld(t, engine, func(somebody) bool { return false }, false).look()
		others.covers()
		theirs := newWorld(t, engine, func(somebody) bool { return true }, false).look()
		for i, x := range compare(others, theirs) {
			if i < 12 {
				t.Errorf("another has signed (-), it is they (+): %s", x)
			}
		}
	})
}

// The comparison finds what may be seen: whom the public list names, and that somebody has signed whose name editors see.
func TestSigned_controlIsUnlike(t *testing.T) {
	if testing.Short() {
		t.Skip("it looks at what is told and kept, not at what runs at once")
	}
	testkit.NotRaced(t)
	look := func(real bool) *world {
		w := newWorld(t, store.SQLite, func(s somebody) bool { return real || s.class != "public" }, true)
		public := asked[slices.IndexFunc(asked, func(s somebody) bool { return s.class == "public" })]
		w.get("found", w.a.Client(t), testkit.Page+"/signatories?q="+url.QueryEscape(public.name))
		w.readList("names", w.ada, "", listOf(asked, "Name\n", onlyName))
		form := w.ada.Get(invitePath).Form(t, invitePath)
		form.Set("invitees", public.address)
		form.Set("do", "send")
		w.post("inviting", w.ada.Client, invitePath, form)
		w.glance("invited", w.ada)
		return w
	}
	found := strings.Join(compare(look(false), look(true)), "\n")
	for _, want := range []string{"found GET", "names GET " + deskOf + "…", "invited GET " + invitePath} {
		if !strings.Contains(found, want) {
			t.Errorf("a name that everybody sees makes no difference to %q: too little is compared: %s", want, found)
		}
	}
	if strings.Contains(found, "invited GET "+exportsPath) {
		t.Errorf("what is no different is: %s", found)
	}
}

// covers fails unless everything that takes words was given those that are asked about.
func (w *world) covers() {
	w.Helper()
	taken := map[string]bool{}
	for field := range w.fed {
		taken[field[:strings.LastIndexByte(field, ' ')]] = true
	}
	for _, route := range allRoutes() {
		if why := nameless[route]; strings.HasPrefix(route, "POST ") && !taken[route] == (why == "") {
			w.Errorf("%s: no address and no name is sent to it, or it is among those that take none (%s)", route, why)
		}
	}
	for field := range w.found {
		if _, isPlain := plain[field[strings.LastIndexByte(field, ' ')+1:]]; !isPlain && !w.fed[field] {
			w.Errorf("%s: no address and no name is typed there", field)
		}
	}
}

// differences returns the lines in which two answers differ but for what differs between any two instances.
func differences(a, b string) (lines []string) {
	if a == b {
		return nil
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	if len(x) != len(y) {
		lines = append(lines, fmt.Sprintf("%d lines and %d", len(x), len(y)))
	}
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] && clean(x[i]) != clean(y[i]) {
			lines = append(lines, fmt.Sprintf("- %.300s\n+ %.300s", clean(x[i]), clean(y[i])))
		}
	}
	return lines
}

// clean takes out of a line what differs between any two instances.
func clean(line string) string { return unlike.ReplaceAllString(html.UnescapeString(line), "…") }

// compare returns in which answers two worlds differ, and how.
func compare(others, theirs *world) (apart []string) {
	for i, x := range others.steps[:min(len(others.steps), len(theirs.steps))] {
		y := theirs.steps[i]
		if lines := differences(x.answer, y.answer); x.what != y.what || len(lines) > 0 {
			apart = append(apart, fmt.Sprintf("%s, %s\n%s", x.what, y.what, strings.Join(lines[:min(len(lines), 5)], "\n")))
		}
	}
	if len(others.steps) != len(theirs.steps) {
		apart = append(apart, fmt.Sprintf("%d answers and %d", len(others.steps), len(theirs.steps)))
	}
	return apart
}

package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// MailPage is the mails that came in for a letter, or those of no letter, which are the operator's.
type MailPage struct {
	page.Base
	Form          page.Form
	Action        string
	Operator      bool   // it is of no letter
	Open          bool   // sign-ons can be taken
	Takes         bool   // and there are some
	Address       string // the letter's own, "" for none
	Waiting, Came []MailLine
	More          string // address of older ones that wait
	Listings      []page.Option
}

// Template is its file.
func (MailPage) Template() string { return "desk/mail" }

// MailLine is a mail in a list.
type MailLine struct {
	ID, URL         string
	From            string
	Subject         string
	What, About, At string
	Vouched         string
	Sure            bool // its domain vouches for its sender
	Takes           bool // it can be taken as a sign-on
	Choose, Chosen  bool // something can be done about it and others at once
	Excerpt         string
}

// IncomingPage is one mail.
type IncomingPage struct {
	page.Base
	Form           page.Form
	Action         string
	ListURL        string
	Operator       bool
	Line           MailLine
	Written        string // when it says it was
	State          string
	Waits, Reopens bool
	Ends           bool   // the mails to its sender can be ended
	Status         string // of a notice
	Text           page.Tagged
	Fault          string
	Cut            bool   // only its beginning is kept
	Answers        string // what it answers, in words
	EnterURL       string // where it is entered as an answer, "" for where it cannot be
	CameBack       bool   // it may be a notice that the delivery it answers did not arrive
	Files          []FileLink
	RawURL         string
	ResponseURL    string        // that it went into
	ProposalURL    string        // the list that it went into
	Letters        []page.Option // that it can be given to
}

// FileLink is a file that can be saved.
type FileLink struct{ Name, URL, Size string }

// Template is its file.
func (IncomingPage) Template() string { return "desk/incoming" }

const mailsShown = 50

// mailPath is the address of the mails of a letter, or of none.
func mailPath(d *Visit) string {
	if d.Letter.ID == 0 {
		return "/desk/mail"
	}
	return "/desk/letters/" + d.Letter.Slug + "/mail"
}

func mailID(id int64) string { return strconv.FormatInt(id, 36) }

func parseMailID(typed string) (int64, error) {
	id, err := strconv.ParseInt(typed, 36, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "page.unknown")
	}
	return id, nil
}

// mailLine puts a mail into words.
func mailLine(r *http.Request, loc *i18n.Locale, d *Visit, i inbox.Incoming) MailLine {
	m := i.Sorted
	v := MailLine{ID: mailID(i.ID), URL: page.Local(r, mailPath(d)+"/"+mailID(i.ID)), From: m.Address, Subject: m.Subject,
		What: loc.T("desk.inbox.what." + string(m.What)), At: loc.DateTime(i.At(), time.UTC), Sure: m.Vouched == inbox.Signed, Excerpt: letter.Excerpt(m.Text, 200)}
	if m.Name != "" {
		v.From = m.Name + " · " + m.Address
	}
	if m.Address == "" && m.Subject == "" {
		v.Subject = loc.T("desk.inbox.damaged", "Size", loc.Number(int((i.Size+1023)/1024)))
	}
	if i.About != "" {
		v.About = loc.T("desk.inbox.about." + i.About)
	}
	if m.Address != "" {
		v.Vouched = loc.T("desk.inbox.vouched." + string(m.Vouched))
	}
	v.Takes = takes(i)
	return v
}

// takes reports whether a mail can be taken as a sign-on.
func takes(i inbox.Incoming) bool {
	return i.Letter != 0 && i.Sorted.What == inbox.Reply && i.Delivery == 0 && i.Office == 0
}

// ShowMail shows the mails that came in.
func (h *Handlers) ShowMail(w http.ResponseWriter, r *http.Request, d *Visit) error {
	listing := roll.Public
	if d.Letter.Protected {
		listing = roll.Counted
	}
	return h.mailPage(w, r, d, url.Values{"listing": {string(listing)}}, nil)
}

func (h *Handlers) mailPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	p := MailPage{Base: h.base(r, d, loc.T("desk.inbox.title")), Form: page.NewForm(r, typed, err),
		Action: page.Local(r, mailPath(d)), Operator: l.ID == 0}
	if !p.Operator {
		p.Open = l.AcceptsConfirmations(h.Now())
		p.Address = h.Mailboxes.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: l.ID})
		for _, listing := range roll.Listings {
			p.Listings = append(p.Listings, page.Option{Value: string(listing), Text: loc.T("listing." + string(listing))})
		}
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 36, 64)
	for state, to := range map[inbox.State]*[]MailLine{inbox.Waits: &p.Waiting, inbox.Noted: &p.Came} {
		list, failed := h.Inbox.List(r.Context(), l.ID, state, before, mailsShown)
		if failed != nil {
			return failed
		}
		for _, i := range list {
			v := mailLine(r, loc, d, i)
			v.Choose = state == inbox.Waits
			v.Chosen = slices.Contains(typed["mail"], v.ID)
			*to = append(*to, v)
			p.Takes = p.Takes || v.Choose && v.Takes && p.Open
		}
	}
	if len(p.Waiting) == mailsShown {
		p.More = p.Action + "?before=" + p.Waiting[mailsShown-1].ID
	}
	return h.Render(w, page.Status(err), p)
}

// mailIDs are the mails that were chosen.
func mailIDs(v url.Values) (ids []int64, err error) {
	for _, typed := range v["mail"] {
		id, err := parseMailID(typed)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, fault.List{fault.New(fault.Invalid, "intake.no_mails").On("mail")}
	}
	return ids, nil
}

// SubmitMail reads a file of mails, takes mails as sign-ons, or says that nothing is to be done about them.
func (h *Handlers) SubmitMail(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, files, err := page.ReadUploads(w, r, inbox.Limit)
	if err != nil && (v == nil || !comesBack(err)) {
		return err
	}
	done, path := "mail_read", mailPath(d)
	if err == nil {
		switch v.Get("do") {
		case "read":
			done, err = h.receiveFile(r, d, files)
		case "take":
			var id int64
			if id, err = h.takeMails(r, d, v); err == nil {
				done, path = "", "/desk/letters/"+d.Letter.Slug+"/intake/"+mailID(id)
			}
		case "settle":
			done = "tended"
			var ids []int64
			if ids, err = mailIDs(v); err == nil {
				err = h.Inbox.SettleAll(r.Context(), d.Letter.ID, ids, d.User.ID)
			}
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err, fault.Conflict, fault.Limited) {
		return h.mailPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, path, done)
}

// receiveFile keeps the mails of a file, as if they had come in, and says what to tell: that there were some, or that all were here already.
func (h *Handlers) receiveFile(r *http.Request, d *Visit, files map[string]page.Upload) (done string, err error) {
	f, there := files["file"]
	if !there || !inbox.IsFile(f.Name) {
		return "", fault.List{fault.New(fault.Invalid, "reply.no_mbox").On("file")}
	}
	mails, err := inbox.Split(f.Data)
	if err != nil {
		return "", page.OnField(err, "file")
	}
	done = "mail_known"
	for _, raw := range mails {
		id, err := h.Inbox.Receive(r.Context(), inbox.Came{Raw: raw, Letter: d.Letter.ID})
		if err != nil {
			return "", page.OnField(err, "file")
		}
		if id != 0 {
			done = "mail_read"
		}
	}
	return done, nil
}

// takeMails makes a list of mails that ask to sign, which then waits like one that was read from a file. Others that were chosen are no
// sign-ons, and stay.
func (h *Handlers) takeMails(r *http.Request, d *Visit, v url.Values) (int64, error) {
	if d.Letter.ID == 0 {
		return 0, fault.New(fault.Invalid, "form.encoding")
	}
	listing, known := roll.Listing(v.Get("listing")), false
	for _, x := range roll.Listings {
		known = known || x == listing
	}
	if !known {
		return 0, fault.List{fault.New(fault.Invalid, "listing").On("listing")}
	}
	chosen, err := mailIDs(v)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for _, id := range chosen {
		i, err := h.Inbox.Find(r.Context(), d.Letter.ID, id)
		if err != nil {
			return 0, err
		}
		if takes(i) {
			ids = append(ids, id)
		}
	}
	id, err := h.Intake.ProposeMails(r.Context(), d.Letter, ids, listing, "", d.User.ID)
	return id, page.OnField(err, "mail")
}

// ShowIncoming shows one mail.
func (h *Handlers) ShowIncoming(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.incomingPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) incoming(r *http.Request, d *Visit) (inbox.Incoming, error) {
	id, err := parseMailID(r.PathValue("id"))
	if err != nil {
		return inbox.Incoming{}, err
	}
	return h.Inbox.Find(r.Context(), d.Letter.ID, id)
}

func (h *Handlers) incomingPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	i, failed := h.incoming(r, d)
	if failed != nil {
		return failed
	}
	m, path := i.Sorted, page.Local(r, mailPath(d))
	p := IncomingPage{Base: h.base(r, d, loc.T("desk.inbox.single")), Form: page.NewForm(r, typed, err), ListURL: path,
		Action: path + "/" + mailID(i.ID), Operator: l.ID == 0, Line: mailLine(r, loc, d, i), State: loc.T("desk.inbox.state." + string(i.State)),
		Waits: i.State == inbox.Waits, Reopens: i.State == inbox.Done || i.State == inbox.Noted, Status: m.Says, Text: page.Tag(m.Text, m.Language), Cut: !i.Whole}
	p.RawURL = p.Action + "/raw"
	if !m.At.IsZero() {
		p.Written = loc.DateTime(m.At, time.UTC)
	}
	if p.Status == "" {
		p.Status = m.Status
	}
	_, wrong := text.ParseAddress(m.Address)
	p.Ends = wrong == nil && (m.What == inbox.Reply || m.What == inbox.Ending)
	if m.Fault != nil && m.Fault.Key != "reply.automatic" {
		p.Fault = loc.T("fault."+m.Fault.Key, m.Fault.Pairs()...)
	}
	for _, f := range m.Files {
		name := f.Name
		if name == "" {
			name = f.Type
		}
		p.Files = append(p.Files, FileLink{Name: name, URL: p.Action + "/" + strconv.Itoa(f.Number), Size: loc.Number((f.Size + 1023) / 1024)})
	}
	if !p.Operator {
		board := page.Local(r, "/desk/letters/"+l.Slug)
		if p.Waits && l.Fixed() {
			p.EnterURL = board + "/answers?mail=" + mailID(i.ID) + "#enter-title"
		}
		p.CameBack = p.Waits && i.Delivery != 0 && (m.What == inbox.Bounce || m.What == inbox.Unsure)
		switch i.State {
		case inbox.Entered:
			p.ResponseURL = board + "/answers/" + delivery.ID(i.Became)
		case inbox.Taken:
			p.ProposalURL = board + "/intake/" + mailID(i.Became)
		}
		if _, p.Answers, failed = h.answersWhat(r, l, i); failed != nil {
			return failed
		}
	}
	if p.Waits || p.Reopens {
		if p.Letters, failed = h.givenTo(r, d); failed != nil {
			return failed
		}
	}
	return h.Render(w, page.Status(err), p)
}

// answersWhat says which delivery a mail answers, or which question to an office, and whose answer it is: 0 where that is not known.
func (h *Handlers) answersWhat(r *http.Request, l letter.Letter, i inbox.Incoming) (of int, words string, err error) {
	if i.Delivery == 0 && i.Office == 0 {
		return 0, "", nil
	}
	st, err := h.Deliveries.Standing(r.Context(), l, delivery.ForEditors)
	if err != nil {
		return 0, "", err
	}
	links, err := h.Deliveries.OfficeLinks(r.Context(), l)
	if err != nil {
		return 0, "", err
	}
	loc, at := page.LocaleOf(r), time.Time{}
	for _, x := range st.Deliveries {
		if x.ID == i.Delivery {
			of, at, words = x.Addressee, x.At, loc.T("delivery.kind."+string(x.Kind))
		}
	}
	for _, k := range links {
		if k.ID == i.Office {
			of, at, words = k.Addressee, k.CreatedAt, loc.T("desk.menu.statements")
		}
	}
	if of == 0 {
		return 0, "", nil
	}
	to, _ := st.Find(of)
	return of, loc.Isolate(to.Called()) + " · " + loc.Date(at) + " · " + words, nil
}

// givenTo returns the letters that somebody may give a mail to: those they edit, and to the operator all.
func (h *Handlers) givenTo(r *http.Request, d *Visit) (list []page.Option, err error) {
	var letters []letter.Letter
	if d.Letter.ID == 0 {
		letters, err = h.Letters.ListAll(r.Context())
	} else {
		var mine []account.Organisation
		for _, m := range d.Members {
			mine = append(mine, m.Organisation)
		}
		letters, err = h.Letters.ListForDesk(r.Context(), mine)
	}
	for _, x := range letters {
		if x.ID == d.Letter.ID || d.Letter.ID != 0 && !d.RoleIn(x.Leads...).May(account.Editor) {
			continue
		}
		t := x.Edition.Text(page.LocaleOf(r).Code)
		name := t.Name()
		if name == "" {
			name = x.Slug
		}
		list = append(list, page.Option{Value: x.Slug, Text: page.LocaleOf(r).Isolate(name)})
	}
	return list, err
}

// SubmitIncoming says that nothing is to be done about a mail, or something after all, that it is a notice that the letter did not arrive, or
// gives it to another letter.
func (h *Handlers) SubmitIncoming(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	i, err := h.incoming(r, d)
	if err != nil {
		return err
	}
	switch v.Get("do") {
	case "settle":
		err = h.Inbox.Settle(r.Context(), d.Letter.ID, i.ID, d.User.ID)
	case "reopen":
		err = h.Inbox.Reopen(r.Context(), d.Letter.ID, i.ID, d.User.ID)
	case "bounced":
		if err = h.Deliveries.MarkBounced(r.Context(), d.Letter.Slug, i.Delivery, d.User.ID); err == nil {
			err = h.Inbox.Settle(r.Context(), d.Letter.ID, i.ID, d.User.ID)
		}
	case "end":
		if err = h.News.EndAddress(r.Context(), i.Sorted.Address); err == nil && i.State == inbox.Waits {
			err = h.Inbox.Settle(r.Context(), d.Letter.ID, i.ID, d.User.ID)
		}
	case "give":
		err = h.give(r, d, i, v.Get("letter"))
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err, fault.Conflict) {
		return h.incomingPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, mailPath(d), "tended")
}

func (h *Handlers) give(r *http.Request, d *Visit, i inbox.Incoming, slug string) error {
	may, err := h.givenTo(r, d)
	if err != nil {
		return err
	}
	for _, x := range may {
		if x.Value == slug {
			to, err := h.Letters.Find(r.Context(), slug)
			if err != nil {
				return err
			}
			return h.Inbox.Give(r.Context(), d.Letter.ID, i.ID, to.ID, d.User.ID)
		}
	}
	return fault.List{fault.New(fault.Invalid, "inbox.letter").On("letter")}
}

// SendIncoming sends a mail as it came, or a file that is attached to it.
func (h *Handlers) SendIncoming(w http.ResponseWriter, r *http.Request, d *Visit) error {
	i, err := h.incoming(r, d)
	if err != nil {
		return err
	}
	return h.Attach(w, r, func() (page.Attachment, error) {
		raw, err := h.Inbox.Raw(r.Context(), d.Letter.ID, i.ID)
		if err != nil {
			return page.Attachment{}, err
		}
		a := page.Attachment{Name: "mail-" + mailID(i.ID) + ".eml", Type: "message/rfc822", Content: raw}
		if part := r.PathValue("part"); part != "raw" {
			number, err := strconv.Atoi(part)
			if err != nil {
				return a, fault.New(fault.NotFound, "page.unknown")
			}
			f, content, err := inbox.ReadAttachment(raw, number)
			if err != nil {
				return a, err
			}
			a.Name, a.Type, a.Content = f.Name, http.DetectContentType(content), content // whatever the sender calls it
		}
		sum := sha256.Sum256(a.Content)
		a.Hash = hex.EncodeToString(sum[:])
		return a, nil
	})
}

// fromMail fills the form for what came back with what a mail says.
func (h *Handlers) fromMail(r *http.Request, d *Visit, typed string) (url.Values, error) {
	id, err := parseMailID(typed)
	if err != nil {
		return nil, err
	}
	i, err := h.Inbox.Find(r.Context(), d.Letter.ID, id)
	if err != nil {
		return nil, err
	}
	v := url.Values{"mail": {typed}, "at": {i.At().Format(time.DateOnly)}, "from": {i.Sorted.Name}}
	if i.Sorted.Name == "" {
		v.Set("from", i.Sorted.Address)
	}
	if i18n.IsLanguage(i.Sorted.Language) {
		v.Set("language", i.Sorted.Language)
	}
	if written := i.Sorted.At; !written.IsZero() && !written.After(i.At().Add(time.Hour)) && written.After(i.At().AddDate(-1, 0, 0)) { // clocks are wrong
		v.Set("written", written.Format(time.DateOnly))
	}
	if i.Sorted.What == inbox.Automatic {
		v.Set("kind", string(delivery.OutOfOffice))
	}
	of, _, err := h.answersWhat(r, d.Letter, i)
	if of != 0 {
		v.Set("addressee", strconv.Itoa(of))
	}
	return v, err
}

package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// InvitationsPage is whom a letter has invited, and where more are.
type InvitationsPage struct {
	page.Base
	Form                            page.Form
	Action, SettingsURL, GeneralURL string
	Open, Draft, CanMail, HasCall   bool
	HasDeadline                     bool
	Total                           int
	States                          []TabView
	Invitations                     []InvitationView
	NextURL                         string
	Reminders                       []ReminderView
	Mandate                         bool // what organisations sign counts at the word of leads
	ToVouch                         int  // invitations of other leads that wait for the reader's word

	Read            bool // a list was read and waits to be sent
	Asked           bool // a second member is asked to allow as many
	Ready, Repeated int
	Misread         []MisreadView
	Ignored         []string // columns
	Sample          []InviteeView
	More            int // beside the sample
	Mails           []InvitingMail
	Spoken          []page.Option
}

// Template is its file.
func (InvitationsPage) Template() string { return "desk/invitations" }

// TabView is one of several views of a list, with how many it holds.
type TabView struct {
	URL, Text, Count string
	Current          bool
}

// InvitationView is an invitation as its letter's editors see it.
type InvitationView struct {
	ID, Name, Organisation, Email, Language string
	State, Reason, At                       string
	Bounced                                 bool
}

// ReminderView is a moment at which those who have not answered are reminded.
type ReminderView struct {
	At   string
	Done bool
}

// MisreadView is a line of a list that names nobody who could be invited.
type MisreadView struct{ Line, Text, Why string }

// InviteeView is an invitee as they were understood.
type InviteeView struct{ Email, Name, Organisation, Language, Words string }

// InvitingMail is the mail to an invitee before it is sent.
type InvitingMail struct {
	To, Subject string
	Lines       []string
	Lang, Dir   string
}

// invitationsShown is how many invitations a page shows.
const invitationsShown = 50

// ShowInvitations shows whom a letter has invited.
func (h *Handlers) ShowInvitations(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.invitationsPage(w, r, d, url.Values{}, nil, nil)
}

// invitationsPage shows whom a letter has invited; list is what was understood of one that is about to be.
func (h *Handlers) invitationsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, list *invitation.InviteeList, err error) error {
	loc, l, ctx := page.LocaleOf(r), d.Letter, r.Context()
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := InvitationsPage{Base: h.base(r, d, loc.T("desk.invitations.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/invitations", Open: l.AcceptsSignatures(h.Now()), Draft: l.State == letter.Draft, CanMail: h.CanMail, SettingsURL: path + "/settings",
		GeneralURL: h.BaseURL + "/letters/" + l.Slug}
	if l.Call != nil {
		p.GeneralURL, p.HasCall = p.GeneralURL+"/call", true
	}
	for _, x := range i18n.All() {
		p.Spoken = append(p.Spoken, page.Option{Value: x.Code, Text: x.Name})
	}
	state := invitation.State(r.URL.Query().Get("state"))
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 36, 64)
	counts, failed := h.Invitations.Count(ctx, l.ID)
	if failed != nil {
		return failed
	}
	for _, x := range invitation.States {
		p.Total += counts[x]
		p.States = append(p.States, TabView{URL: p.Action + "?state=" + string(x), Text: loc.T("desk.invitations.state." + string(x)),
			Count: loc.Number(counts[x]), Current: x == state})
	}
	p.States = append([]TabView{{URL: p.Action, Text: loc.T("desk.invitations.all"), Count: loc.Number(p.Total), Current: state == ""}}, p.States...)
	shown, failed := h.Invitations.List(ctx, l.ID, state, after, invitationsShown)
	if failed != nil {
		return failed
	}
	for _, v := range shown {
		p.Invitations = append(p.Invitations, InvitationView{ID: strconv.FormatInt(v.ID, 36), Name: v.Name, Organisation: v.Organisation, Email: v.Email,
			Language: languageName(v.Language), State: string(v.State), Reason: v.Reason, Bounced: v.Bounced, At: loc.Date(v.At)})
	}
	if len(shown) == invitationsShown {
		p.NextURL = p.Action + "?state=" + string(state) + "&after=" + strconv.FormatInt(shown[len(shown)-1].ID, 36)
	}
	p.Mandate = l.Mandate
	if p.ToVouch, failed = h.Invitations.ToVouch(ctx, l.ID, d.User.ID); failed != nil {
		return failed
	}
	reminders, failed := h.Invitations.Reminders(ctx, l)
	if failed != nil {
		return failed
	}
	var days []string
	for _, x := range reminders {
		days = append(days, loc.Digits(strconv.Itoa(x.Days)))
		p.Reminders = append(p.Reminders, ReminderView{At: loc.DateTime(x.At, l.Deadline.Zone), Done: x.Done})
	}
	p.HasDeadline = l.Deadline.IsSet()
	if !typed.Has("days") {
		p.Form.Values.Set("days", strings.Join(days, ", "))
	}
	if list != nil {
		p.Read = true
		p.Ready, p.Asked = readyOf(*list), typed.Has("asked")
		p.Repeated = len(list.Invitees) - p.Ready
		for _, x := range list.Misread {
			p.Misread = append(p.Misread, MisreadView{Line: loc.Digits(strconv.Itoa(x.Line)), Text: x.Text, Why: page.Say(loc, x.Fault)})
		}
		p.Ignored = list.Ignored
		for _, v := range list.Invitees[:min(len(list.Invitees), inviteesShown)] {
			p.Sample = append(p.Sample, InviteeView{Email: v.Email, Name: v.Name, Organisation: v.Organisation, Language: languageName(v.Language), Words: v.Words})
		}
		p.More = len(list.Invitees) - len(p.Sample)
		if p.Mails, failed = h.mailsTo(ctx, d, *list); failed != nil {
			return failed
		}
	}
	return h.Render(w, page.Status(err), p)
}

// mailsTo returns the mail to the first of a list, and the first in each other language in which one goes.
func (h *Handlers) mailsTo(ctx context.Context, d *Visit, list invitation.InviteeList) (mails []InvitingMail, err error) {
	asked := map[string]bool{} // languages of invitees
	for _, v := range list.Invitees {
		if asked[v.Language] {
			continue
		}
		asked[v.Language] = true
		m, err := h.Mailer.PreviewInvitation(ctx, d.Letter.ID, v, d.User.ID)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(mails, func(x InvitingMail) bool { return x.Lang == m.Language }) {
			mails = append(mails, InvitingMail{To: m.To, Subject: m.Subject, Lines: strings.Split(strings.TrimSpace(m.Text), "\n"),
				Lang: m.Language, Dir: i18n.Direction(m.Language)})
		}
	}
	return mails, nil
}

// inviteesShown is how many of a list are shown as they were understood, before they are invited.
const inviteesShown = 25

func languageName(code string) string {
	if code == "" {
		return ""
	}
	return i18n.LanguageName(code)
}

// SubmitInvitations reads a list, invites those on it, or changes what was set.
func (h *Handlers) SubmitInvitations(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, name, data, err := page.ReadUpload(w, r)
	if err != nil {
		if comesBack(err) && v != nil {
			return h.invitationsPage(w, r, d, v, nil, err)
		}
		return err
	}
	done := ""
	switch v.Get("do") {
	case "read", "send":
		if len(data) > 0 {
			text, err := roster.Lines(name, data)
			if err != nil {
				return h.invitationsPage(w, r, d, v, nil, page.OnField(err, "file"))
			}
			v.Set("invitees", strings.TrimSpace(v.Get("invitees")+"\n"+text))
		}
		list, err := invitation.ParseInvitees(v.Get("invitees"))
		if err == nil && len(list.Invitees)+len(list.Misread) == 0 {
			err = fault.New(fault.Invalid, "invitee.none").On("invitees")
		}
		if err == nil {
			err = list.ForAll(v.Get("language"), v.Get("words"))
		}
		if err != nil {
			return h.invitationsPage(w, r, d, v, nil, page.OnField(err, "invitees"))
		}
		if v.Get("do") == "read" || len(list.Invitees) == 0 {
			return h.invitationsPage(w, r, d, v, &list, nil)
		}
		if done, err = h.invite(r, d, list); comesBack(err) {
			return h.invitationsPage(w, r, d, v, &list, err)
		} else if err != nil {
			return err
		}
		if done == "asked" { // the list stays with who has it
			v.Set("asked", "1")
			return h.invitationsPage(w, r, d, v, &list, nil)
		}
	case "withdraw":
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		done, err = "uninvited", h.Invitations.Withdraw(r.Context(), d.Letter.ID, id, d.User.ID)
	case "vouch":
		seen, _ := strconv.Atoi(v.Get("seen"))
		done, err = "vouched_invited", h.Invitations.Vouch(r.Context(), d.Letter.ID, seen, d.User.ID)
	case "remind":
		done, err = "saved", h.Invitations.SetReminders(r.Context(), d.Letter.ID, daysOf(v.Get("days")), d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		return h.invitationsPage(w, r, d, v, nil, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/invitations", done)
}

// invite invites those on a list, or asks a second member to allow as many.
func (h *Handlers) invite(r *http.Request, d *Visit, list invitation.InviteeList) (done string, err error) {
	asked := invitation.Inviting{Count: readyOf(list), By: d.User.ID}
	if done, err = h.carry(r, d, asked, "invited"); err != nil || done != "invited" {
		return done, err
	}
	if _, err = h.Invitations.Invite(r.Context(), d.Letter.ID, list.Invitees, d.User.ID); err != nil {
		return done, errors.Join(err, h.Accounts.Approvals.GiveBack(r.Context(), d.Letter.ID, asked))
	}
	return done, nil
}

// readyOf is how many of a list are not there twice.
func readyOf(list invitation.InviteeList) (n int) {
	for _, v := range list.Invitees {
		if v.Repeats == 0 {
			n++
		}
	}
	return n
}

// daysOf reads numbers with commas or blanks between them; SetReminders refuses the 0 that stands for what is none.
func daysOf(typed string) (days []int) {
	fields := strings.FieldsFunc(text.LatinDigits(typed), func(c rune) bool { return c == ',' || c == '،' || c == ';' || c == ' ' })
	for _, field := range fields {
		n, _ := strconv.Atoi(field)
		days = append(days, n)
	}
	return days
}

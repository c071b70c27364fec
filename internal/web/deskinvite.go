package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/signing/roster"
	"github.com/undersigned/undersigned/internal/text"
)

// invitationsShown is how many invitations a page shows.
const invitationsShown = 50

func (s *Server) showInvitations(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.invitationsPage(w, r, d, url.Values{}, nil, nil)
}

// invitationsPage shows whom a letter has invited; list is what was understood of one that is about to be.
func (s *Server) invitationsPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, list *signing.InviteeList, err error) error {
	loc, l, ctx := visitOf(r).locale, d.Letter, r.Context()
	t := l.Edition.Text(loc.Code)
	path := s.local(r, "/desk/letters/"+l.Slug)
	p := InvitationsPage{Base: s.deskBase(r, d, loc.T("desk.invitations.title")), Form: s.deskForm(r, typed, err), LetterTitle: tagged(t.Name(), t.Language), BoardURL: path,
		Action: path + "/invitations", Open: l.AcceptsSignatures(s.o.Now()), Draft: l.State == letter.Draft, CanMail: s.o.CanMail, SettingsURL: path + "/settings",
		GeneralURL: s.o.BaseURL + "/letters/" + l.Slug}
	if l.Call != nil {
		p.GeneralURL, p.HasCall = p.GeneralURL+"/call", true
	}
	state := signing.InvitationState(r.URL.Query().Get("state"))
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 36, 64)
	counts, failed := s.signing.CountInvitations(ctx, l.ID)
	if failed != nil {
		return failed
	}
	for _, x := range signing.InvitationStates {
		p.Total += counts[x]
		p.States = append(p.States, TabView{URL: p.Action + "?state=" + string(x), Text: loc.T("desk.invitations.state." + string(x)), Count: loc.Number(counts[x]), Current: x == state})
	}
	p.States = append([]TabView{{URL: p.Action, Text: loc.T("desk.invitations.all"), Count: loc.Number(p.Total), Current: state == ""}}, p.States...)
	shown, failed := s.signing.Invitations(ctx, l.ID, state, after, invitationsShown)
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
	reminders, failed := s.signing.Reminders(ctx, l)
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
		for _, v := range list.Invitees {
			if v.Repeats == 0 {
				p.Ready++
			} else {
				p.Repeated++
			}
		}
		for _, x := range list.Misread {
			p.Misread = append(p.Misread, MisreadView{Line: loc.Digits(strconv.Itoa(x.Line)), Text: x.Text, Why: say(loc, x.Fault)})
		}
		p.Ignored = list.Ignored
		p.Sample = list.Invitees[:min(len(list.Invitees), inviteesShown)]
		p.More = len(list.Invitees) - len(p.Sample)
	}
	return render(w, statusOfForm(err), p)
}

// inviteesShown is how many of a list are shown as they were understood, before they are invited.
const inviteesShown = 25

func languageName(code string) string {
	if code == "" {
		return ""
	}
	return i18n.LanguageName(code)
}

func (s *Server) submitInvitations(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, name, data, err := readUpload(w, r)
	if err != nil {
		if faulty(err) && v != nil {
			return s.invitationsPage(w, r, d, v, nil, err)
		}
		return err
	}
	done := ""
	switch v.Get("do") {
	case "read", "send":
		if len(data) > 0 {
			text, err := roster.Lines(name, data)
			if err != nil {
				return s.invitationsPage(w, r, d, v, nil, onField(err, "file"))
			}
			v.Set("invitees", strings.TrimSpace(v.Get("invitees")+"\n"+text))
		}
		list, err := signing.ParseInvitees(v.Get("invitees"))
		if err == nil && len(list.Invitees)+len(list.Misread) == 0 {
			err = fault.New(fault.Invalid, "invitee.none").On("invitees")
		}
		if err != nil {
			return s.invitationsPage(w, r, d, v, nil, onField(err, "invitees"))
		}
		if v.Get("do") == "read" || len(list.Invitees) == 0 {
			return s.invitationsPage(w, r, d, v, &list, nil)
		}
		if _, err = s.signing.Invite(r.Context(), d.Letter.ID, list.Invitees, d.User.ID); faulty(err) {
			return s.invitationsPage(w, r, d, v, &list, err)
		} else if err != nil {
			return err
		}
		done = "invited"
	case "withdraw":
		id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
		done, err = "uninvited", s.signing.WithdrawInvitation(r.Context(), d.Letter.ID, id, d.User.ID)
	case "remind":
		done, err = "saved", s.signing.SetReminders(r.Context(), d.Letter.ID, daysOf(v.Get("days")), d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		return s.invitationsPage(w, r, d, v, nil, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/invitations", done)
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

package web

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// trailShown is how many lines of the audit trail a page has.
const trailShown = 50

func (s *Server) showDeskOrganisation(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.deskOrganisationPage(w, r, d, entryValues(d.Organisation), nil, "")
}

// entryValues is an entry as its form holds it.
func entryValues(o account.Organisation) url.Values {
	v := url.Values{"country": {o.Country}, "address": {strings.Join(o.Address, "\n")}, "contact": {o.Email}, "phone": {o.Phone}, "links": {strings.Join(o.Links, "\n")}, "domain": {o.Domain}}
	for _, l := range i18n.All() {
		v.Set("name-"+l.Code, o.Names[l.Code])
		v.Set("about-"+l.Code, o.About[l.Code])
	}
	return v
}

func (s *Server) deskOrganisationPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error, link string) error {
	l, o := visitOf(r).locale, d.Organisation
	name := o.Name(l.Code, i18n.Default)
	p := DeskOrganisationPage{Base: s.deskBase(r, d, name), Form: s.deskForm(r, typed, err), Name: tagged(name, ""), PublicURL: s.local(r, "/organisations/"+o.Slug),
		Action: s.local(r, "/desk/organisations/"+o.Slug), Owner: d.Role.May(account.Owner), JoinURL: link, CanMail: s.o.CanMail}
	for _, x := range i18n.All() {
		p.NameIn = append(p.NameIn, Tagged{Text: x.Name, Lang: x.Code, Dir: x.Dir})
	}
	for _, c := range i18n.Countries(l) {
		p.Countries = append(p.Countries, Option{c.Code, c.Name})
	}
	for _, role := range account.Roles {
		p.Roles = append(p.Roles, Option{string(role), l.T("desk.role." + string(role))})
	}
	members, failed := s.accounts.Members(r.Context(), o.ID)
	if failed != nil {
		return failed
	}
	for _, m := range members {
		p.Members = append(p.Members, MemberView{ID: strconv.FormatInt(m.User.ID, 36), Name: m.User.Name, Email: m.User.Email, Role: string(m.Role), Self: m.User.ID == d.User.ID})
	}
	p.Domain = o.Domain
	if domain := typed.Get("domain"); p.Owner && domain != "" && domain != o.Domain {
		record, failed := s.accounts.DomainRecord(o, domain)
		if p.Record = record; failed != nil && err == nil {
			p.Form = s.deskForm(r, typed, failed)
		}
	}
	if p.Owner {
		waiting, failed := s.accounts.Enrolments(r.Context(), o.ID)
		if failed != nil {
			return failed
		}
		for _, e := range waiting {
			p.Waiting = append(p.Waiting, MemberView{ID: strconv.FormatInt(e.ID, 36), Name: e.Name, Email: e.Email, Role: string(e.Role), Until: l.DateTime(e.Expires, time.UTC)})
		}
		trail, failed := s.accounts.Trail(r.Context(), o.ID, 0, 0, trailShown)
		if failed != nil {
			return failed
		}
		p.Trail = trailOf(l, trail)
	}
	return render(w, statusOfForm(err), p)
}

// trailOf says the lines of an audit trail in the page's language.
func trailOf(l *i18n.Locale, trail []account.Entry) (lines []TrailView) {
	for _, e := range trail {
		v := TrailView{At: l.DateTime(e.At, time.UTC), By: e.By, What: l.T("desk.act." + strings.ReplaceAll(e.Act, ".", "_")), Object: e.Object}
		if account.Role(e.Object).May(account.Viewer) {
			v.Object = l.T("desk.role." + e.Object)
		}
		if strings.HasPrefix(e.Act, "approval.") {
			v.Object = l.T("desk.approval." + e.Object)
		}
		if audience, format, _ := strings.Cut(e.Object, " "); strings.HasPrefix(e.Act, "export.") {
			v.Object = strings.TrimSpace(l.T("desk.export.for_"+audience) + " " + strings.ToUpper(format))
		}
		lines = append(lines, v)
	}
	return lines
}

func (s *Server) submitDeskOrganisation(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	ctx, o := r.Context(), d.Organisation
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	done := ""
	switch v.Get("do") {
	case "entry":
		done, o = "saved", entryOf(o, v)
		if err = onField(s.accounts.Distinct(ctx, o), "name-"+visitOf(r).locale.Code); err == nil {
			err = s.letters.Directory.Put(ctx, o)
		}
	case "record":
		return s.deskOrganisationPage(w, r, d, withDomain(entryValues(o), v), nil, "")
	case "domain":
		if done, err = "saved", s.accounts.ProveDomain(ctx, o, v.Get("domain"), d.User.ID); faulty(err) {
			return s.deskOrganisationPage(w, r, d, withDomain(entryValues(o), v), err, "")
		}
	case "invite":
		secret, failed := s.accounts.NewJoin(ctx, o.Slug, account.Role(v.Get("role")), v.Get("member"), v.Get("email"), d.User.ID)
		if err = failed; err == nil { // shown once, to be handed over by a channel that the owner trusts
			kept := entryValues(o)
			return s.deskOrganisationPage(w, r, d, kept, nil, s.o.BaseURL+s.local(r, "/desk/join/"+secret))
		}
	case "uninvite":
		done, err = "uninvited", s.accounts.EndEnrolment(ctx, o.ID, id, d.User.ID)
	case "role":
		done, err = "role", s.accounts.SetRole(ctx, o.ID, id, account.Role(v.Get("role")), d.User.ID)
	case "remove":
		done, err = "removed", s.accounts.SetRole(ctx, o.ID, id, account.Nobody, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if faulty(err) {
		if v.Get("do") != "entry" {
			maps.Copy(v, entryValues(o))
		}
		return s.deskOrganisationPage(w, r, d, v, err, "")
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/organisations/"+o.Slug, done)
}

func withDomain(entry, typed url.Values) url.Values {
	entry.Set("domain", typed.Get("domain"))
	return entry
}

// entryOf is the entry as typed; what the form does not show stays.
func entryOf(o account.Organisation, v url.Values) account.Organisation {
	o.Names, o.About = map[string]string{}, map[string]string{}
	for _, l := range i18n.All() {
		if name := strings.TrimSpace(v.Get("name-" + l.Code)); name != "" {
			o.Names[l.Code] = name
		}
		if about := strings.TrimSpace(v.Get("about-" + l.Code)); about != "" {
			o.About[l.Code] = about
		}
	}
	o.Country, o.Email, o.Phone = v.Get("country"), strings.TrimSpace(v.Get("contact")), strings.TrimSpace(v.Get("phone"))
	o.Address, o.Links = lines(v.Get("address")), lines(v.Get("links"))
	return o
}

// lines returns the lines of a text that have something in them.
func lines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (s *Server) showFound(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	return s.foundPage(w, r, d, url.Values{}, nil)
}

func (s *Server) foundPage(w http.ResponseWriter, r *http.Request, d *deskVisit, typed url.Values, err error) error {
	return render(w, statusOfForm(err), FoundPage{Base: s.deskBase(r, d, visitOf(r).locale.T("desk.found.title")), Form: s.deskForm(r, typed, err)})
}

func (s *Server) submitFound(w http.ResponseWriter, r *http.Request, d *deskVisit) error {
	v, err := readForm(w, r)
	if err != nil {
		return err
	}
	name := strings.Join(strings.Fields(v.Get("name")), " ")
	o := account.Organisation{Slug: i18n.Slug(name, "organisation"), Names: map[string]string{visitOf(r).locale.Code: name}}
	err = s.accounts.Found(r.Context(), d.Session, o)
	if faulty(err) {
		return s.foundPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return s.seeOther(w, r, "/desk/organisations/"+o.Slug, "founded")
}

package desk

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
	"github.com/undersigned/undersigned/internal/web/page"
)

// OrganisationPage is an organisation as its members see it.
type OrganisationPage struct {
	page.Base
	Form      page.Form
	Name      page.Tagged
	PublicURL string
	Action    string
	Owner     bool // may change what is here
	NameIn    []page.Tagged
	Countries []page.Option
	Roles     []page.Option
	Members   []MemberView
	Waiting   []MemberView // asked to join
	JoinURL   string       // a link just made; shown once
	CanMail   bool
	Domain    string               // that was proved
	Record    account.DomainRecord // of one that is to be
	Trail     []TrailView
}

// Template is its file.
func (OrganisationPage) Template() string { return "desk/organisation" }

// MemberView is a member, or somebody who was asked to become one.
type MemberView struct {
	ID, Name, Email, Role, Until string
	Self                         bool
}

// ShowOrganisation shows an organisation to its members.
func (h *Handlers) ShowOrganisation(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.organisationPage(w, r, d, entryValues(d.Organisation), nil, "")
}

// entryValues is an entry as its form holds it.
func entryValues(o account.Organisation) url.Values {
	v := url.Values{"role": {string(account.Editor)}, "country": {o.Country}, "address": {strings.Join(o.Address, "\n")}, "contact": {o.Email}, "phone": {o.Phone},
		"links": {strings.Join(o.Links, "\n")}, "domain": {o.Domain}}
	for _, l := range i18n.All() {
		v.Set("name-"+l.Code, o.Names[l.Code])
		v.Set("about-"+l.Code, o.About[l.Code])
	}
	return v
}

func (h *Handlers) organisationPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error, link string) error {
	l, o := page.LocaleOf(r), d.Organisation
	name := o.Name(l.Code, i18n.Default)
	p := OrganisationPage{Base: h.base(r, d, name), Form: page.NewForm(r, typed, err), Name: page.Tag(name, ""),
		PublicURL: page.Local(r, "/organisations/"+o.Slug),
		Action:    page.Local(r, "/desk/organisations/"+o.Slug), Owner: d.Role.May(account.Owner), JoinURL: link, CanMail: h.CanMail}
	for _, x := range i18n.All() {
		p.NameIn = append(p.NameIn, page.Tagged{Text: x.Name, Lang: x.Code, Dir: x.Dir})
	}
	for _, c := range i18n.Countries(l) {
		p.Countries = append(p.Countries, page.Option{Value: c.Code, Text: c.Name})
	}
	for _, role := range account.Roles {
		p.Roles = append(p.Roles, page.Option{Value: string(role), Text: l.T("desk.role." + string(role))})
	}
	members, failed := h.Accounts.Organisations.Members(r.Context(), o.ID)
	if failed != nil {
		return failed
	}
	for _, m := range members {
		p.Members = append(p.Members, MemberView{ID: strconv.FormatInt(m.User.ID, 36), Name: m.User.Name, Email: m.User.Email, Role: string(m.Role),
			Self: m.User.ID == d.User.ID})
	}
	p.Domain = o.Domain
	if domain := typed.Get("domain"); p.Owner && domain != "" && domain != o.Domain {
		record, failed := h.Accounts.Organisations.DomainRecord(o, domain)
		if p.Record = record; failed != nil && err == nil {
			p.Form = page.NewForm(r, typed, failed)
		}
	}
	if p.Owner {
		waiting, failed := h.Accounts.Enrolments.List(r.Context(), o.ID)
		if failed != nil {
			return failed
		}
		for _, e := range waiting {
			p.Waiting = append(p.Waiting, MemberView{ID: strconv.FormatInt(e.ID, 36), Name: e.Name, Email: e.Email, Role: string(e.Role),
				Until: l.DateTime(e.Expires, time.UTC)})
		}
		trail, failed := h.Accounts.Trail(r.Context(), o.ID, 0, 0, trailShown)
		if failed != nil {
			return failed
		}
		p.Trail = trailOf(l, trail)
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitOrganisation changes its entry or its members.
func (h *Handlers) SubmitOrganisation(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, o := r.Context(), d.Organisation
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	done := ""
	switch v.Get("do") {
	case "entry":
		done, o = "saved", entryOf(o, v)
		if err = page.OnField(h.Accounts.Organisations.Distinct(ctx, o), "name-"+page.LocaleOf(r).Code); err == nil {
			err = h.Letters.Directory.Put(ctx, o)
		}
	case "record":
		return h.organisationPage(w, r, d, withDomain(entryValues(o), v), nil, "")
	case "domain":
		if done, err = "saved", h.Accounts.Organisations.ProveDomain(ctx, o, v.Get("domain"), d.User.ID); comesBack(err) {
			return h.organisationPage(w, r, d, withDomain(entryValues(o), v), err, "")
		}
	case "invite":
		secret, failed := h.Accounts.Enrolments.NewJoin(ctx, o.Slug, account.Role(v.Get("role")), v.Get("member"), v.Get("email"), d.User.ID)
		if err = failed; err == nil { // shown once, to be handed over by a channel that the owner trusts
			kept := entryValues(o)
			return h.organisationPage(w, r, d, kept, nil, h.BaseURL+page.Local(r, "/desk/join/"+secret))
		}
	case "uninvite":
		done, err = "uninvited", h.Accounts.Enrolments.End(ctx, o.ID, id, d.User.ID)
	case "role":
		done, err = "role", h.Accounts.Organisations.SetRole(ctx, o.ID, id, account.Role(v.Get("role")), d.User.ID)
	case "remove":
		done, err = "removed", h.Accounts.Organisations.SetRole(ctx, o.ID, id, account.Nobody, d.User.ID)
	default:
		err = fault.New(fault.Invalid, "form.encoding")
	}
	if comesBack(err) {
		if v.Get("do") != "entry" {
			maps.Copy(v, entryValues(o))
		}
		return h.organisationPage(w, r, d, v, err, "")
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/organisations/"+o.Slug, done)
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

// FoundPage makes an organisation.
type FoundPage struct {
	page.Base
	Form page.Form
}

// Template is its file.
func (FoundPage) Template() string { return "desk/found" }

// ShowFound asks for the name of a new organisation.
func (h *Handlers) ShowFound(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.foundPage(w, r, d, url.Values{}, nil)
}

func (h *Handlers) foundPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	return h.Render(w, page.Status(err), FoundPage{Base: h.base(r, d, page.LocaleOf(r).T("desk.found.title")), Form: page.NewForm(r, typed, err)})
}

// SubmitFound makes an organisation.
func (h *Handlers) SubmitFound(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	name := strings.Join(strings.Fields(v.Get("name")), " ")
	o := account.Organisation{Slug: i18n.Slug(name, "organisation"), Names: map[string]string{page.LocaleOf(r).Code: name}}
	err = h.Accounts.Organisations.Found(r.Context(), d.Session, o)
	if comesBack(err) {
		return h.foundPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/organisations/"+o.Slug, "founded")
}

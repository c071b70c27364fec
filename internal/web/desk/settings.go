package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
	"github.com/undersigned/undersigned/internal/web/page"
)

// SettingsPage holds a letter's settings.
type SettingsPage struct {
	page.Base
	signOnForm
	Form          page.Form
	Action        string
	Draft         bool
	Organisations []page.Choice
	LeadWaits     []page.Option
	EmbedURL      string // of the page for other sites' frames, "" for a draft
	Snippet       string // to copy there
}

// Template is its file.
func (SettingsPage) Template() string { return "desk/settings" }

// Contacts are who may want to ask somebody about a letter.
func (SettingsPage) Contacts() []string { return []string{"press", "office"} }

// ShowSettings shows a letter's settings.
func (h *Handlers) ShowSettings(w http.ResponseWriter, r *http.Request, d *Visit) error {
	l := d.Letter
	v := url.Values{"sign_on": {string(l.SignOn)}, "zone": {"UTC"}}
	if l.Protected {
		v.Set("protected", "1")
	}
	if l.Mandate {
		v.Set("mandate", "1")
	}
	if l.Informed {
		v.Set("informed", "1")
	}
	if l.Deadline.IsSet() {
		at := l.Deadline.At.In(l.Deadline.Zone)
		v.Set("day", at.Format(time.DateOnly))
		v.Set("hour", at.Format("15:04"))
		v.Set("zone", l.Deadline.Zone.String())
	}
	v.Set("publish_zone", v.Get("zone"))
	if at := l.PublishAt; !at.IsZero() {
		v.Set("publish_day", at.Format(time.DateOnly))
		v.Set("publish_hour", at.Format("15:04"))
		v.Set("publish_zone", at.Location().String())
	}
	if l.Continues != 0 {
		earlier, err := h.Letters.ByID(r.Context(), l.Continues)
		if err != nil {
			return err
		}
		v.Set("continues", earlier.Slug)
	}
	v.Set("lead_wait", strconv.Itoa(l.LeadWait))
	for who, c := range map[string]letter.Contact{"press": l.Contacts.Press, "office": l.Contacts.Office} {
		v.Set(who+"_name", c.Name)
		v.Set(who+"_email", c.Email)
		v.Set(who+"_phone", c.Phone)
	}
	for _, o := range l.Leads {
		v.Add("lead", o.Slug)
	}
	v.Set("embeds", strings.Join(l.Embeds, "\n"))
	if c := l.Call; c != nil {
		for name, text := range map[string]string{"from": c.From, "call_title": c.Title, "call_salutation": c.Salutation, "call_body": c.Body,
			"contact": c.Contact, "contact_email": c.Email} {
			v.Set(name, text)
		}
	}
	return h.settingsPage(w, r, d, v, nil)
}

func (h *Handlers) settingsPage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	t := l.Edition.Text(loc.Code)
	p := SettingsPage{Base: h.base(r, d, loc.T("desk.settings.title")), Form: page.NewForm(r, typed, err),
		Action: page.Local(r, "/desk/letters/"+l.Slug+"/settings"), Draft: l.State == letter.Draft}
	if l.State != letter.Draft {
		p.EmbedURL = page.Local(r, "/letters/"+l.Slug+"/embed?lang="+loc.Code)
		p.Snippet = page.Snippet(h.BaseURL, l.Slug, loc.Code, t.Name())
	}
	for _, hours := range letter.LeadWaits {
		o := page.Option{Value: strconv.Itoa(hours), Text: loc.T("agreement.wait_none")}
		if hours > 0 {
			o.Text = loc.N("agreement.wait", hours/24)
		}
		p.LeadWaits = append(p.LeadWaits, o)
	}
	organisations, failed := h.Letters.Directory.List(r.Context())
	if failed != nil {
		return failed
	}
	for _, o := range organisations {
		if !mayLead(d, o.Slug) {
			continue
		}
		p.Organisations = append(p.Organisations, page.Choice{Value: o.Slug, Text: page.Tag(o.Name(loc.Code, i18n.Default), ""),
			Chosen: slices.Contains(typed["lead"], o.Slug)})
	}
	return h.Render(w, page.Status(err), p)
}

// SubmitSettings changes them.
func (h *Handlers) SubmitSettings(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadLong(w, r)
	if err != nil {
		return err
	}
	set, err := h.settingsOf(d, v)
	if err == nil {
		_, err = h.Letters.SetSettings(r.Context(), d.Letter.Slug, set, d.User.ID)
	}
	if comesBack(err) {
		return h.settingsPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug, "saved")
}

// maxContact bounds what is said of whom one can ask, in characters a line.
const maxContact = 200

// settingsOf reads the settings form.
func (h *Handlers) settingsOf(d *Visit, v url.Values) (set letter.Settings, err error) {
	var faults fault.List
	set = letter.Settings{Protected: new(v.Get("protected") == "1"), Mandate: new(v.Get("mandate") == "1"),
		Informed: new(v.Get("informed") == "1")}
	if signOn := letter.SignOn(v.Get("sign_on")); d.Letter.State == letter.Draft {
		if !slices.Contains(signOns, signOn) {
			faults = append(faults, fault.New(fault.Invalid, "sign_on").On("sign_on"))
		}
		set.SignOn = &signOn
	}
	deadline, f := deadlineOf(v)
	if f != nil {
		faults = append(faults, f)
	} else if !deadline.At.Equal(d.Letter.Deadline.At) {
		set.Deadline = &deadline
	}
	if d.Letter.State == letter.Draft {
		at, f := publishAt(v)
		if f != nil {
			faults = append(faults, f)
		}
		if !at.Equal(d.Letter.PublishAt.Truncate(time.Minute)) { // the form shows no seconds
			set.PublishAt = &at
		}
	}
	if v.Has("lead_wait") {
		hours, failed := strconv.Atoi(v.Get("lead_wait"))
		if failed != nil {
			hours = -1
		}
		set.LeadWait = &hours
	}
	contact := func(who string) letter.Contact {
		short := func(field string) string {
			line := text.Written.Line(v.Get(who + field))
			if len([]rune(line)) > maxContact {
				faults = append(faults, fault.New(fault.TooLarge, "contact.long", "Count", maxContact).On(who+field))
			}
			return line
		}
		c := letter.Contact{Name: short("_name"), Email: short("_email"), Phone: short("_phone")}
		if c.Email != "" {
			if _, f := account.ParseEmail(c.Email); f != nil {
				faults = append(faults, f.On(who+"_email"))
			}
		}
		return c
	}
	set.Contacts = &letter.Contacts{Press: contact("press"), Office: contact("office")}
	set.Continues = new(slugIn(v.Get("continues")))
	embeds, err := letter.Origins(v.Get("embeds"))
	faults = append(faults, fault.All(err)...)
	if set.Embeds = embeds; embeds == nil {
		set.Embeds = []string{}
	}
	if set.Leads = v["lead"]; set.Leads == nil {
		set.Leads = []string{}
	}
	call := letter.Call{Language: d.Letter.Edition.Language, From: line1(v.Get("from")), Title: line1(v.Get("call_title")),
		Salutation: line1(v.Get("call_salutation")), Body: letter.CleanMarkdown(v.Get("call_body")),
		Contact: line1(v.Get("contact")), Email: line1(v.Get("contact_email"))}
	if call.Body != "" {
		set.Call = &call
	}
	if len(faults) > 0 {
		return set, faults
	}
	return set, nil
}

// publishAt reads when a draft is published by itself, no day is never.
func publishAt(v url.Values) (time.Time, *fault.Error) {
	typed := strings.TrimSpace(text.LatinDigits(v.Get("publish_day")))
	if typed == "" {
		return time.Time{}, nil
	}
	zone, err := time.LoadLocation(strings.TrimSpace(v.Get("publish_zone")))
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "zone").On("publish_zone")
	}
	hour := strings.TrimSpace(text.LatinDigits(v.Get("publish_hour")))
	if hour == "" {
		hour = "00:00"
	}
	at, err := time.ParseInLocation(time.DateOnly+" 15:04", typed+" "+hour, zone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "letter.publish_at").On("publish_day")
	}
	return at, nil
}

// slugIn is the slug of a letter in what was typed: the slug itself, or the address of its page.
func slugIn(typed string) string {
	typed = line1(typed)
	if u, err := url.Parse(typed); err == nil {
		if _, rest, is := strings.Cut(u.Path, "/letters/"); is {
			typed, _, _ = strings.Cut(rest, "/")
		}
	}
	return strings.TrimSuffix(typed, ".json")
}

// signOns are the ways in which a letter can be signed.
var signOns = []letter.SignOn{letter.SignOnBoth, letter.SignOnOrganisations, letter.SignOnPeople, letter.SignOnNone}

// signOnForm is a form that asks how a letter can be signed.
type signOnForm struct{}

// SignOnChoices are the ways in which a letter can be signed.
func (signOnForm) SignOnChoices() (choices []string) {
	for _, x := range signOns {
		choices = append(choices, string(x))
	}
	return choices
}

// mayLead reports whether an organisation is offered as a lead of the letter: the rule is letter's.
func mayLead(d *Visit, slug string) bool {
	return slices.ContainsFunc(d.Letter.Leads, func(o account.Organisation) bool { return o.Slug == slug }) ||
		slices.ContainsFunc(d.Members, func(m account.Member) bool { return m.Organisation.Slug == slug && m.Role.May(account.Editor) })
}

// line1 is a field of one line without white space that does not matter.
func line1(typed string) string { return strings.Join(strings.Fields(typed), " ") }

// deadlineOf reads day, hour and time zone; no day is no deadline, no hour the end of that day.
func deadlineOf(v url.Values) (d letter.Deadline, f *fault.Error) {
	typed, hour := strings.TrimSpace(text.LatinDigits(v.Get("day"))), strings.TrimSpace(text.LatinDigits(v.Get("hour")))
	if typed == "" {
		return d, nil
	}
	name := strings.TrimSpace(v.Get("zone"))
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return d, fault.New(fault.Invalid, "zone").On("zone")
	}
	d, err = letter.ParseDeadline(typed, zone, false)
	if err != nil {
		return d, fault.New(fault.Invalid, "deadline").On("day")
	}
	if hour != "" {
		at, err := time.ParseInLocation(time.DateOnly+" 15:04", typed+" "+hour, zone)
		if err != nil {
			return d, fault.New(fault.Invalid, "hour").On("hour")
		}
		d.At = at.UTC()
	}
	return d, nil
}

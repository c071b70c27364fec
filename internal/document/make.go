package document

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

// Service makes documents of the letters of an instance.
type Service struct {
	Letters *letter.Service
	Roll    *roll.Service
	Signing *signing.Service

	// Standing says in a language where the demands of a letter stand on a day, nothing while there is nothing to say; nil says nothing.
	Standing func(ctx context.Context, l letter.Letter, language *i18n.Locale) ([]DemandLine, time.Time, error)

	opened sync.Once
	turn   chan struct{} // holds one value while a document is made and written
}

// Do works when nobody else makes or writes a document, or a picture of a letter: each takes a processor, and memory by its names.
// It waits as long as the context lasts.
func (s *Service) Do(ctx context.Context, work func() error) error {
	s.opened.Do(s.open)
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
		return work()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) open() { s.turn = make(chan struct{}, 1) }

// Write returns a document that is made in its turn, in a format.
func (s *Service) Write(ctx context.Context, f Format, make func() (*Document, error)) ([]byte, error) {
	var b bytes.Buffer
	err := s.Do(ctx, func() error {
		d, err := make()
		if err == nil {
			_, err = d.Write(&b, f)
		}
		return err
	})
	return b.Bytes(), err
}

// Wanted says which document of a letter.
type Wanted struct {
	Slug      string
	Edition   int    // 0 for the current one
	Language  string // "" for the authoritative one
	Audience  roll.Audience
	Addressee int    // whose cover goes before it, counted from 1; 0 for none
	Early     bool   // a letter that is not published is handed over as it will be; the document names no address then
	Sheet     Sheet  // "" for the one that the first lead organisation's country uses
	Layout    Layout // "" for a letter
	BaseURL   string // how readers reach the server; "" leaves addresses and the square out

	// Of an audience that is not the public: who they are, and the number of the copy, where somebody else has looked and drawn.
	Names iter.Seq2[roll.Signatory, error]
	Copy  string
}

// NewCopy draws the number of a copy that is not public, of 128 bits: with it in the document nobody can learn from the document's
// hash whose names stand in it, by trying.
func NewCopy() string {
	var number [16]byte
	rand.Read(number[:])
	return hex.EncodeToString(number[:])
}

// Make makes a document of a published letter, or of one that is handed over before it is. One that is not public is drawn a number.
func (s *Service) Make(ctx context.Context, w Wanted) (d *Document, err error) {
	if err := w.Audience.Check(); err != nil {
		return nil, err
	}
	l, err := s.Letters.Find(ctx, w.Slug)
	if err != nil {
		return nil, err
	}
	if l.State == letter.Draft {
		if w.BaseURL = ""; !w.Early {
			return nil, fault.New(fault.NotFound, "letter.draft")
		}
	}
	in := Input{Letter: l, Edition: l.Edition, Language: w.Language, Sheet: w.Sheet, Layout: w.Layout, BaseURL: strings.TrimSuffix(w.BaseURL, "/"),
		Audience: w.Audience, Picture: s.Pictures(ctx)}
	editions, err := s.Letters.Editions.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	if w.Edition != 0 {
		i := slices.IndexFunc(editions, func(e letter.Edition) bool { return e.Number == w.Edition })
		if i < 0 {
			return nil, fault.New(fault.NotFound, "edition.unknown")
		}
		in.Edition = editions[i]
	}
	if err := s.addAudience(ctx, &in, w); err != nil {
		return nil, err
	}
	if in.Language == "" {
		in.Language = in.Edition.Language
	}
	if _, ok := in.Edition.Texts[in.Language]; !ok {
		return nil, fault.New(fault.NotFound, "edition.language", "Languages", strings.Join(in.Edition.Languages(), ", ")).On("language")
	}
	if err := w.Layout.takes(in.Language); err != nil {
		return nil, err
	}
	if l.State == letter.Draft { // nothing of it is counted, in the log or known
		return Make(in), ctx.Err()
	}
	if in.Counts, _, _, err = s.Roll.Summary(ctx, l.ID, letter.LastText(editions).Number); err != nil {
		return nil, err
	}
	if w.Names == nil {
		w.Names = s.names(ctx, l.ID, w.Audience)
	}
	for name, err := range w.Names {
		if err != nil {
			return nil, err
		}
		in.Names = append(in.Names, name)
	}
	if s.Standing != nil && in.Edition.Number == l.Edition.Number {
		if in.Standing, in.StandingOn, err = s.Standing(ctx, l, wordsFor(in.Language)); err != nil {
			return nil, err
		}
	}
	return Make(in), ctx.Err()
}

// addAudience adds what stands only in the document of an audience, or of one addressee.
func (s *Service) addAudience(ctx context.Context, in *Input, w Wanted) (err error) {
	if w.Audience != roll.ForPublic {
		if in.Copy = w.Copy; in.Copy == "" {
			in.Copy = NewCopy()
		}
	}
	if w.Audience == roll.ForAddressee {
		if in.Autographs, err = s.Letters.Covers.Autographs(ctx, in.Letter.ID, in.Edition); err != nil {
			return err
		}
	}
	if w.Addressee == 0 {
		return nil
	}
	if n := len(in.Edition.Text(in.Edition.Language).Addressees); w.Addressee < 0 || w.Addressee > n {
		return fault.New(fault.Invalid, "cover.addressee", "Count", n).On("addressee")
	}
	if w.Layout != "" && w.Layout != AsLetter {
		return fault.New(fault.Invalid, "document.layout_cover").On("addressee")
	}
	cover, err := s.Letters.Covers.Find(ctx, in.Letter.ID, in.Edition, w.Addressee)
	in.Cover = &cover
	if _, ok := in.Edition.Texts[cover.Language]; ok && in.Language == "" { // the letter is in the language of what goes before it
		in.Language = cover.Language
	}
	return err
}

// names returns who of the signatories an audience may see, in the order of the public list.
func (s *Service) names(ctx context.Context, id letter.ID, a roll.Audience) iter.Seq2[roll.Signatory, error] {
	if a == roll.ForPublic {
		return s.Roll.Everyone(ctx, id, verify.Organisation, verify.Person)
	}
	return func(yield func(roll.Signatory, error) bool) {
		list, err := s.Signing.ListSeenBy(ctx, id, a)
		if err != nil {
			yield(roll.Signatory{}, err)
			return
		}
		for _, x := range list {
			if !yield(roll.Signatory{ID: x.ID, Kind: x.Kind, Record: x.Record, Basis: x.Basis}, nil) {
				return
			}
		}
	}
}

// Pictures finds the pictures that letters name.
func (s *Service) Pictures(ctx context.Context) func(hash string) []byte {
	return func(hash string) []byte {
		p, missing := s.Letters.Media.Find(ctx, hash)
		if missing != nil || p.Type == letter.PDF {
			return nil
		}
		return p.Data
	}
}

// Draft makes a document of a text that is not published, which says so across each page.
func (s *Service) Draft(ctx context.Context, l letter.Letter, e letter.Edition, language string) (*Document, error) {
	if _, ok := e.Texts[language]; !ok {
		return nil, fault.New(fault.NotFound, "edition.unknown")
	}
	return Make(Input{Letter: l, Edition: e, Language: language, Audience: roll.ForPublic, Draft: true, Picture: s.Pictures(ctx)}), ctx.Err()
}

// Input is all that a document is made of.
type Input struct {
	Letter   letter.Letter
	Edition  letter.Edition
	Language string // one that the edition has
	Sheet    Sheet
	Layout   Layout
	BaseURL  string
	Counts   roll.Counts
	Audience roll.Audience
	Names    []roll.Signatory // those that the audience may see, in the order of the list
	Picture  func(hash string) []byte

	Copy       string // of a document that is not public: see Document
	Cover      *letter.Cover
	Autographs []letter.Autograph
	Draft      bool

	Standing   []DemandLine // where the demands of the edition stand, none while there is nothing to say
	StandingOn time.Time
}

// counted is how many signatures are counted.
func (in Input) counted() int {
	if in.Letter.SignOn == letter.SignOnNone {
		return 0
	}
	return in.Counts.Organisations + in.Counts.Persons
}

// early reports whether the letter is handed over before it is published.
func (in Input) early() bool { return in.Letter.State == letter.Draft }

// lists reports whether the document lists signatories: who signed since the last checkpoint is named to an audience before being counted.
func (in Input) lists() bool {
	return in.Letter.SignOn != letter.SignOnNone && (in.counted() > 0 || len(in.Names) > 0)
}

// Make makes the document.
func Make(in Input) *Document {
	in.Picture = remembered(in.Picture)
	t := in.Edition.Text(in.Language)
	d := begin(in.Letter, t)
	if d.Copy, d.Layout = in.Copy, in.Layout; in.Sheet != "" {
		d.Sheet = in.Sheet
	}
	var leads []string
	var head Letterhead
	for _, o := range in.Letter.Leads {
		lead := Lead{Name: o.Name(t.Language, i18n.Default), Address: slices.Clone(o.Address)}
		for _, line := range append([]string{o.Email, o.Phone}, o.Links...) {
			if line != "" {
				lead.Address = append(lead.Address, line)
			}
		}
		if o.Logo != "" {
			lead.Logo = in.Picture(o.Logo)
		}
		leads, head.Leads = append(leads, lead.Name), append(head.Leads, lead)
	}
	d.Author = strings.Join(leads, ", ")
	if in.Cover != nil && (in.Layout == "" || in.Layout == AsLetter) {
		d.addCover(head, in)
	}
	if len(leads) > 0 {
		d.Blocks = append(d.Blocks, head)
	}
	d.addText(t, in)
	if in.Draft {
		d.Stamp = d.words.T("document.draft")
		return d
	}
	if in.lists() {
		d.addSignatories(in)
	}
	d.addSheet(in)
	d.arrange(in)
	return d
}

// begin returns an empty document of a text, on the paper of the first lead organisation's country.
func begin(l letter.Letter, t letter.Text) *Document {
	d := &Document{Title: t.Name(), Language: t.Language, Sheet: A4, words: wordsFor(t.Language)}
	if len(l.Leads) > 0 && slices.Contains(letterCountries, l.Leads[0].Country) {
		d.Sheet = Letter
	}
	return d
}

// letterCountries write on US Letter.
var letterCountries = []string{"US", "CA", "MX", "PH", "CL", "CO", "CR", "GT", "NI", "PA", "SV", "VE", "DO", "PR"}

// addText adds what is signed, in the order of the canonical file.
func (d *Document) addText(t letter.Text, in Input) {
	add := func(role Role, lines ...string) {
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
		if len(lines) > 0 {
			d.Blocks = append(d.Blocks, Paragraph{Role: role, Runs: []Run{{Text: strings.Join(lines, "\n")}}})
		}
	}
	if t.Title != "" {
		d.Blocks = append(d.Blocks, Heading{Level: 1, Runs: []Run{{Text: t.Title}}})
	}
	add(Subtitle, t.Subtitle)
	for _, a := range t.Addressees {
		if runs := addressOf(a); len(runs) > 0 {
			d.Blocks = append(d.Blocks, Paragraph{Role: Address, Runs: runs})
		}
	}
	dateline := t.Place + t.Date
	if t.Place != "" && t.Date != "" {
		dateline = t.Place + commaOf(d.Language) + t.Date
	}
	add(Dateline, dateline)
	add(Salutation, t.Salutation)
	body, notes := bodyOf(t, in.Picture)
	d.Blocks, d.Notes = append(d.Blocks, body...), notes
	var rest List
	for _, x := range t.Demands {
		if !x.InBody {
			mark := strings.TrimRight(x.Number, ".)- ")
			if mark != "" {
				mark += "."
			}
			rest.Items = append(rest.Items, Item{Mark: mark, Demand: true, Blocks: []Block{Paragraph{Runs: []Run{{Text: x.Text}}}}})
		}
	}
	if len(rest.Items) > 0 {
		d.Blocks = append(d.Blocks, rest)
	}
	add(Closing, t.Closing)
	for i, s := range t.SignedBy {
		for _, a := range in.Autographs {
			if a.Signer == i+1 && a.Name == s.Name { // a translation may name them otherwise, and in another order
				d.Blocks = append(d.Blocks, Picture{Data: a.Picture, Alt: d.words.T("document.autograph", "Name", s.Name), Written: true})
			}
		}
		runs := linesOf(Run{Text: s.Name, Field: Name, Bold: true}, Run{Text: s.Role, Field: Function}, Run{Text: s.Organisation, Field: Organisation})
		if len(runs) > 0 {
			d.Blocks = append(d.Blocks, Paragraph{Role: SignedBy, Runs: runs})
		}
	}
}

// linesOf puts runs below each other. Those without words are left out.
func linesOf(runs ...Run) (lines []Run) {
	for _, run := range runs {
		if run.Text == "" {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, Run{Text: "\n"})
		}
		lines = append(lines, run)
	}
	return lines
}

// addressOf are the lines of an addressee, each with what it is.
func addressOf(a letter.Addressee) []Run {
	lines := []Run{{Text: a.Name, Field: Name}, {Text: a.Office, Field: Office}}
	for _, line := range a.Address {
		lines = append(lines, Run{Text: line, Field: AddressLine})
	}
	lines = linesOf(lines...)
	if a.Before != "" && a.Name != "" {
		lines = append([]Run{{Text: a.Before, Field: FormOfAddress}, {Text: " "}}, lines...)
	}
	return lines
}

// commaOf is that between place and date, as the letter's page has it.
func commaOf(language string) string {
	if i18n.Direction(language) == "rtl" && language != "he" && language != "yi" {
		return "، "
	}
	return ", "
}

// heading adds one of the document's own.
func (d *Document) heading(level int, words string) {
	d.Blocks = append(d.Blocks, Heading{Level: level, Runs: []Run{{Text: words}}, Language: d.words.Code})
}

func (d *Document) remark(words string) {
	d.Blocks = append(d.Blocks, Paragraph{Role: Remark, Runs: []Run{{Text: words}}, Language: d.words.Code})
}

func (d *Document) addSignatories(in Input) {
	l := d.words
	var persons, organisations Signatories
	persons.Language, organisations.Language = l.Code, l.Code
	for _, x := range in.Names {
		s := Signatory{Name: x.Name, Title: x.Title, Affiliation: x.Affiliation}
		if x.Country != "" {
			s.Country = i18n.CountryName(l, x.Country)
		}
		if x.Basis.Imported() {
			s.Mark = l.T("basis." + string(x.Basis))
		}
		if x.Kind == verify.Organisation {
			organisations.Names = append(organisations.Names, s)
		} else {
			persons.Names = append(persons.Names, s)
		}
	}
	d.Blocks = append(d.Blocks, NewPage{Begins: TheSignatories})
	d.heading(2, l.T("signatories.title"))
	if in.counted() > 0 {
		d.remark(l.T("card.counts", "Organisations", l.N("counts.organisations_n", in.Counts.Organisations), "Persons",
			l.N("counts.persons_n", in.Counts.Persons)))
	}
	if in.Copy != "" {
		d.remark(l.T("document.not_public." + string(in.Audience)))
	}
	if len(in.Names) == 0 {
		d.remark(l.T("signatories.none"))
	}
	if len(organisations.Names) > 0 {
		d.heading(3, l.T("signatories.organisations"))
		d.Blocks = append(d.Blocks, organisations)
	}
	if len(persons.Names) > 0 {
		d.heading(3, l.T("signatories.persons"))
		d.remark(l.T("signatories.identification"))
		d.Blocks = append(d.Blocks, persons)
	}
	withheld := in.Counts.Withheld
	if in.Copy != "" { // whoever signed since the last checkpoint is not in the count yet
		withheld = max(0, in.Counts.Organisations+in.Counts.Persons-len(in.Names))
	}
	if withheld > 0 {
		key := "document.withheld"
		if in.Copy != "" {
			key = "document.unnamed"
		}
		d.remark(l.N(key, withheld))
	}
}

func (d *Document) addSheet(in Input) {
	l, t := d.words, in.Edition.Text(in.Language)
	d.Blocks = append(d.Blocks, NewPage{Begins: TheSheet})
	d.heading(2, l.T("document.sheet"))
	url := ""
	if in.BaseURL != "" {
		url = in.BaseURL + "/letters/" + in.Letter.Slug
	}
	facts := Facts{Language: l.Code}
	add := func(label, value string) {
		if value != "" {
			facts.Rows = append(facts.Rows, Fact{Label: label, Value: value})
		}
	}
	code := func(label, value string) {
		if value != "" {
			facts.Rows = append(facts.Rows, Fact{Label: label, Value: value, Code: true})
		}
	}
	add(l.T("document.letter"), t.Name())
	if in.early() {
		add(l.T("document.text"), l.T("document.early", "Number", in.Edition.Number))
	} else {
		add(l.T("document.text"), l.T("letter.edition_published", "Number", in.Edition.Number, "Date", l.Date(in.Edition.PublishedAt)))
	}
	if t.Translator != "" {
		add("", l.T("letter.translator", "Name", t.Translator))
	}
	standing := l.T("letter.authoritative")
	if t.Language != in.Edition.Language {
		standing = l.T("letter.translated")
	}
	add(l.T("document.language"), l.Language(t.Language)+" · "+standing)
	code(l.T("check.text"), t.SHA256)
	if t.Language != in.Edition.Language {
		code(l.T("check.text")+" ("+l.Language(in.Edition.Language)+")", in.Edition.SHA256)
	}
	if in.Letter.SignOn != letter.SignOnNone && !in.early() {
		c := in.Counts
		number := func(label string, n int) { add(label, l.Number(n)) }
		number(l.N("counts.organisations", c.Organisations), c.Organisations)
		number(l.N("counts.persons", c.Persons), c.Persons)
		number(l.T("counts.withheld"), c.Withheld)
		number(l.T("counts.imported"), c.Imported)
		if c.Earlier > 0 {
			number(l.T("counts.earlier"), c.Earlier)
		}
		number(l.T("counts.withdrawn"), c.Withdrawn)
		number(l.T("counts.removed"), c.Removed)
		if !c.PublishedAt.IsZero() {
			add(l.T("check.checkpoint"), l.T("counts.checkpoint", "Size", int(c.Size), "Time", l.DateTime(c.PublishedAt, time.UTC)))
			code(l.T("check.root"), c.Root.String())
		}
	}
	for i, a := range t.Annexes() {
		code(l.T("document.annex", "Number", i+1, "Name", a.Name), a.Hash)
	}
	if url != "" {
		code(l.T("document.address"), url)
	}
	if in.Copy != "" {
		code(l.T("document.copy"), in.Copy)
	}
	d.Blocks = append(d.Blocks, facts)
	d.addStanding(in)
	if in.early() {
		return // there is nothing to check it with
	}
	d.heading(3, l.T("counts.check"))
	d.remark(l.T("document.check_text"))
	if url != "" {
		file := in.BaseURL + "/letters/" + in.Letter.Slug + "/editions/" + strconv.Itoa(in.Edition.Number) + "." + t.Language + ".md"
		d.Blocks = append(d.Blocks, Paragraph{Role: Remark, Runs: []Run{{Text: file, Link: file}}, Language: "en"})
	}
	if in.Letter.SignOn != letter.SignOnNone {
		d.remark(l.T("document.check_count"))
		if in.Copy == "" {
			d.remark(l.T("signatories.method"))
		}
		if url != "" {
			d.Blocks = append(d.Blocks, Paragraph{Role: Remark, Runs: []Run{{Text: url + "/check", Link: url + "/check"}}, Language: "en"})
		}
	}
	if url != "" {
		d.Blocks = append(d.Blocks, Square{Text: url, Alt: l.T("document.square", "URL", url)})
	}
}

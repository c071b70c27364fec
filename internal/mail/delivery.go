package mail

import (
	"context"
	"slices"
	"strings"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/text"
)

// handed is what the mail that hands a letter over is written of.
type handed struct {
	delivery.Envelope
	cover letter.Cover
	first int64 // the first email to this office about the letter, 0 if this is it
}

// handOver is what its templates see.
type handOver struct {
	content
	Salutation string
	Lines      []string // what an editor wrote, or the sentence that hands it over
	From       []string
	Ours       string
	Yours      string
	Files      []string
	Copy       string // number of the first file's copy
	Published  bool   // that answers may be published is said
	LetterURL  string // "" while it is not published
}

// delivery is the envelope of a letter that is handed over.
func (m *Mailer) delivery(ctx context.Context, j delivery.LetterMail) (h handed, send bool, err error) {
	if h.Envelope, send, err = m.Deliveries.Envelope(ctx, j.Delivery); err != nil || !send {
		return h, send, err
	}
	if h.cover, err = m.Letters.Covers.Find(ctx, h.Letter.ID, h.Letter.Edition, h.To.Place); err != nil {
		return h, false, err
	}
	st, err := m.Deliveries.Standing(ctx, h.Letter, delivery.ForEditors)
	for _, d := range slices.Backward(st.Deliveries) {
		if d.Addressee == h.Delivery.Addressee && d.Channel == delivery.ByEmail && d.ID != h.Delivery.ID {
			h.first = d.ID
		}
	}
	return h, true, err
}

// handOver writes it: to an office, in the name of the organisations that lead the letter.
func (m *Mailer) handOver(_ context.Context, h handed) (page, error) {
	language := h.cover.Language
	if i18n.Find(language) == nil {
		language = h.Letter.Edition.Language
	}
	c := m.contentOf(language, h.Letter)
	o := handOver{content: c, Salutation: text.Shown.Line(h.cover.Salutation), From: leads(c.L, h.Letter), Ours: h.cover.Ours, Yours: h.cover.Yours,
		Copy: copyOf(h.Files), Published: !h.To.Confidential()}
	if h.Letter.State != letter.Draft {
		o.LetterURL = m.pages(c.L) + "/letters/" + h.Letter.Slug
	}
	if h.To.Role != delivery.Asks { // the cover speaks to those who are asked
		o.Salutation, h.cover.Text = "", ""
	} else if o.Salutation == "" && h.To.Place > 0 {
		o.Salutation = text.Shown.Line(h.Letter.Edition.Text(language).Salutation)
	}
	written := h.Text
	if written == "" {
		written = h.cover.Text
	}
	for line := range strings.Lines(written) {
		o.Lines = append(o.Lines, text.Shown.Line(line))
	}
	if len(o.Lines) == 0 {
		key := "mail.delivery.hand_over"
		switch {
		case h.To.Role == delivery.CC:
			key = "mail.delivery.copy"
		case h.To.Role == delivery.Through:
			key = "mail.delivery.through"
		case h.Delivery.Kind != delivery.First:
			key = "mail.delivery.kind." + string(h.Delivery.Kind)
		}
		o.Lines = []string{c.L.T(key)}
	}
	if h.cover.From != "" {
		o.From = append([]string{h.cover.From}, o.From...)
	}
	subject := h.cover.Subject
	if subject == "" {
		subject = c.Title
	}
	if h.cover.Ours != "" {
		subject += " (" + h.cover.Ours + ")"
	}
	p := page{to: h.To.Email, about: c, subject: text.Shown.Line(subject), personal: true, thread: threadOf(h.Delivery.ID, h.first)}
	if len(h.Letter.Leads) > 0 {
		p.sender = h.Letter.Leads[0].Name(c.L.Code, i18n.Default)
		p.replyTo = h.Letter.Leads[0].Email
	}
	if h.Letter.Call != nil && h.Letter.Call.Email != "" {
		p.replyTo = h.Letter.Call.Email
	}
	if address, f := text.Email(p.replyTo); f == nil {
		p.replyTo = address
	} else {
		p.replyTo = ""
	}
	for _, f := range h.Files {
		p.files = append(p.files, attached{f.Name, f.Type, f.Content})
		o.Files = append(o.Files, f.Name)
	}
	p.data = o
	return p, nil
}

func copyOf(files []delivery.File) string {
	if len(files) == 0 {
		return ""
	}
	return files[0].Copy
}

func threadOf(id, first int64) (t thread) {
	t.id = "delivery." + delivery.ID(id)
	if first != 0 {
		t.after = "delivery." + delivery.ID(first)
	}
	return t
}

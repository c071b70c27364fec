package mail

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/text"
)

// digest is what the templates of news see.
type digest struct {
	content
	Items []NewsItem
	Own   string // the page that shows what its reader follows
	Stop  string // the page that ends the news of this letter
}

// NewsItem is one thing that has happened with a letter, in words, and the page about it.
type NewsItem struct{ Text, URL string }

// told is what such a mail needs.
type told struct {
	news.Digest
	letter letter.Letter
	items  []NewsItem
}

// told is its envelope, false where nothing of what it would tell is so any more.
func (m *Mailer) told(ctx context.Context, j news.DigestMail) (t told, send bool, err error) {
	if t.Digest, send, err = m.News.Envelope(ctx, j); err != nil || !send {
		return t, false, err
	}
	if t.letter, err = m.letter(ctx, j.Letter); err != nil {
		return t, false, err
	}
	t.Language = languageOf(signing.Envelope{Language: t.Language}, t.letter)
	t.items, err = m.items(ctx, i18n.Find(t.Language), t.letter, j.Issue, t.Own)
	return t, len(t.items) > 0, err
}

// tested is the envelope of the mail about an update that an editor sends to themselves.
func (m *Mailer) tested(ctx context.Context, j news.TestMail) (t told, send bool, err error) {
	u, there, err := m.editor(ctx, j.Letter, j.User)
	if err != nil || !there {
		return t, false, err
	}
	if t.letter, err = m.Letters.FindByID(ctx, j.Letter); err != nil {
		return t, false, err
	}
	t.Address, t.Language = u.Email, languageOf(signing.Envelope{Language: j.Language}, t.letter)
	locale := i18n.Find(t.Language)
	facts := []news.Fact{{About: news.AboutUpdate + " " + strconv.Itoa(j.Update)}}
	t.items, err = NewsItems(ctx, m.Letters, m.Deliveries, locale, t.letter, facts, m.pages(locale))
	return t, len(t.items) > 0, err
}

// test shows an editor what followers would get, without the links by which those see and end what they follow.
func (m *Mailer) test(_ context.Context, t told) (page, error) {
	c := m.contentOf(t.Language, t.letter)
	return page{to: t.Address, about: c, subject: c.titled("mail.news_test.subject"), data: digest{content: c, Items: t.items}}, nil
}

// digest tells a follower what has happened with a letter since the last mail.
func (m *Mailer) digest(_ context.Context, t told) (page, error) {
	c := m.contentOf(t.Language, t.letter)
	return page{to: t.Address, about: c, subject: c.titled("mail.news.subject"), unsubscribe: t.Stop,
		data: digest{c, t.items, m.pages(c.L) + "/following/" + t.Stop, m.pages(c.L) + "/unsubscribe/" + t.Stop}}, nil
}

// issueKey names a mail to followers in a language.
type issueKey struct {
	letter   letter.ID
	number   int
	language string
	own      bool // of those who need not have signed
}

// issueItems is what such a mail tells, as it was a moment ago.
type issueItems struct {
	items []NewsItem
	read  time.Time
}

// itemsFor is how long all mails of an issue say the same without asking again.
const itemsFor = 10 * time.Second

// items returns what a mail to followers tells; all mails of an issue in a language tell the same, but that those who signed are not told of a
// text about which they are asked by a mail of its own.
func (m *Mailer) items(ctx context.Context, locale *i18n.Locale, l letter.Letter, number int, own bool) ([]NewsItem, error) {
	key, now := issueKey{l.ID, number, locale.Code, own}, time.Now()
	m.mu.Lock()
	last, there := m.issues[key]
	m.mu.Unlock()
	if there && now.Sub(last.read) < itemsFor {
		return last.items, nil
	}
	l, err := m.Letters.FindByID(ctx, l.ID) // as it is now: what is not so any more is left out
	if err != nil {
		return nil, err
	}
	facts, err := m.News.Told(ctx, l, number)
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(facts, func(f news.Fact) bool { return f.About == news.AboutText }); at >= 0 && !own {
		asked, err := m.News.AskedAbout(ctx, l.ID, facts[at].Value)
		if err != nil {
			return nil, err
		}
		if asked {
			facts = slices.Delete(facts, at, at+1)
		}
	}
	items, err := NewsItems(ctx, m.Letters, m.Deliveries, locale, l, facts, m.pages(locale))
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	if m.issues == nil || len(m.issues) > 100 {
		m.issues = map[issueKey]issueItems{}
	}
	m.issues[key] = issueItems{items, now}
	m.mu.Unlock()
	return items, nil
}

// NewsItems puts facts about a letter into words, with the pages about them under a base address. What is not so any more is left out.
func NewsItems(ctx context.Context, letters *letter.Service, deliveries *delivery.Service, locale *i18n.Locale, l letter.Letter, facts []news.Fact,
	base string) (items []NewsItem, err error) {
	st, err := deliveries.Standing(ctx, l, delivery.ForPublic)
	if err != nil {
		return nil, err
	}
	updates, err := letters.Updates.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	address := base + "/letters/" + l.Slug
	for _, f := range facts {
		if text, path := inWords(locale, l, st, updates, f); text != "" {
			items = append(items, NewsItem{text, address + path})
		}
	}
	return items, nil
}

// inWords says in a language what a fact is, and where the page about it is below the letter's; "" for what is not so any more.
func inWords(locale *i18n.Locale, l letter.Letter, st delivery.Standing, updates []letter.Update, f news.Fact) (words, path string) {
	about, parts := f.Of()
	called := func(number int) string {
		to, _ := st.Find(number)
		return text.Shown.Line(to.Called())
	}
	say := func(args ...any) string { return text.Shown.Line(locale.T("mail.news."+about, args...)) }
	deadline := f.Value != "" && f.Value == strconv.FormatInt(l.Deadline.At.UnixMicro(), 10) && l.State == letter.Open
	switch about {
	case news.AboutText:
		return say(), "/editions/" + f.Value
	case news.AboutDeadline, news.AboutSoon:
		if deadline {
			return say("Deadline", locale.DateTime(l.Deadline.At, l.Deadline.Zone)), ""
		}
	case news.AboutClosed:
		if l.State != letter.Open {
			return say(), ""
		}
	case news.AboutUpdate:
		for _, u := range updates {
			if strconv.Itoa(u.Number) == parts[0] {
				return say("Name", u.In(locale.Code).Title), "/updates/" + parts[0]
			}
		}
	case news.AboutDelivery:
		for _, d := range st.Deliveries {
			if delivery.ID(d.ID) == parts[0] && d.Arrived() {
				return say("Name", called(d.Addressee)), ""
			}
		}
	case news.AboutResponse:
		for _, r := range st.Responses {
			if delivery.ID(r.ID) == parts[0] && r.State == delivery.Published {
				return say("Name", called(r.Addressee)), "/responses/" + parts[0]
			}
		}
	case news.AboutStated:
		for _, d := range st.Demands {
			for _, c := range d.Cells {
				for _, x := range c.Stated {
					if delivery.ID(x.ID) == parts[0] && x.State == delivery.StatedShown {
						return say("Number", locale.Digits(d.Number), "Name", called(c.Addressee), "Position", locale.T("stated.position."+string(x.Position))),
							"/demands/" + d.Number
					}
				}
			}
		}
	case news.AboutStatus:
		for _, d := range st.Demands {
			for _, c := range d.Cells {
				if d.Number == parts[0] && strconv.Itoa(c.Addressee) == parts[1] && string(c.Status) == f.Value {
					return say("Number", locale.Digits(d.Number), "Name", called(c.Addressee), "Stands", c.Line(locale)), "/demands/" + d.Number
				}
			}
		}
	}
	return "", ""
}

// changedText is what the templates see that ask about a changed text.
type changedText struct {
	confirmation
	Changes string // the page that shows what changed
}

// changedText asks a signer whether they sign the changed text too.
func (m *Mailer) changedText(ctx context.Context, e signing.Envelope) (page, error) {
	l, err := m.letter(ctx, e.Letter)
	if err != nil {
		return page{}, err
	}
	c := m.contentOf(e.Language, l)
	c.Link = m.pages(c.L) + "/confirm/" + e.Token
	changes := m.pages(c.L) + "/letters/" + l.Slug + "/editions/" + strconv.Itoa(e.Edition) + "/diff/" + strconv.Itoa(e.From)
	return page{to: e.Address, about: c, subject: c.titled("mail.text.subject"),
		data: changedText{confirmation{c, c.L.T("listing_hint." + string(e.Listing)), text.Shown.Line(e.Informed)}, changes}}, nil
}

// following asks whether somebody wants news of a letter. It holds nothing that was typed.
func (m *Mailer) following(ctx context.Context, a news.Asking) (page, error) {
	c, err := m.about(ctx, a.Language, a.Letter)
	if err != nil {
		return page{}, err
	}
	c.Link = m.pages(c.L) + "/follow/" + a.Token
	return page{to: a.Address, about: c, subject: c.titled("mail.follow.subject"), data: c}, nil
}

// followTurn returns how long the mail has to wait, since anybody can ask for one.
func (m *Mailer) followTurn(j news.FollowMail, a news.Asking) time.Duration {
	address, f := text.ParseAddress(a.Address)
	if f != nil {
		return 0
	}
	return m.Mailboxes.Turn(j.Asked, address)
}

// followed is what the templates of a list of all that a mailbox follows see.
type followed struct {
	content
	Items []NewsItem
}

// followedAll lists what a mailbox follows, with the page by which each ends.
func (m *Mailer) followedAll(ctx context.Context, all news.All) (page, error) {
	c, err := m.about(ctx, all.Language, all.Letters[0].Letter)
	if err != nil {
		return page{}, err
	}
	f := followed{content: c}
	for _, x := range all.Letters {
		one, err := m.about(ctx, c.L.Code, x.Letter)
		if err != nil {
			return page{}, err
		}
		f.Items = append(f.Items, NewsItem{one.Title, m.pages(c.L) + "/following/" + x.Token})
	}
	return page{to: all.Address, about: c, subject: c.L.T("mail.followed.subject"), data: f}, nil
}

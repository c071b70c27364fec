package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/web/page"
)

// NewsPage is what those who follow a letter are written about.
type NewsPage struct {
	page.Base
	Form      page.Form
	Action    string
	CanMail   bool
	Followers int
	Updates   []UpdateView
	Subject   string          // of the next mail
	Next      []mail.NewsItem // what it tells
	All       []page.Link     // all updates, to their pages at the desk
	WriteURL  string
	Thanks    bool // the letter is closed: its signers can be thanked
}

// UpdateView is an update that followers were not written about, and what they would be sent.
type UpdateView struct {
	Number  string
	Title   page.Tagged
	Subject string
	Items   []mail.NewsItem
}

// Template is its file.
func (NewsPage) Template() string { return "desk/news" }

// ShowNews shows how many follow a letter, and the updates that they were not written about.
func (h *Handlers) ShowNews(w http.ResponseWriter, r *http.Request, d *Visit) error {
	return h.newsPage(w, r, d, nil)
}

func (h *Handlers) newsPage(w http.ResponseWriter, r *http.Request, d *Visit, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	p := NewsPage{Base: h.base(r, d, loc.T("desk.news.title")), Form: page.NewForm(r, url.Values{}, err),
		Action: page.Local(r, "/desk/letters/"+l.Slug+"/news"), CanMail: h.CanMail}
	var failed error
	if p.Followers, failed = h.News.Followers(r.Context(), l.ID); failed != nil {
		return failed
	}
	waiting, failed := h.News.HeldUpdates(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	next, failed := h.News.Next(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	p.Subject = loc.T("mail.news.subject", "Title", l.Edition.Text(loc.Code).Name())
	if p.Next, failed = mail.NewsItems(r.Context(), h.Letters, h.Deliveries, loc, l, next, h.BaseURL); failed != nil {
		return failed
	}
	updates, failed := h.Letters.Updates.List(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p.WriteURL, p.Thanks = path+"/updates/"+newUpdate, l.State == letter.Closed || l.State == letter.Archived
	for _, u := range updates {
		p.All = append(p.All, page.Link{Text: page.Tag(u.Title, u.Language), URL: path + "/updates/" + strconv.Itoa(u.Number)})
		if !slices.Contains(waiting, u.Number) {
			continue
		}
		v, failed := h.updateView(r, l, u)
		if failed != nil {
			return failed
		}
		p.Updates = append(p.Updates, v)
	}
	return h.Render(w, page.Status(err), p)
}

// updateView is an update with the mail about it as its readers get it who use the editor's language.
func (h *Handlers) updateView(r *http.Request, l letter.Letter, u letter.Update) (v UpdateView, err error) {
	loc := page.LocaleOf(r)
	v = UpdateView{Number: strconv.Itoa(u.Number), Title: page.Tag(u.Title, u.Language),
		Subject: loc.T("mail.news.subject", "Title", l.Edition.Text(loc.Code).Name())}
	v.Items, err = mail.NewsItems(r.Context(), h.Letters, h.Deliveries, loc, l, []news.Fact{{About: news.AboutUpdate + " " + v.Number}}, h.BaseURL)
	return v, err
}

// newsActs are what the buttons of the page do.
var newsActs = map[string]act{"send": (*Handlers).tellUpdate, "test": (*Handlers).testUpdate}

// SubmitNews has followers written to about an update.
func (h *Handlers) SubmitNews(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	done, err := h.carryOut(newsActs, r, d, v)
	if comesBack(err) {
		return h.newsPage(w, r, d, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/news", done)
}

func (h *Handlers) tellUpdate(r *http.Request, d *Visit, v url.Values) (string, error) {
	number, err := strconv.Atoi(v.Get("update"))
	if err != nil {
		return "", fault.New(fault.NotFound, "update.unknown")
	}
	_, err = h.News.TellUpdate(r.Context(), d.Letter, number, d.User.ID)
	return "news_sent", err
}

func (h *Handlers) testUpdate(r *http.Request, d *Visit, v url.Values) (string, error) {
	number, err := strconv.Atoi(v.Get("update"))
	if err != nil {
		return "", fault.New(fault.NotFound, "update.unknown")
	}
	return "news_tested", h.News.Test(r.Context(), news.TestMail{Letter: d.Letter.ID, User: d.User.ID, Update: number, Language: page.LocaleOf(r).Code})
}

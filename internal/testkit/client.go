package testkit

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// Client is a browser without a screen: it keeps cookies, also Secure ones on loopback, follows no redirect and sends no
// header that it is not given.
type Client struct {
	t    testing.TB
	base string
	http http.Client
}

// Answer is what a Client was answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Client returns a new client of the application, without cookies.
func (r *Running) Client(t testing.TB) *Client { return NewClient(t, r.URL) }

// NewClient returns a client of a server.
func NewClient(t testing.TB, base string) *Client {
	c := &Client{t: t, base: base}
	transport := &http.Transport{DisableCompression: true}
	c.http = http.Client{Transport: transport, Jar: &jar{cookies: map[string]*http.Cookie{}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(transport.CloseIdleConnections)
	return c
}

// Get asks for a path, or for an address that begins with the base URL; header is pairs of name and value.
func (c *Client) Get(path string, header ...string) Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil, header...)
}

// Post sends a form as a page of the same site does.
func (c *Client) Post(path string, form url.Values, header ...string) Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, strings.NewReader(form.Encode()), append([]string{"Content-Type",
		"application/x-www-form-urlencoded", "Origin", c.base, "Sec-Fetch-Site", "same-origin"}, header...)...)
}

// Do sends a request.
func (c *Client) Do(method, path string, body io.Reader, header ...string) Answer {
	c.t.Helper()
	a, err := c.Try(method, path, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Try sends a request that may fail, and is for goroutines too.
func (c *Client) Try(method, path string, body io.Reader, header ...string) (a Answer, err error) {
	address := path
	if !strings.HasPrefix(path, c.base) {
		address = c.base + path
	}
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		return a, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.http.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, string(text)}, err
}

// Follow asks for where a redirect leads.
func (c *Client) Follow(a Answer) Answer {
	c.t.Helper()
	if a.Status < 300 || a.Status > 399 {
		c.t.Fatalf("no redirect but %d: %.300s", a.Status, a.Body)
	}
	return c.Get(a.Header.Get("Location"))
}

// Doc returns the page as a tree.
func (a Answer) Doc(t testing.TB) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Main returns the words of the page's main part, one blank between them.
func (a Answer) Main(t testing.TB) string {
	t.Helper()
	for n := range a.Doc(t).Descendants() {
		if n.Type == html.ElementNode && n.Data == "main" {
			var b strings.Builder
			for d := range n.Descendants() {
				if d.Type == html.TextNode {
					b.WriteString(d.Data + " ")
				}
			}
			return strings.Join(strings.Fields(b.String()), " ")
		}
	}
	return ""
}

// MoveTo makes the client, with its cookies, one of a server at another address.
func (c *Client) MoveTo(base string) { c.base = base }

// CloseIdle ends the connections that are kept for the next request.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// Cookie returns a cookie that the client was given, nil if it has none of that name.
func (c *Client) Cookie(name string) *http.Cookie {
	j := c.http.Jar.(*jar)
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cookies[name]
}

// jar keeps every cookie of one server.
type jar struct {
	mu      sync.Mutex
	cookies map[string]*http.Cookie // guarded by mu
}

// SetCookies keeps the cookies.
func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		j.cookies[c.Name] = c
	}
}

// Cookies returns them.
func (j *jar) Cookies(*url.URL) (all []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.cookies {
		all = append(all, c)
	}
	return all
}

// SignForm is the sign form as a person fills it; tests change what they are about.
func SignForm(name, email string) url.Values {
	return url.Values{"edition": {"1"}, "kind": {"person"}, "name": {name}, "email": {email}, "title": {""}, "affiliation": {""},
		"organisation": {""}, "listing": {"public"}, "country": {""}, "consent": {"1"}}
}

// Sign sends the form and returns where "check your mail" is, and the mail.
func (r *Running) Sign(t testing.TB, c *Client, form url.Values) (checkMail string, m Mail) {
	t.Helper()
	a := c.Post("/letters/"+Slug+"/signatures", form)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("signing was answered with %d: %.600s", a.Status, a.Main(t))
	}
	return a.Header.Get("Location"), r.Inbox.Wait(t, form.Get("email"))
}

// SetCookie gives the browser a cookie.
func (c *Client) SetCookie(name, value string) {
	j := c.http.Jar.(*jar)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies[name] = &http.Cookie{Name: name, Value: value}
}

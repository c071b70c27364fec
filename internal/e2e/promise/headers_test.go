package promise

import (
	"bufio"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// everyAnswer is what each answer's header must say, word for word.
var everyAnswer = map[string]string{
	"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'",
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}

// readable are paths for every route that is read, by its pattern in routes.go.
func readable(t *testing.T, a *testkit.Running, token string) map[string][]string {
	t.Helper()
	letter := "/letters/" + testkit.Slug
	style := regexp.MustCompile(`/static/[0-9a-f]+/site\.css`).FindString(a.Client(t).Get("/").Body)
	if style == "" {
		t.Fatal("the page names no style sheet")
	}
	invitation, unsubscribe := a.Invite(t, invitation.Invitee{Name: "Ines Reader", Email: "ines@reader.example"})[0].Links(t)
	response, exhibit := answer(t, a)
	office, confirm, shown := office(t, a)
	follow := follower(t, a)
	return map[string][]string{
		"/invitations/{token}":                 {invitation, "/fa" + invitation, "/invitations/x"},
		"/unsubscribe/{token}":                 {unsubscribe, "/fa" + unsubscribe, "/unsubscribe/x"},
		"/office/{token}":                      {office, "/fa" + office, office + "?demand=1", office + "?demand=%ff", "/office/x"},
		"/office/confirm/{token}":              {confirm, "/fa" + confirm, "/office/confirm/x"},
		"/office/confirm/{token}/file":         {confirm + "/file", "/office/confirm/x/file"},
		"/letters/{slug}/statements/{id}/file": {letter + "/statements/" + shown + "/file", letter + "/statements/0/file"},
		"/letters/{slug}/follow":               {letter + "/follow", "/fa" + letter + "/follow?done=sent", "/letters/unknown/follow"},
		"/follow/{token}":                      {follow, "/fa" + follow, "/follow/x"},
		"/following/{token}":                   {"/following/x", "/fa/following/news-x"},
		"/{$}":                                 {"/", "/?x=%00", "/fa/", "/?" + strings.Repeat("long=query&", 2000)},
		"/letters.json":                        {"/letters.json"},
		"/openapi.json":                        {"/openapi.json"},
		"/feed.atom":                           {"/feed.atom", "/fa/feed.atom", "/feed.atom?before=%ff"},
		"/feed.json":                           {"/feed.json", "/ar/feed.json"},
		"/letters/{slug}/feed.atom":            {letter + "/feed.atom", "/letters/unknown/feed.atom"},
		"/letters/{slug}/feed.json":            {letter + "/feed.json", "/letters/unknown/feed.json"},
		"/letters/{slug}/updates/{number}":     {letter + "/updates/1", letter + "/updates/x", letter + "/updates/-1"},
		"/letters/{slug}/signatories.csv": {letter + "/signatories.csv", letter + "/signatories.csv?kind=person",
			"/letters/unknown/signatories.csv"},
		"/letters/{slug}/signatories.json": {letter + "/signatories.json", letter + "/signatories.json?limit=0",
			letter + "/signatories.json?after=%ff%00&q=%ff%00", letter + "/signatories.json?q=" + strings.Repeat("w", 5000)},
		"/letters/{slug}": {letter, letter + ".json", "/fa" + letter, letter + "?text=fa", letter + "?text=%ff",
			letter + "?text=../x", "/letters/unknown"},
		"/letters/{slug}/call":     {letter + "/call", "/letters/unknown/call"},
		"/letters/{slug}/editions": {letter + "/editions"},
		"/letters/{slug}/editions/{edition}": {letter + "/editions/1", letter + "/editions/1.en.md", letter + "/editions/1.fa.md",
			letter + "/editions/1.en.pdf", letter + "/editions/1.fa.docx", letter + "/editions/2"},
		"/letters/{slug}/editions/{edition}/diff/{other}": {letter + "/editions/1/diff/1", letter + "/editions/1/diff/9?text=fa"},
		"/letters/{slug}/signatories": {letter + "/signatories", letter + "/signatories?q=a&kind=organisation",
			letter + "/signatories?after=rubbish", letter + "/signatories?after=%ff%00&q=%ff%00&kind=x",
			letter + "/signatories?after=AAAAAAAAAAAA____&q=" + strings.Repeat("w", 5000)},
		"/letters/{slug}/check-mail":       {letter + "/check-mail", letter + "/check-mail?p=zzz", letter + "/check-mail?p=-1&again"},
		"/confirm/{token}":                 {"/confirm/" + token, "/fa/confirm/" + token, "/confirm/x"},
		"/circulation/{token}":             {"/circulation/" + token, "/fa/circulation/x"},
		"/signature":                       {"/signature", "/fa/signature", "/signature?secret=abcdefghijklmnopqrstuvwxyz"},
		"/organisations/{slug}":            {"/organisations/" + testkit.Lead, "/organisations/none"},
		"/letters/{slug}/embed":            {letter + "/embed", letter + "/embed?lang=fa", letter + "/embed?lang=%ff", "/letters/unknown/embed"},
		"/letters/{slug}/badge.svg":        {letter + "/badge.svg", "/fa" + letter + "/badge.svg", "/letters/unknown/badge.svg"},
		"/oembed":                          {"/oembed", "/oembed?url=%ff", "/oembed?url=https://elsewhere.example/letters/x", "/oembed?format=xml&url=x"},
		"/letters/{slug}/check":            {letter + "/check", "/fa" + letter + "/check", "/letters/unknown/check"},
		"/letters/{slug}/bundle.zip":       {letter + "/bundle.zip", "/letters/unknown/bundle.zip"},
		"/letters/{slug}/signatures":       {letter + "/signatures"},
		"/letters/{slug}/demands/{number}": {letter + "/demands/1", "/fa" + letter + "/demands/2", letter + "/demands/99", letter + "/demands/%DB%B1"},
		"/letters/{slug}/responses/{id}": {letter + "/responses/" + response, "/ar" + letter + "/responses/" + response, letter + "/responses/0",
			letter + "/responses/%ff"},
		"/letters/{slug}/responses/{id}/file": {letter + "/responses/" + response + "/file", letter + "/responses/0/file"},
		"/letters/{slug}/calendar.ics":        {letter + "/calendar.ics", "/fa" + letter + "/calendar.ics", "/letters/unknown/calendar.ics"},
		"/addressees/{slug}": {"/addressees/" + addressee(t, a), "/fa/addressees/" + addressee(t, a), "/addressees/" + addressee(t, a) + ".json",
			"/addressees/none", "/addressees/%ff.json"},
		"/exhibits/{sha256}": {"/exhibits/" + exhibit, "/exhibits/" + strings.Repeat("0", 64), "/exhibits/x"},
		"/letters/{slug}/{file}": {letter + "/card.fa.png", "/fa" + letter + "/card.en.png", letter + "/card.xx.png", letter + "/card.%2e%2e.png", letter + "/x",
			letter + "/press.en.zip", letter + "/press.xx.zip",
			"/letters/unknown/card.en.png"},
		"/log/checkpoint": {"/log/checkpoint"},
		"/log/key":        {"/log/key"},
		"/log/former":     {"/log/former"},
		"/log/tile/{path...}": {"/log/tile/0/000.p/1", "/log/tile/entries/000.p/1", "/log/tile/0/000", "/log/tile/9/000",
			"/log/tile/entries/x001/000", "/log/tile/"},
		"/log/openings/{n}":                     {"/log/openings/0", "/log/openings/00", "/log/openings/9", "/log/openings/-1"},
		"/about":                                {"/about", "/fa/about"},
		"/about/who-can-learn":                  {"/about/who-can-learn", "/fa/about/who-can-learn"},
		"/media/{hash}":                         {"/media/" + strings.Repeat("0", 64)},
		"/static/{hash}/{name}":                 {style, "/static/x/y"},
		"/robots.txt":                           {"/robots.txt"},
		"/healthz":                              {"/healthz"},
		"/readyz":                               {"/readyz"},
		"/desk/sign-in":                         {"/desk/sign-in", "/fa/desk/sign-in", "/desk/sign-in?to=%ff//x"},
		"/desk/join/{token}":                    {"/desk/join/x", "/ar/desk/join/" + strings.Repeat("x", 43)},
		"/desk":                                 {"/desk", "/fa/desk", "/desk?done=saved"},
		"/desk/account":                         {"/desk/account"},
		"/desk/account/recovery":                {"/desk/account/recovery"},
		"/desk/organisations":                   {"/desk/organisations"},
		"/desk/organisations/{slug}":            {"/desk/organisations/" + testkit.Lead, "/desk/organisations/none"},
		"/desk/new":                             {"/desk/new", "/desk/new?pattern=x"},
		"/desk/letters/{slug}":                  {"/desk" + letter, "/desk/letters/unknown"},
		"/desk/letters/{slug}/demands":          {"/desk" + letter + "/demands"},
		"/desk/letters/{slug}/news":             {"/desk" + letter + "/news"},
		"/desk/letters/{slug}/settings":         {"/desk" + letter + "/settings"},
		"/desk/letters/{slug}/texts/{language}": {"/desk" + letter + "/texts/en", "/desk" + letter + "/texts/%ff"},
		"/desk/letters/{slug}/texts/{language}/preview": {"/desk" + letter + "/texts/en/preview"},
		"/desk/letters/{slug}/signatures":               {"/desk" + letter + "/signatures"},
		"/desk/letters/{slug}/invitations":              {"/desk" + letter + "/invitations", "/desk" + letter + "/invitations?state=signed&after=x"},
		"/desk/letters/{slug}/texts":                    {"/desk" + letter + "/texts"},
		"/desk/letters/{slug}/trail":                    {"/desk" + letter + "/trail"},
		"/dev/desk/{session}":                           {"/dev/desk/x"},  // 404: this is no demonstration
		"/dev/mailbox":                                  {"/dev/mailbox"}, // 404: this is no demonstration
		"/desk/letters/{slug}/intake":                   {"/desk" + letter + "/intake", "/fa/desk" + letter + "/intake"},
		"/desk/letters/{slug}/intake/{id}":              {"/desk" + letter + "/intake/x"},
		"/desk/letters/{slug}/deliveries":               {"/desk" + letter + "/deliveries"},
		"/desk/letters/{slug}/addressees/{number}":      {"/desk" + letter + "/addressees/1", "/desk" + letter + "/addressees/new"},
		"/desk/letters/{slug}/deliveries/{id}/{number}": {"/desk" + letter + "/deliveries/1/1"},
		"/desk/letters/{slug}/answers":                  {"/desk" + letter + "/answers"},
		"/desk/letters/{slug}/answers/{id}":             {"/desk" + letter + "/answers/1"},
		"/desk/letters/{slug}/answers/{id}/file":        {"/desk" + letter + "/answers/1/file"},
		"/desk/letters/{slug}/answers/{id}/copy":        {"/desk" + letter + "/answers/1/copy"},
		"/desk/letters/{slug}/statements":               {"/desk" + letter + "/statements", "/fa/desk" + letter + "/statements"},
		"/desk/letters/{slug}/statements/{id}/file":     {"/desk" + letter + "/statements/1/file"},
		"/desk/letters/{slug}/documents":                {"/desk" + letter + "/documents"},
		"/desk/letters/{slug}/documents/{file}":         {"/desk" + letter + "/documents/labels.pdf", "/desk" + letter + "/documents/none"},
		"/desk/letters/{slug}/exports":                  {"/desk" + letter + "/exports"},
		"/desk/jobs":                                    {"/desk/jobs"},
		"/desk/mail":                                    {"/desk/mail", "/desk/mail?before=x"},
		"/desk/mail/{id}":                               {"/desk/mail/1"},
		"/desk/mail/{id}/{part}":                        {"/desk/mail/1/raw"},
		"/desk/letters/{slug}/mail":                     {"/desk" + letter + "/mail"},
		"/desk/letters/{slug}/mail/{id}":                {"/desk" + letter + "/mail/1"},
		"/desk/letters/{slug}/mail/{id}/{part}":         {"/desk" + letter + "/mail/1/1"},
		"/desk/letters/{slug}/updates/{update}":         {"/desk" + letter + "/updates/new"},
		"/desk/letters/{slug}/agreement":                {"/desk" + letter + "/agreement"},
		"/desk/letters/{slug}/circulation":              {"/desk" + letter + "/circulation"},
	}
}

var routeLine = regexp.MustCompile(`s\.(?:handle|desk)\("(GET|POST) ([^"]+)"`)

// patterns returns the routes of a method, from the only list of them.
func patterns(t *testing.T, method string) (found []string) {
	t.Helper()
	source, err := os.ReadFile("../../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range routeLine.FindAllStringSubmatch(string(source), -1) {
		if m[1] == method {
			found = append(found, m[2])
		}
	}
	if len(found) < 4 {
		t.Fatalf("only %d routes found: the pattern is broken", len(found))
	}
	return found
}

// Reading any page, by GET or HEAD, writes nothing, sets no cookie, and gets the same strict headers; HEAD is GET without
// the body.
func TestRead_changesNothing(t *testing.T) {
	testkit.NotRaced(t)
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine, func(o *app.Options) { o.Server.PublishEvery = 1e12 })
		signed := a.Client(t)
		_, mail := a.Sign(t, signed, testkit.SignForm("Quiet Reader", "quiet@reader.example"))
		paths := readable(t, a, mail.Token())
		before := a.Settled(t)
		for _, pattern := range patterns(t, http.MethodGet) {
			if len(paths[pattern]) == 0 {
				t.Errorf("no path is tried for the route %s", pattern)
			}
			for _, path := range paths[pattern] {
				for _, c := range []*testkit.Client{a.Client(t), signed} {
					get, head := c.Get(path), c.Do(http.MethodHead, path, nil)
					checkHeaders(t, path, get)
					if get.Status >= 500 || head.Status != get.Status || head.Body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
						t.Errorf("%.80s: GET %d %s, HEAD %d %s with %d bytes", path, get.Status, get.Header.Get("Content-Type"), head.Status,
							head.Header.Get("Content-Type"), len(head.Body))
					}
					if cookie := get.Header.Get("Set-Cookie") + head.Header.Get("Set-Cookie"); cookie != "" {
						t.Errorf("%.80s: reading sets the cookie %q", path, cookie)
					}
				}
			}
		}
		if after := a.Settled(t); after != before {
			t.Errorf("reading changed the database:\n%s", testkit.FirstDifference(before, after))
		}
	})
}

// shownElsewhere are the pictures of a letter that pages of other sites show.
var shownElsewhere = regexp.MustCompile(`/letters/[^/]+/(badge\.svg|card\.[a-z]+\.png)$`)

// handedIn are files that others made: nothing of them may run in a browser.
var handedIn = regexp.MustCompile(`/(responses|statements)/[^/]+/file$|^/office/confirm/[^/]+/file$|^/exhibits/`)

func checkHeaders(t *testing.T, path string, a testkit.Answer) {
	t.Helper()
	for name, want := range everyAnswer {
		if name == "Cross-Origin-Resource-Policy" && a.Status == http.StatusOK && shownElsewhere.MatchString(path) {
			want = "cross-origin"
		}
		if name == "Content-Security-Policy" && a.Header.Get("Content-Disposition") != "" && handedIn.MatchString(path) {
			want = "default-src 'none'; frame-ancestors 'none'; sandbox"
		}
		if got := a.Header.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%.80s: %s is %q", path, name, got)
		}
	}
	if a.Header.Get("X-Request-Id") == "" || a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" {
		t.Errorf("%.80s: %v", path, a.Header)
	}
}

// Answers to forms have the same headers, whatever their status, and a cookie that no script and no other site gets.
func TestForms_headers(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	routes := slices.DeleteFunc(patterns(t, http.MethodPost), func(p string) bool { return strings.HasPrefix(p, "/desk") }) // TestDesk_whoMayWhat
	if len(routes) != 12 {
		t.Errorf("%d routes take forms, and 12 are tried here", len(routes))
	}
	c := a.Client(t)
	sign := "/letters/" + testkit.Slug + "/signatures"
	answer := c.Post(sign, testkit.SignForm("Header Hilda", "hilda@header.example"))
	checkHeaders(t, "signing", answer)
	cookie := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-sign=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	mail := a.Inbox.Wait(t, "hilda@header.example")
	invitation, unsubscribe := a.Invite(t, invitation.Invitee{Name: "Hilda", Email: "hilda@header.example"})[0].Links(t)
	for what, answer := range map[string]testkit.Answer{
		"a form with mistakes": c.Post(sign, nil),
		"a confirmation":       c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")),
		"a refused one":        a.Client(t).Post("/confirm/"+mail.Token(), testkit.Press("confirm")),
		"an answer":            c.Post(invitation, testkit.Press("considering")),
		"one to be repeated":   a.Client(t).Post(invitation, testkit.Press("considering")),
		"an unsubscription":    c.Post(unsubscribe, testkit.Press("unsubscribe")),
		"a wrong secret":       c.Post("/signature", testkit.Press("show", "secret", "x")),
		"a wish for news":      c.Post("/letters/"+testkit.Slug+"/follow", testkit.Press("follow")),
		"one confirmed":        c.Post("/follow/x", testkit.Press("confirm")),
		"a follower's page":    c.Post("/following/x", testkit.Press("end")),
		"an office's link":     c.Post("/office/x", testkit.Press("state")),
		"what it confirms":     c.Post("/office/confirm/x", testkit.Press("confirm")),
		"a reader's link":      c.Post("/circulation/"+mail.Token(), testkit.Press("answer")),
		"another site":         c.Post(sign, nil, "Sec-Fetch-Site", "cross-site"),
		"a wrong method":       c.Do(http.MethodPut, "/", nil),
		"too much":             c.Do(http.MethodPost, sign, strings.NewReader(strings.Repeat("a", 1<<17)), "Content-Type", testkit.Urlencoded),
	} {
		checkHeaders(t, what, answer)
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s may be cached: %q", what, got)
		}
	}
}

// No path and no query leads to another host, and a cleaned path keeps its language and query.
func TestRedirects_stayHere(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	for _, path := range []string{"//evil.example", "//evil.example/x", "/fa//evil.example", "/fa//evil.example/%2e%2e", `/fa/\evil.example`, `/\evil.example`,
		"///evil.example", "/fa/%2f%2fevil.example", "/%2f%2fevil.example", "/fa?next=//evil.example", "/fa/..//evil.example", "/en/fa//evil.example",
		"/fa/https://evil.example", "/.//evil.example", "/fa/.//evil.example", "//evil.example%2f..", "/%5cevil.example", "/fa%2f%2fevil.example"} {
		for range 3 {
			status, header, body := raw(t, a, "GET "+path+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(a.URL, "http://")+"\r\nConnection: close\r\n\r\n")
			to := header.Get("Location")
			if status >= 500 || strings.Contains(body, `href="//`) || strings.Contains(body, `href="https://evil`) ||
				strings.Contains(body, `href="http://evil`) {
				t.Errorf("%s: %d, or a link to there", path, status)
			}
			if to == "" {
				break
			}
			if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
				t.Errorf("%s leads to %s", path, to)
			}
			path = to
		}
	}
	for path, want := range map[string]string{"/fa//letters//" + testkit.Slug + "?text=en": "/fa/letters/" + testkit.Slug + "?text=en",
		"/letters/../about": "/about", "/fa/./about": "/fa/about", "/fa?x=1": "/fa/?x=1",
		"/fa/letters//" + testkit.Slug + "/signatories?q=a+b": "/fa/letters/" + testkit.Slug + "/signatories?q=a+b"} {
		if r := c.Get(path); r.Status != http.StatusPermanentRedirect || r.Header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, r.Status, r.Header.Get("Location"), want)
		}
	}
}

// raw sends bytes and reads the answer, if there is one.
func raw(t *testing.T, a *testkit.Running, request string) (status int, header http.Header, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", a.Options.Server.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, http.Header{}, ""
	}
	defer response.Body.Close()
	var b strings.Builder
	_, _ = bufio.NewReader(response.Body).WriteTo(&b)
	return response.StatusCode, response.Header, b.String()
}

// The request's Host poisons neither the mail's link nor anything on a page, and is no key to another origin's forms.
func TestHost_isNotBelieved(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	c := a.Client(t)
	form := testkit.SignForm("Host Hopper", "host@hopper.example")
	r := c.Do(http.MethodPost, "/fa/letters/"+testkit.Slug+"/signatures", strings.NewReader(form.Encode()), "Content-Type", testkit.Urlencoded,
		"Host", "evil.example", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example", "X-Forwarded-Proto", "https")
	if r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/fa/letters/") {
		t.Errorf("signing was answered with %d to %q", r.Status, r.Header.Get("Location"))
	}
	if mail := a.Inbox.Wait(t, "host@hopper.example"); !strings.HasPrefix(mail.Link, a.URL+"/fa/confirm/") || strings.Contains(string(mail.Raw), "evil") {
		t.Errorf("the mail leads to %s", mail.Link)
	}
	for _, path := range []string{"/", "/letters/" + testkit.Slug, "/nothing", "/letters.json"} {
		if r := c.Get(path, "Host", "evil.example", "X-Forwarded-Host", "evil.example"); strings.Contains(r.Body, "evil.example") {
			t.Errorf("%s repeats the request's host", path)
		}
	}
}

// Odd headers change nothing but the language.
func TestHeaders_garbage(t *testing.T) {
	testkit.NotRaced(t)
	a := testkit.App(t, store.Postgres)
	c := a.Client(t)
	for accept, language := range map[string]string{"": "en", "fa": "fa", "fa-IR,fa;q=0.9,en;q=0.1": "fa", "xx": "en", "*": "en",
		";;;q=": "en", "fa;q=\xff": "en", strings.Repeat("fa,", 5000): "fa", "en;q=0,fa": "fa", "de, fr;q=0.5": "fr", "de, pl;q=0.5": "en",
		"zh-Hant-TW-x-private": "en"} {
		r := c.Get("/letters/"+testkit.Slug, "Accept-Language", accept)
		if r.Status != 200 || !strings.Contains(r.Body, `<html lang="`+language+`"`) {
			t.Errorf("Accept-Language %.40q: %d %.60s", accept, r.Status, r.Body)
		}
	}
	for _, header := range [][]string{{"Cookie", strings.Repeat("a=b; ", 3000)}, {"Cookie", "__Host-sign=\x80\x81; sign=,"}, {"If-None-Match", `*, W/"`},
		{"Accept-Encoding", "gzip;q=0, br"}, {"X-Forwarded-For", strings.Repeat("1.2.3.4,", 2000)}, {"Range", "bytes=0-1,5-9,999999999999999-"},
		{"If-Modified-Since", "yesterday"}} {
		for _, path := range []string{"/letters/" + testkit.Slug, "/", "/letters/" + testkit.Slug + "/editions/1.en.md"} {
			if r := c.Get(path, header...); r.Status >= 400 || r.Header.Get("Content-Encoding") != "" {
				t.Errorf("%s with %.60q: %d %s", path, header, r.Status, r.Header.Get("Content-Encoding"))
			}
		}
	}
	huge := "GET / HTTP/1.1\r\nHost: x\r\nX-Huge: " + strings.Repeat("h", 200<<10) + "\r\n\r\n"
	if status, _, _ := raw(t, a, huge); status != http.StatusRequestHeaderFieldsTooLarge && status != 0 {
		t.Errorf("a header of 200 kB was answered with %d", status)
	}
	for _, request := range []string{"GET / HTTP/1.0\r\n\r\n", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "rubbish\r\n\r\n",
		"POST /signature HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"POST /signature HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: " + testkit.Urlencoded + "\r\n\r\nzz\r\n"} {
		if status, _, body := raw(t, a, request); status >= 500 || testkit.Traces.MatchString(body) {
			t.Errorf("%.60q was answered with %d %.200s", request, status, body)
		}
	}
	if r := c.Get("/"); r.Status != 200 {
		t.Errorf("afterwards the server answers with %d", r.Status)
	}
}

package promise

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// bad is a request that deserves a refusal in the reader's language.
type bad struct {
	name, method, path string
	contentType, body  string
	header             []string
	status             int
	fault              string // key of the message that the page must hold; "" for any
}

func badRequests(token, spent string) []bad {
	sign, ok := "/letters/"+testkit.Slug+"/signatures", testkit.SignForm("Name", "name@example.org").Encode()
	fields := strings.Repeat("a=b&", 10_000)
	return []bad{
		{"not UTF-8", "POST", sign, testkit.Urlencoded, "name=%ff%fe&" + ok, nil, 422, "form.encoding"},
		{"raw bytes that are not UTF-8", "POST", sign, testkit.Urlencoded, "name=\xff\xfe&" + ok, nil, 422, "form.encoding"},
		{"NUL", "POST", sign, testkit.Urlencoded, "title=a%00b&" + ok, nil, 422, "form.encoding"},
		{"NUL in a field's name", "POST", sign, testkit.Urlencoded, "a%00b=1&" + ok, nil, 422, ""},
		{"broken escapes", "POST", sign, testkit.Urlencoded, "name=%zz", nil, 422, "form.encoding"},
		{"semicolons", "POST", sign, testkit.Urlencoded, "name=a;email=b", nil, 422, ""},
		{"no bytes", "POST", sign, testkit.Urlencoded, "", nil, 422, "name.empty"},
		{"10,000 fields", "POST", sign, testkit.Urlencoded, fields, nil, 413, "form.fields"},
		{"10,000 fields beyond the limit", "POST", sign, testkit.Urlencoded, fields + fields + fields, nil, 413, "form.large"},
		{"a name of 1 MB", "POST", sign, testkit.Urlencoded, "name=" + strings.Repeat("n", 1<<20), nil, 413, "form.large"},
		{"a name of 60 kB", "POST", sign, testkit.Urlencoded, testkit.SignForm(strings.Repeat("n", 60_000), "n@example.org").Encode(), nil, 422, "name.long"},
		{"no content type", "POST", sign, "", ok, nil, 422, "form.encoding"},
		{"JSON", "POST", sign, "application/json", `{"name":"x"}`, nil, 422, "form.encoding"},
		{"text", "POST", sign, "text/plain", ok, nil, 422, "form.encoding"},
		{"multipart", "POST", sign, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n",
			nil, 422, "form.encoding"},
		{"broken content type", "POST", sign, "application/x-www-form-urlencoded; =;", ok, nil, 422, "form.encoding"},
		{"unknown edition", "POST", sign, testkit.Urlencoded, "edition=9&" + ok, nil, 422, "edition.unknown"},
		{"no edition", "POST", sign, testkit.Urlencoded, "edition=x&" + ok, nil, 422, "edition.unknown"},
		{"edition beyond all numbers", "POST", sign, testkit.Urlencoded, "edition=99999999999999999999&" + ok, nil, 422, "edition.unknown"},
		{"unknown kind", "POST", sign, testkit.Urlencoded, "kind=robot&" + ok, nil, 422, "kind"},
		{"unknown listing", "POST", sign, testkit.Urlencoded, "listing=all&" + ok, nil, 422, "listing"},
		{"unknown country", "POST", sign, testkit.Urlencoded, "country=XX&" + ok, nil, 422, "country"},
		{"sign an unknown letter", "POST", "/letters/nothing/signatures", testkit.Urlencoded, ok, nil, 404, "letter.unknown"},
		{"unknown slug", "GET", "/letters/nothing", "", "", nil, 404, "letter.unknown"},
		{"no slug at all", "GET", "/letters/Nothing%20Here", "", "", nil, 404, "letter.unknown"},
		{"a slug of bytes", "GET", "/letters/%ff%00", "", "", nil, 404, "page.unknown"},
		{"a long slug", "GET", "/letters/" + strings.Repeat("a", 4000), "", "", nil, 404, "letter.unknown"},
		{"letter in an unknown format", "GET", "/letters/" + testkit.Slug + ".xml", "", "", nil, 404, "letter.unknown"},
		{"unknown edition's page", "GET", "/letters/" + testkit.Slug + "/editions/7", "", "", nil, 404, "edition.unknown"},
		{"edition 01", "GET", "/letters/" + testkit.Slug + "/editions/01", "", "", nil, 404, "edition.unknown"},
		{"edition of bytes", "GET", "/letters/" + testkit.Slug + "/editions/1.%ff.md", "", "", nil, 404, "page.unknown"},
		{"edition in an unknown language", "GET", "/letters/" + testkit.Slug + "/editions/1.xx.md", "", "", nil, 404, "edition.unknown"},
		{"unknown comparison", "GET", "/letters/" + testkit.Slug + "/editions/1/diff/x", "", "", nil, 404, "edition.unknown"},
		{"unknown organisation", "GET", "/organisations/%ff", "", "", nil, 404, "page.unknown"},
		{"an organisation that is no slug", "GET", "/organisations/A%20B", "", "", nil, 404, "organisation.unknown"},
		{"unknown picture", "GET", "/media/%00", "", "", nil, 404, "page.unknown"},
		{"a picture that is no hash", "GET", "/media/abc", "", "", nil, 404, ""},
		{"unknown page", "GET", "/%F0%9F%A6%8A", "", "", nil, 404, "page.unknown"},
		{"unknown file", "GET", "/static/0/x.css", "", "", nil, 404, ""},
		{"a path with escaped slashes", "GET", "/letters%2F" + testkit.Slug, "", "", nil, 404, "page.unknown"},
		{"truncated token", "GET", "/confirm/" + token[:20], "", "", nil, 410, "token.unknown"},
		{"token without its last character", "GET", "/confirm/" + token[:len(token)-1], "", "", nil, 410, "token.unknown"},
		{"token with another end", "GET", "/confirm/" + token[:40] + "aaaaa", "", "", nil, 410, "token.unknown"},
		{"garbage token", "GET", "/confirm/%41..%2f%20", "", "", nil, 410, "token.unknown"},
		{"a long token", "GET", "/confirm/" + strings.Repeat("a", 8000), "", "", nil, 410, "token.unknown"},
		{"garbage token of a draft", "GET", "/circulation/%41..%2f%20", "", "", nil, 410, "circulation.link"},
		{"a token of another kind", "POST", "/circulation/" + token, testkit.Urlencoded, "do=answer&answer=in", nil, 410, "circulation.link"},
		{"garbage token, pressed", "POST", "/confirm/garbage", testkit.Urlencoded, "do=confirm", nil, 410, "token.unknown"},
		{"garbage token, code asked", "POST", "/confirm/garbage", testkit.Urlencoded, "do=code", nil, 410, "token.unknown"},
		{"garbage token, disputed", "POST", "/confirm/garbage", testkit.Urlencoded, "do=dispute", nil, 410, "token.unknown"},
		{"a spent token without the cookie", "POST", "/confirm/" + spent, testkit.Urlencoded, "do=confirm", nil, 403, "code.missing"},
		{"a spent token, disputed", "POST", "/confirm/" + spent, testkit.Urlencoded, "do=dispute", nil, 409, "token.used"},
		{"no code", "POST", "/confirm/" + token, testkit.Urlencoded, "do=confirm", nil, 403, "code.missing"},
		{"a code of letters", "POST", "/confirm/" + token, testkit.Urlencoded, "do=confirm&code=abcdef", nil, 403, "code.missing"},
		{"no secret", "POST", "/signature", testkit.Urlencoded, "do=show", nil, 403, "secret.wrong"},
		{"a secret of signs", "POST", "/signature", testkit.Urlencoded, "do=show&secret=" + strings.Repeat("%E2%80%8F", 26), nil, 403, "secret.wrong"},
		{"erase with an unknown id", "POST", "/signature", testkit.Urlencoded, "do=erase&sure=1&id=-5&secret=" + strings.Repeat("a", 26), nil, 403,
			"secret.wrong"},
		{"resend for nobody", "POST", "/letters/" + testkit.Slug + "/check-mail?p=zz", testkit.Urlencoded, "", nil, 410, ""},
		{"resend for an id that is none", "POST", "/letters/" + testkit.Slug + "/check-mail?p=%00", testkit.Urlencoded, "", nil, 404, ""},
		{"other site, by Sec-Fetch-Site", "POST", sign, testkit.Urlencoded, ok, []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross_site"},
		{"sister site", "POST", sign, testkit.Urlencoded, ok, []string{"Sec-Fetch-Site", "same-site"}, 403, "cross_site"},
		{"other site, by Origin", "POST", sign, testkit.Urlencoded, ok, []string{"Origin", "https://evil.example"}, 403, "cross_site"},
		{"no origin", "POST", "/confirm/" + token, testkit.Urlencoded, "do=confirm", []string{"Origin", "null"}, 403, "cross_site"},
		{"delete a letter", "DELETE", "/letters/" + testkit.Slug, "", "", nil, 405, "method"},
		{"put a page", "PUT", "/about", "", "x", nil, 405, "method"},
		{"post to the letter", "POST", "/letters/" + testkit.Slug, testkit.Urlencoded, ok, nil, 405, "method"},
		{"get the form's target", "GET", sign, "", "", nil, 405, "method"},
		{"an invented method", "BREW", "/", "", "", nil, 405, "method"},
		{"options", "OPTIONS", "/signature", "", "", nil, 405, "method"},
	}
}

// Bad input gets a page that says what is wrong, in the reader's language; never a mistake of ours, never a trace of the
// inside, and nothing is written.
func TestBadInput_isRefused(t *testing.T) {
	testkit.NotRaced(t)
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		c := a.Client(t)
		_, mail := a.Sign(t, c, testkit.SignForm("Spent Once", "spent@once.example"))
		if r := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); r.Status != 200 {
			t.Fatalf("confirming was answered with %d", r.Status)
		}
		_, open := a.Sign(t, c, testkit.SignForm("Still Open", "still@open.example"))
		before := a.Settled(t)
		for _, x := range badRequests(open.Token(), mail.Token()) {
			for _, language := range []string{"en", "fa"} {
				t.Run(x.name+"/"+language, func(t *testing.T) { refused(t, a, x, language) })
			}
		}
		if a.Settled(t) != before {
			t.Error("a refused request has changed the database")
		}
	})
}

func refused(t *testing.T, a *testkit.Running, x bad, language string) {
	t.Helper()
	path := x.path
	if language != i18n.Default {
		path = "/" + language + path
	}
	header := slices.Clone(x.header)
	if x.contentType != "" {
		header = append(header, "Content-Type", x.contentType)
	}
	r := a.Client(t).Do(x.method, path, strings.NewReader(x.body), header...)
	if r.Status != x.status {
		t.Errorf("answered with %d, want %d: %.300s", r.Status, x.status, r.Main(t))
	}
	if found := testkit.Traces.FindString(r.Body); found != "" {
		t.Errorf("the page shows %q", found)
	}
	if !strings.Contains(r.Body, `<html lang="`+language+`"`) {
		t.Errorf("the page is not in %s: %.200s", language, r.Body)
	}
	if want := i18n.Find(language).T("fault."+x.fault, "Limit", 200, "Left", 4); x.fault != "" && !strings.Contains(r.Main(t), want) {
		t.Errorf("the page does not say %q but %.600s", want, r.Main(t))
	}
	if x.status == http.StatusMethodNotAllowed && r.Header.Get("Allow") == "" {
		t.Error("the answer does not say which methods are allowed")
	}
	if sent := r.Header.Get("Set-Cookie"); sent != "" && x.status != 422 {
		t.Errorf("a refusal sets the cookie %q", sent)
	}
}

// A chunked body without a length is read no further than the limit.
func TestBadInput_chunkedBody(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	endless := io.MultiReader(strings.NewReader("name="), io.LimitReader(repeated('n'), 64<<20))
	r, err := a.Client(t).Try(http.MethodPost, "/fa/letters/"+testkit.Slug+"/signatures", endless, "Content-Type", testkit.Urlencoded)
	if err == nil && (r.Status != 413 || !strings.Contains(r.Main(t), i18n.Find("fa").T("fault.form.large"))) {
		t.Errorf("answered with %d: %s", r.Status, r.Main(t))
	} // an error is right too: the server closes the connection while the client still writes
	small := io.MultiReader(strings.NewReader(testkit.SignForm("Chunk Small", "chunk@small.example").Encode())) // no length known
	if r := a.Client(t).Do(http.MethodPost, "/letters/"+testkit.Slug+"/signatures", small, "Content-Type", testkit.Urlencoded); r.Status != 303 {
		t.Errorf("a small chunked form was answered with %d", r.Status)
	}
}

type repeated byte

func (r repeated) Read(b []byte) (int, error) {
	return copy(b, bytes.Repeat([]byte{byte(r)}, len(b))), nil
}

// A form with mistakes comes back with everything that was typed and with a message at each wrong field.
func TestBadInput_typedValuesStay(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	for _, language := range []string{"en", "fa"} {
		typed := url.Values{"edition": {"1"}, "kind": {"both"}, "name": {"Ned <b>\u202ETrap"}, "email": {"no address"}, "title": {strings.Repeat("t", 301)},
			"affiliation": {`"quoted" & 'so'`}, "organisation": {""}, "listing": {"coalition"}, "country": {"IE"}, "updates": {"1"}}
		r := a.Client(t).Post("/"+language+"/letters/"+testkit.Slug+"/signatures", typed)
		if r.Status != 422 {
			t.Fatalf("%s: answered with %d", language, r.Status)
		}
		doc, ids := r.Doc(t), map[string]*html.Node{}
		for n := range doc.Descendants() {
			if id := testkit.Attribute(n, "id"); id != "" {
				ids[id] = n
			}
		}
		for _, field := range []string{"name", "email", "title", "organisation", "consent"} {
			input, message := ids["f-"+field], ids["e-"+field]
			if input == nil || message == nil || testkit.Attribute(input, "aria-invalid") != "true" ||
				!slices.Contains(strings.Fields(testkit.Attribute(input, "aria-describedby")), "e-"+field) {
				t.Errorf("%s: the wrong field %s is not tied to a message", language, field)
			}
		}
		for _, field := range []string{"name", "email", "title", "affiliation"} {
			if got := testkit.Attribute(ids["f-"+field], "value"); got != typed.Get(field) {
				t.Errorf("%s: %s was %q and is now %q", language, field, typed.Get(field), got)
			}
		}
		for _, checked := range []string{`name="kind" value="both" checked`, `name="listing" value="coalition" checked`,
			`name="updates" value="1" checked`, `<option value="IE" selected>`} {
			if !strings.Contains(r.Body, checked) {
				t.Errorf("%s: the page has no %s", language, checked)
			}
		}
		if ids["errors"] == nil || testkit.Attribute(ids["errors"], "role") != "alert" {
			t.Errorf("%s: no summary of what is wrong", language)
		}
	}
}

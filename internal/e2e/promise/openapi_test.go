package promise

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// describedAPI loads the description that the application serves.
func describedAPI(t *testing.T, a *testkit.Running) *openapi3.T {
	t.Helper()
	answer := a.Client(t).Get("/openapi.json")
	if answer.Status != 200 {
		t.Fatalf("/openapi.json: %d", answer.Status)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(answer.Body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// checkAnswer holds an answer to what the description says of its path and status.
func checkAnswer(t *testing.T, doc *openapi3.T, method, path string, answer *http.Response) error {
	t.Helper()
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, "http://site.example"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	route, parameters, err := router.FindRoute(request)
	if err != nil {
		return fmt.Errorf("%s is not described: %w", path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route}
	if answer.StatusCode == 200 {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			return err
		}
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: answer.StatusCode,
		Header: answer.Header, Body: io.NopCloser(bytes.NewReader(body))})
}

func init() {
	for _, contentType := range []string{"text/markdown", "application/atom+xml", "text/csv", "text/plain", "application/zip", "application/jsonl", "image/png",
		"text/calendar"} {
		openapi3filter.RegisterBodyDecoder(contentType, func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
			text, err := io.ReadAll(body)
			return string(text), err
		})
	}
	openapi3filter.RegisterBodyDecoder("application/feed+json", openapi3filter.RegisteredBodyDecoder("application/json"))
}

func TestOpenAPI_everyAnswerIsAsDescribed(t *testing.T) {
	a := testkit.App(t, store.SQLite, func(o *app.Options) { o.Server.Inbox, o.Server.MailFrom = "local", "letters@varrow.example" })
	a.AddList(t, "Name,Title,Affiliation,Country\nشیرین نوری,Cook,\"Inn, Vale\",FR\nAnn Lee,,,\n")
	if _, err := a.Letters.Updates.Add(t.Context(), testkit.Slug,
		letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "A reply & more", Body: "It came <b>late</b>."}}, 0); err != nil {
		t.Fatal(err)
	}
	response, exhibit := answer(t, a)
	_, _, shown := office(t, a)
	c := a.Client(t)
	_, mail := a.Sign(t, c, testkit.SignForm("Bo Ray", "bo@ray.example"))
	c.Post(strings.TrimPrefix(mail.Link, a.URL), url.Values{"do": {"confirm"}})
	testkit.Eventually(t, "the signature is listed", func() bool { return strings.Contains(c.Get(testkit.Page+"/signatories.json").Body, "Bo Ray") })
	doc := describedAPI(t, a)
	used := map[string]bool{}
	for path, status := range map[string]int{
		"/letters.json": 200, "/letters.json?before=zzz": 200, testkit.Page + ".json": 200, "/letters/none.json": 404, testkit.Page + "/signatories.json": 200,
		testkit.Page + "/signatories.json?limit=2&kind=person": 200, testkit.Page + "/signatories.json?q=ann": 200,
		testkit.Page + "/signatories.json?limit=0": 422, "/letters/none/signatories.json": 404, testkit.Page + "/signatories.csv": 200,
		testkit.Page + "/editions/1.en.md": 200, testkit.Page + "/editions/1.fa.md": 200, "/feed.json": 200, "/feed.atom": 200,
		testkit.Page + "/feed.json": 200, testkit.Page + "/feed.atom": 200, "/letters/none/feed.json": 404, "/openapi.json": 200,
		testkit.Page + "/card.en.png": 200, testkit.Page + "/card.fa.png": 200, testkit.Page + "/card.de.png": 404, "/letters/none/card.en.png": 404,
		testkit.Page + "/press.fa.zip": 200, testkit.Page + "/press.de.zip": 404,
		testkit.Page + "/calendar.ics": 200, "/letters/none/calendar.ics": 404, testkit.Page + "/responses/" + response + "/file": 200,
		testkit.Page + "/statements/" + shown + "/file": 200, testkit.Page + "/statements/0/file": 404,
		testkit.Page + "/responses/0/file": 404, "/exhibits/" + exhibit: 200, "/exhibits/" + strings.Repeat("0", 64): 404,
		"/addressees/" + addressee(t, a) + ".json": 200, "/addressees/none.json": 404,
		testkit.Page + "/bundle.zip": 200, "/log/checkpoint": 200, "/log/key": 200, "/log/former": 200, "/log/openings/0": 200,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, answer.StatusCode, status)
		}
		if err := checkAnswer(t, doc, http.MethodGet, path, answer); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		answer.Body.Close()
		for pattern := range doc.Paths.Map() {
			if status == 200 && patternOf(pattern).MatchString(strings.Split(path, "?")[0]) {
				used[pattern] = true
			}
		}
	}
	for pattern := range doc.Paths.Map() {
		if !used[pattern] {
			t.Errorf("%s is described and was not looked at", pattern)
		}
	}

	// Every route that sends data is described.
	source, err := os.ReadFile("../../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"GET (/[^"]*\.(json|csv|atom|zip)|/log/[a-z]+)"`).FindAllStringSubmatch(string(source), -1) {
		if doc.Paths.Value(m[1]) == nil {
			t.Errorf("%s is not described", m[1])
		}
	}
}

func patternOf(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
}

// TestOpenAPI_control plants answers that are not as described.
func TestOpenAPI_control(t *testing.T) {
	doc := describedAPI(t, testkit.App(t, store.SQLite))
	for name, body := range map[string]string{
		"a field is missing": `{"letter":"x","signatories":[]}`, "a field too many": `{"letter":"x","identification":"i","signatories":[],"emails":[]}`,
		"a number for a text": `{"letter":1,"identification":"i","signatories":[]}`,
		"no such basis":       `{"letter":"x","identification":"i","signatories":[{"kind":"person","name":"A","basis":"guess"}]}`,
	} {
		answer := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
		if err := checkAnswer(t, doc, http.MethodGet, testkit.Page+"/signatories.json", answer); err == nil {
			t.Errorf("%s, and nobody notices", name)
		}
	}
}

func TestFeeds_sayWhatIsNewAndNobodysName(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	a.AddList(t, "Name\nSecretive Signer\n")
	text := testkit.ReadText(t, "granary.en.md")
	text.Body += "\n\nOne more paragraph."
	if _, _, err := a.Letters.Import(t.Context(), letter.Import{Slug: testkit.Slug, Text: text, Follows: letter.FollowsSubstantive,
		Publish: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Letters.Updates.Add(t.Context(), testkit.Slug,
		letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "A reply & <more>", Body: "It came *late*, [here](https://a.example)."}}, 0); err != nil {
		t.Fatal(err)
	}
	c := a.Client(t)
	testkit.Eventually(t, "the update shows", func() bool { return strings.Contains(c.Get(testkit.Page).Body, "A reply &amp; &lt;more&gt;") })
	var atom struct {
		ID      string `xml:"id"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Summary string `xml:"summary"`
			Author  string `xml:"author>name"`
		} `xml:"entry"`
	}
	answer := c.Get(testkit.Page + "/feed.atom")
	if err := xml.Unmarshal([]byte(answer.Body), &atom); err != nil || len(atom.Entries) != 3 {
		t.Fatalf("%v, %s", err, answer.Body)
	}
	if e := atom.Entries[0]; e.Title != "A reply & <more>" || e.Summary != "It came late, here." || e.Author != "Lantern Court Watch" ||
		e.ID != a.URL+testkit.Page+"/updates/1" {
		t.Errorf("%+v", e)
	}
	if page := c.Get(testkit.Page + "/updates/1"); page.Status != 200 || !strings.Contains(page.Body, "<em>late</em>") {
		t.Errorf("the update's page: %d", page.Status)
	}
	var all struct{ Items []struct{ Title string } }
	body := c.Get("/feed.json").Body
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all.Items) != 2 {
		t.Errorf("%v: %s", err, body)
	}
	for _, path := range []string{"/feed.json", "/feed.atom", testkit.Page + "/feed.json", testkit.Page + "/feed.atom", "/fa" + testkit.Page + "/feed.atom"} {
		answer := c.Get(path)
		if strings.Contains(answer.Body, "Secretive") {
			t.Errorf("%s names a signatory", path)
		}
		if again := c.Get(path, "If-None-Match", answer.Header.Get("ETag")); again.Status != 304 {
			t.Errorf("%s: unchanged, and answered with %d", path, again.Status)
		}
	}
	if !slices.Contains(c.Get("/").Header["Content-Type"], "text/html; charset=utf-8") {
		t.Error("the front page is gone")
	}
}

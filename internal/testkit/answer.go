package testkit

import (
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/undersigned/undersigned/internal/i18n"
)

// Page is the path of the letter that every App has.
const Page = "/letters/" + Slug

// Urlencoded is the type of a form's body, for a Client that sends one by Do or Try.
const Urlencoded = "application/x-www-form-urlencoded"

var (
	// Traces finds what a page must never show of the inside.
	Traces = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|SQLSTATE|constraint failed|panic`)

	// CodeOnPage finds the six digits of "check your mail".
	CodeOnPage = regexp.MustCompile(`\b([0-9]{6})\b`)
)

// Press is the form that a button sends, with further fields in pairs of name and value.
func Press(button string, fields ...string) url.Values {
	form := url.Values{"do": {button}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// FaultText returns the English message of a fault.
func FaultText(key string) string { return i18n.Find("en").T("fault." + key) }

// Code returns the six digits of "check your mail".
func (a Answer) Code(t testing.TB) string {
	t.Helper()
	found := CodeOnPage.FindString(a.Main(t))
	if found == "" {
		t.Fatalf("no six digits: %s", a.Main(t))
	}
	return found
}

// Secret returns the secret that a receipt page shows.
func (a Answer) Secret(t testing.TB) string {
	t.Helper()
	_, rest, _ := strings.Cut(a.Body, `<p class="secret" dir="ltr">`)
	shown, _, _ := strings.Cut(rest, "</p>")
	secret := strings.NewReplacer("<span>", "", "</span>", "", " ", "").Replace(shown)
	if a.Status != 200 || len(secret) != 26 {
		t.Fatalf("no receipt but %d: %s", a.Status, a.Main(t))
	}
	return secret
}

// SignatureID returns the id of the first signature on the page of one's own.
func (a Answer) SignatureID(t testing.TB) string {
	t.Helper()
	_, rest, _ := strings.Cut(a.Body, `name="id" value="`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no signature on the page: %s", a.Main(t))
	}
	return id
}

// Form returns what the page's form that leads to the address would send, without its buttons.
func (a Answer) Form(t testing.TB, action string) url.Values {
	t.Helper()
	v := Fields(a.Doc(t), action)
	if len(v) == 0 {
		t.Fatalf("no form leads to %s: %.300s", action, a.Main(t))
	}
	return v
}

// PostForm is a form of a page: where it leads, and what each of its buttons sends.
type PostForm struct {
	Action  string
	Buttons []url.Values
}

// Forms returns the POST forms of a page with every field filled.
func (a Answer) Forms(t testing.TB) (forms []PostForm) {
	t.Helper()
	for n := range a.Doc(t).Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || Attribute(n, "method") != "post" {
			continue
		}
		f := PostForm{Action: Attribute(n, "action")}
		fields := url.Values{}
		for d := range n.Descendants() {
			if name := Attribute(d, "name"); name != "" && (d.Data == "input" || d.Data == "select") {
				value := Attribute(d, "value")
				if value == "" && name == "code" {
					value = "123456"
				}
				fields.Set(name, value)
			}
		}
		for d := range n.Descendants() {
			if d.Data == "button" {
				button := url.Values{}
				maps.Copy(button, fields)
				button.Set(Attribute(d, "name"), Attribute(d, "value"))
				f.Buttons = append(f.Buttons, button)
			}
		}
		bare := url.Values{}
		f.Buttons = append(f.Buttons, bare, url.Values{"do": {"confirm"}})
		forms = append(forms, f)
	}
	return forms
}

package journey

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

var stored = regexp.MustCompile(`(?:picture:|/media/)([0-9a-f]{64})`)

// A picture and a document become part of the text; what is wrong with either is said beside it, and what was typed stays.
func TestDesk_picturesAndDocuments(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	path := "/desk/letters/" + testkit.Slug + "/texts/en"
	form := ada.Get(path).Form(t, path)
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
	with := func(do, text string) url.Values {
		v := url.Values{}
		for key := range form {
			v.Set(key, form.Get(key))
		}
		v.Set("do", do)
		v.Set(do+"_text", text)
		v.Set("closing", "In haste,")
		return v
	}
	for _, bad := range []struct {
		do, text string
		data     []byte
		says     string
		status   int
	}{
		{"picture", "", drawn.Bytes(), "Say what the picture shows.", 422},
		{"picture", "The quay", pdf, "This is not a picture", 422},
		{"picture", "The quay", nil, "Choose a picture.", 422},
		{"picture", "The quay", make([]byte, 6<<20), "too large", 413},
		{"document", "Annex", drawn.Bytes(), "not a complete PDF", 422},
		{"document", "", pdf, "Give the document a name.", 422},
	} {
		r := ada.Send(t, path, bad.do, "x", bad.data, with(bad.do, bad.text))
		if r.Status != bad.status || !strings.Contains(r.Body, bad.says) || !strings.Contains(r.Body, "In haste,") ||
			!strings.Contains(r.Body, "<details open>") {
			t.Errorf("%s %q: %d, and not %q with what was typed", bad.do, bad.text, r.Status, bad.says)
		}
	}
	if r := ada.Send(t, path, "picture", "quay.png", drawn.Bytes(), with("picture", `The "quay" [at night]`)); r.Status != http.StatusSeeOther {
		t.Fatalf("%d: %.300s", r.Status, r.Body)
	}
	form = ada.Get(path).Form(t, path)
	if r := ada.Send(t, path, "document", "annex.pdf", pdf, with("document", "Annex")); r.Status != http.StatusSeeOther {
		t.Fatalf("%d: %.300s", r.Status, r.Body)
	}
	body := ada.Get(path).Form(t, path).Get("body")
	if !strings.Contains(body, "![The ”quay” (at night)](picture:") || !strings.Contains(body, "[Annex (PDF)](/media/") {
		t.Errorf("the body is\n%s", body)
	}
	preview := ada.Get(path + "/preview").Body
	for i, m := range stored.FindAllStringSubmatch(body, -1) {
		got := a.Client(t).Get("/media/" + m[1])
		if want := []string{"image/png", "application/pdf"}[i]; got.Status != 200 || got.Header.Get("Content-Type") != want ||
			!strings.Contains(preview, "/media/"+m[1]) {
			t.Errorf("%s: %d, %s", want, got.Status, got.Header.Get("Content-Type"))
		}
		if attached := strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment"); attached != (i == 1) {
			t.Errorf("%s: Content-Disposition %q", m[1], got.Header.Get("Content-Disposition"))
		}
	}
}

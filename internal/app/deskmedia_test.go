package app_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// send posts a form with one file, or none if that has no name.
func send(t *testing.T, e *testkit.Editor, path, field, name string, data []byte, values url.Values) testkit.Answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, list := range values {
		for _, value := range list {
			if err := w.WriteField(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if name != "" {
		part, err := w.CreateFormFile(field, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return e.Do(http.MethodPost, path, &body, "Content-Type", w.FormDataContentType())
}

var stored = regexp.MustCompile(`(?:picture:|/media/)([0-9a-f]{64})`)

// A picture and a document become part of the text; what is wrong with either is said beside it, and what was typed stays.
func TestDesk_picturesAndDocuments(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	path := "/desk/letters/" + testkit.Slug + "/texts/en"
	form := formOf(t, ada.Get(path), path)
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
		r := send(t, ada, path, bad.do, "x", bad.data, with(bad.do, bad.text))
		if r.Status != bad.status || !strings.Contains(r.Body, bad.says) || !strings.Contains(r.Body, "In haste,") || !strings.Contains(r.Body, "<details open>") {
			t.Errorf("%s %q: %d, and not %q with what was typed", bad.do, bad.text, r.Status, bad.says)
		}
	}
	if r := send(t, ada, path, "picture", "quay.png", drawn.Bytes(), with("picture", `The "quay" [at night]`)); r.Status != http.StatusSeeOther {
		t.Fatalf("%d: %.300s", r.Status, r.Body)
	}
	form = formOf(t, ada.Get(path), path)
	if r := send(t, ada, path, "document", "annex.pdf", pdf, with("document", "Annex")); r.Status != http.StatusSeeOther {
		t.Fatalf("%d: %.300s", r.Status, r.Body)
	}
	body := formOf(t, ada.Get(path), path).Get("body")
	if !strings.Contains(body, "![The ”quay” (at night)](picture:") || !strings.Contains(body, "[Annex (PDF)](/media/") {
		t.Errorf("the body is\n%s", body)
	}
	preview := ada.Get(path + "/preview").Body
	for i, m := range stored.FindAllStringSubmatch(body, -1) {
		got := a.Client(t).Get("/media/" + m[1])
		if want := []string{"image/png", "application/pdf"}[i]; got.Status != 200 || got.Header.Get("Content-Type") != want || !strings.Contains(preview, "/media/"+m[1]) {
			t.Errorf("%s: %d, %s", want, got.Status, got.Header.Get("Content-Type"))
		}
		if attached := strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment"); attached != (i == 1) {
			t.Errorf("%s: Content-Disposition %q", m[1], got.Header.Get("Content-Disposition"))
		}
	}
}

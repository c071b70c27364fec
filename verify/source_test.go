package verify_test

import (
	"archive/zip"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/verify"
)

// server serves a site's files, and the list of its letters one a page.
func server(t testing.TB, f files, slugs ...string) *httptest.Server {
	t.Helper()
	var seen sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/")
		data, ok := f[path]
		if before := f[path+" at first"]; before != nil {
			if _, again := seen.LoadOrStore(path, true); !again {
				data = before
			}
		}
		switch {
		case path == "letters.json" && !ok && len(slugs) > 0:
			i := max(0, slices.Index(slugs, r.URL.Query().Get("before"))+1)
			next := ""
			if i+1 < len(slugs) {
				next = `,"next":"http://` + r.Host + "/letters.json?before=" + slugs[i] + `"`
			}
			fmt.Fprintf(w, `{"letters":[{"slug":%q}]%s}`, slugs[i], next)
		case !ok:
			http.NotFound(w, r)
		default:
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestFromBundle_refuses(t *testing.T) {
	s, _ := goodSite(t)
	for name, want := range map[string]string{"letters/" + granary + ".json": "no letters/SLUG.json", "letters/" + granary + "/editions/1.en.md": "duplicate",
		"log/checkpoint": "duplicate", "log/openings/0": "duplicate", fullBundle: "duplicate"} {
		archive, err := zip.OpenReader(twice(t, s.files(), name))
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close()
		if _, err := verify.FromBundle(archive); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s twice: %v, want %q", name, err, want)
		}
	}
	f := s.files()
	maps.DeleteFunc(f, func(name string, _ []byte) bool { return strings.HasPrefix(name, "log/") })
	if _, err := verify.FromBundle(f.fs()); err == nil || !strings.Contains(err.Error(), "not a bundle: open log") {
		t.Errorf("no log: %v", err)
	}
}

func fromURL(t testing.TB, address string, o verify.Options) (verify.Report, error) {
	t.Helper()
	source, err := verify.FromURL(t.Context(), http.DefaultClient, address)
	if err != nil {
		return verify.Report{}, err
	}
	return verify.Audit(t.Context(), source, o)
}

func slugsOf(r verify.Report) (list []string) {
	for _, l := range r.Letters {
		list = append(list, l.Slug)
	}
	return list
}

func TestFromURL_letterAndServer(t *testing.T) {
	s, _ := goodSite(t)
	c := s.claim(three, "quiet-wells", int64(len(s.leaves)))
	all := server(t, s.files(), harbour, granary, c.Slug)
	for path, want := range map[string][]string{
		"": {harbour, granary, "quiet-wells"}, "/": {harbour, granary, "quiet-wells"},
		"/letters/" + granary: {granary}, "/letters/" + granary + ".json": {granary}, "/letters/" + granary + "/": {granary},
		"/fa/letters/" + granary: {granary}, "/pt-BR/letters/" + granary + "?x=1#form": {granary},
	} {
		r, err := fromURL(t, all.URL+path, verify.Options{Key: s.vkey})
		if err != nil || !r.OK() {
			t.Errorf("%s: %v\n%s", path, err, problems(r))
		}
		if diff := cmp.Diff(want, slugsOf(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// A server cannot keep quiet about a letter that its log has; one that came while the list was read is no such letter.
func TestFromURL_letterThatIsNotListed(t *testing.T) {
	s, _ := goodSite(t)
	r, err := fromURL(t, server(t, s.files(), harbour, granary).URL, verify.Options{})
	if err != nil || problems(r) != "the log speaks of the letter "+three.String()+", which the site does not list" {
		t.Errorf("%v\n%s", err, problems(r))
	}

	s.claim(three, "quiet-wells", int64(len(s.leaves)))
	early, enough := s.checkpoint(int64(len(s.leaves))), []string{harbour, granary, "quiet-wells"}
	s.add(first(verify.LetterID{4}))
	source, err := verify.FromURL(t.Context(), http.DefaultClient, server(t, changing(s.files(), "log/checkpoint", early), enough...).URL)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = verify.Audit(t.Context(), source, verify.Options{}); err != nil || !r.OK() || r.Size != int64(len(s.leaves)) {
		t.Errorf("a letter that has just come: %v\n%s", err, problems(r))
	}
	if r, err = fromURL(t, server(t, s.files(), enough...).URL, verify.Options{}); err != nil || problems(r) != "the log speaks of the letter 04000000000000000000000000000000, which the site does not list" {
		t.Errorf("a letter that came before: %v\n%s", err, problems(r))
	}
	r, err = fromURL(t, server(t, changing(s.files(), "log/checkpoint", []byte("old\n")), enough...).URL, verify.Options{})
	if err != nil || !strings.Contains(problems(r), "malformed note") {
		t.Errorf("a checkpoint that is none: %v\n%s", err, problems(r))
	}
}

// changing has a file be another one when it is read first.
func changing(f files, name string, first []byte) files {
	f[name+" at first"] = first
	return f
}

func TestFromURL_refuses(t *testing.T) {
	s, _ := goodSite(t)
	list := func(text string) *httptest.Server {
		f := s.files()
		f["letters.json"] = []byte(text)
		return server(t, f)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"letters":[%s{"slug":"x"}],"next":"/letters.json?before=%s1"}`, strings.Repeat(`{"slug":"x"},`, 9999), r.URL.Query().Get("before"))
	}))
	defer endless.Close()
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer failing.Close()
	for name, x := range map[string]struct{ address, want string }{
		"no address":         {"bundle.zip", "is not an address"},
		"another scheme":     {"ftp://letters.example/", "is not an address"},
		"no host":            {"https:///letters/x", "is not an address"},
		"broken":             {"https://letters.example/%", "is not an address"},
		"a server that left": {"http://127.0.0.1:1", "connect"},
		"a server that errs": {failing.URL, "log/checkpoint: the server answered 502"},
		"a list that fails":  {server(t, s.files()).URL, "letters.json: file does not exist"},
		"no such letter":     {server(t, s.files()).URL + "/letters/no-such", "letters/no-such.json: "},
		"no JSON":            {list("<html>").URL, "letters.json: "},
		"a slug that leads":  {list(`{"letters":[{"slug":"../log/key"}]}`).URL, `"../log/key" is no slug`},
		"letters no end":     {endless.URL, "more than 100000 letters"},
	} {
		if r, err := fromURL(t, x.address, verify.Options{}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v %v, want %q", name, slugsOf(r), err, x.want)
		}
	}
}

// A list whose next page is itself ends.
func TestFromURL_listThatGoesInCircles(t *testing.T) {
	s, _ := goodSite(t)
	f := s.files()
	for _, next := range []string{"", "/letters.json", "/letters.json?"} {
		f["letters.json"] = fmt.Appendf(nil, `{"letters":[{"slug":%q}],"next":%q}`, harbour, next)
		source, err := verify.FromURL(t.Context(), http.DefaultClient, server(t, f).URL)
		if err != nil || len(source.Letters) > 2 {
			t.Errorf("next %q: %v, %v", next, source.Letters, err)
		}
	}
	f["letters.json"] = fmt.Appendf(nil, `{"letters":[{"slug":%q}],"next":"/letters.json?before=x"}`, harbour)
	source, err := verify.FromURL(t.Context(), http.DefaultClient, server(t, f).URL)
	if err != nil || len(source.Letters) != 2 {
		t.Errorf("%v, %v", source.Letters, err)
	}
}

func TestFromURL_cannotMakeTheRequest(t *testing.T) {
	source, err := verify.FromURL(t.Context(), http.DefaultClient, "http://letters.example/letters/x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Fetch(t.Context(), "letters/\x00.json"); err == nil || !strings.Contains(err.Error(), "invalid control character") {
		t.Errorf("got %v", err)
	}
}

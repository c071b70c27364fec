package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Source is where an instance, or a bundle of it, is read from. A bundle is a zip file with the same paths as the server's, each once:
//
//	letters/SLUG.json                      the numbers that the site claims
//	letters/SLUG/editions/N.LANGUAGE.md    the texts
//	log/checkpoint, log/key
//	log/tile/entries/…                     the leaves
//	log/openings/…                         what they commit to, as far as it is public
type Source struct {
	// Fetch returns a file, or an error that is fs.ErrNotExist when there is none.
	Fetch func(ctx context.Context, path string) ([]byte, error)
	// Letters are the slugs of the letters to check.
	Letters []string
	// Whole says that Letters are all that the instance has.
	Whole bool

	before []byte // a signed checkpoint from before Letters were listed; nil if they were not
}

// maxFile is the size of the largest file that is read, in bytes.
const maxFile = 16 << 20

// FromBundle reads from a bundle, or from the folder that it was unpacked to.
func FromBundle(bundle fs.FS) (Source, error) {
	files, err := fs.Glob(bundle, "letters/*.json")
	if err != nil || len(files) == 0 {
		return Source{}, errors.New("not a bundle: it has no letters/SLUG.json")
	}
	// A zip file that has a file twice would be another for another reader; listing its folders finds that.
	for _, folder := range []string{"letters", "log"} {
		if err := fs.WalkDir(bundle, folder, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			return Source{}, fmt.Errorf("not a bundle: %w", err)
		}
	}
	s := Source{Fetch: func(ctx context.Context, name string) ([]byte, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := bundle.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readAll(f)
	}}
	for _, f := range files {
		s.Letters = append(s.Letters, strings.TrimSuffix(path.Base(f), ".json"))
	}
	return s, nil
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, err
}

// letterURL finds the slug in the address of a letter's page, whatever the language in front of it.
var letterURL = regexp.MustCompile(`^(.*?)(?:/[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)?/letters/([a-z0-9-]{1,80})(?:\.json)?/?$`)

var slugForm = regexp.MustCompile(`^[a-z0-9-]{1,80}$`)

// maxLetters bounds what a server can make its reader fetch.
const maxLetters = 100_000

// FromURL reads from a server. The address is that of the server, for all its letters, or that of one letter's page.
func FromURL(ctx context.Context, client *http.Client, address string) (Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Source{}, fmt.Errorf("%q is not an address that begins with https://", address)
	}
	var slug string
	if m := letterURL.FindStringSubmatch(u.Path); m != nil {
		u.Path, slug = m[1], m[2]
	}
	base := u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/")
	s := Source{Fetch: func(ctx context.Context, name string) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/"+name, nil)
		if err != nil {
			return nil, err
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		switch {
		case response.StatusCode == http.StatusNotFound:
			return nil, fs.ErrNotExist
		case response.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("the server answered %s", response.Status)
		}
		return readAll(response.Body)
	}}
	if slug != "" {
		s.Letters = []string{slug}
		return s, nil
	}
	s.Whole = true
	if s.before, err = s.Fetch(ctx, "log/checkpoint"); err != nil {
		return s, fmt.Errorf("log/checkpoint: %w", err)
	}
	for query := ""; ; {
		data, err := s.Fetch(ctx, "letters.json"+query)
		if err != nil {
			return s, fmt.Errorf("letters.json: %w", err)
		}
		var page struct {
			Letters []struct{ Slug string }
			Next    string
		}
		if err := json.Unmarshal(data, &page); err != nil {
			return s, fmt.Errorf("letters.json: %w", err)
		}
		for _, l := range page.Letters {
			if !slugForm.MatchString(l.Slug) || len(s.Letters) == maxLetters {
				return s, fmt.Errorf("letters.json: more than %d letters, or %q is no slug", maxLetters, l.Slug)
			}
			s.Letters = append(s.Letters, l.Slug)
		}
		_, more, ok := strings.Cut(page.Next, "?")
		if !ok || "?"+more == query || len(page.Letters) == 0 {
			return s, nil
		}
		query = "?" + more
	}
}

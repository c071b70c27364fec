package desk

import (
	"net/http"
	"net/url"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/web/page"
)

// readText puts what a file has into the form of a text, with what it would change of the text that stands. Nothing is saved: whoever
// uploaded it looks at it first. What the file does not have, such as the introduction and who translated it, stays as it was typed.
func readText(r *http.Request, v url.Values, file page.Upload, now letter.Text) (typed url.Values, read *ReadView, err error) {
	if len(file.Data) == 0 {
		return nil, nil, fault.List{fault.New(fault.Invalid, "file.none").On("file")}
	}
	draft, err := importer.Read(file.Name, file.Data)
	if err != nil {
		return nil, nil, page.OnField(err, "file")
	}
	from, err := letter.FromDraft(draft, false, time.UTC)
	if err != nil {
		return nil, nil, page.OnField(err, "file")
	}
	t := from.Text
	t.Language, t.Introduction, t.Translator = r.PathValue("language"), v.Get("introduction"), line1(v.Get("translator"))
	typed = recognised(t, draft)
	typed.Set("base", v.Get("base"))
	read = &ReadView{}
	read.Warnings, read.Left, _ = unsure(page.LocaleOf(r), draft)
	if now.Language != "" {
		read.Changes = page.Changed(page.LinesOf(letter.Diff(now.Canonical(), t.Renewed().Canonical())))
	}
	return typed, read, nil
}

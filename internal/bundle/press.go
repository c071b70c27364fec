package bundle

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/roll"
)

// OpenCard opens the picture of a letter in one of the languages of its text, as Open does a bundle.
func (b *Shelf) OpenCard(ctx context.Context, slug string, version int64, language string) (*os.File, error) {
	return b.open(ctx, item{slug, ".card." + language + ".png"}, version, func(ctx context.Context, w io.Writer) error {
		in, err := b.input(ctx, slug, language)
		if err != nil {
			return err
		}
		return b.Documents.Do(ctx, func() error { return document.MakeCard(in).WritePNG(w) })
	})
}

// input is what the card of a published letter is made of, in a language of its text.
func (b *Shelf) input(ctx context.Context, slug, language string) (document.Input, error) {
	l, err := b.Find(ctx, slug)
	if err != nil {
		return document.Input{}, err
	}
	if _, ok := l.Edition.Texts[language]; !ok {
		return document.Input{}, fault.New(fault.NotFound, "edition.unknown")
	}
	return document.Input{Letter: l.Letter, Edition: l.Edition, Language: language, BaseURL: b.BaseURL, Counts: l.Counts,
		Picture: b.Documents.Pictures(ctx)}, nil
}

// OpenPress opens the press kit of a letter in one of the languages of its text, as Open does a bundle: one zip with the letter as a
// document and as plain text, the exact file that is signed, its picture, and what somebody needs who reports on it.
func (b *Shelf) OpenPress(ctx context.Context, slug string, version int64, language string) (*os.File, error) {
	return b.open(ctx, item{slug, ".press." + language + ".zip"}, version, func(ctx context.Context, w io.Writer) error {
		return b.Documents.Do(ctx, func() error { return b.writePress(ctx, w, slug, language) })
	})
}

func (b *Shelf) writePress(ctx context.Context, w io.Writer, slug, language string) error {
	in, err := b.input(ctx, slug, language)
	if err != nil {
		return err
	}
	d, err := b.Documents.Make(ctx, document.Wanted{Slug: slug, Edition: in.Edition.Number, Language: language, Audience: roll.ForPublic, BaseURL: b.BaseURL})
	if err != nil {
		return err
	}
	signed, _, err := b.Letters.Editions.File(ctx, slug, in.Edition.Number, language)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w) // its entries have no time: the same kit has the same bytes
	for _, part := range []struct {
		name  string
		write func(w io.Writer) error
	}{
		{"brief.%s.txt", document.MakeBrief(in).WriteText},
		{"letter.%s.pdf", func(w io.Writer) error { _, err := d.WritePDF(w); return err }},
		{"letter.%s.docx", func(w io.Writer) error { _, err := d.WriteDOCX(w); return err }},
		{"letter.%s.txt", d.WriteText},
		{"signed.%s.md", func(w io.Writer) error { _, err := io.WriteString(w, signed); return err }},
		{"card.%s.png", document.MakeCard(in).WritePNG},
	} {
		entry, err := z.Create(slug + "/" + fmt.Sprintf(part.name, language))
		if err == nil {
			err = part.write(entry)
		}
		if err != nil {
			return fmt.Errorf(part.name+": %w", language, err)
		}
	}
	return z.Close()
}

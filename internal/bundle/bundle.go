// Package bundle owns what anybody can take away of a letter as data: its public document, what its leaves of the log commit
// to, and the bundle, one zip with all that verify needs to check the letter's numbers without this server; and the shelf where bundles,
// documents, cards and press kits are kept.
//
// It promises public data only, numbers that are no newer than the checkpoint beside them, and that each of these is
// built at most once a checkpoint and hour, by one process at a time. It must not know HTTP, nor a language of the pages.
package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

// Service reads what is public of letters.
type Service struct {
	Letters    *letter.Service
	Roll       *roll.Service
	Signing    *signing.Service
	Intake     *intake.Service
	Deliveries *delivery.Service
	Mailboxes  *mailbox.Service
	Log        *tlog.Log
	BaseURL    string // how readers reach the server; stands in the addresses that a document mentions
}

// Published is a published letter with what is public of its signatures, as one moment found it.
type Published struct {
	letter.Letter
	Counts                 roll.Counts
	Persons, Organisations []roll.Signatory // the last that were listed
	Batches                []intake.Batch   // lists that were imported and not undone
	Editions               []letter.Edition // newest first, without their texts
	Updates                []letter.Update  // the last added first
	Standing               delivery.Standing
	GoesOn                 []letter.Letter // published letters: the one that this one goes on with, if there is one, then those that go on with it
	Since                  int             // number of the last substantive edition
}

// Find returns a published letter, and a fault of kind NotFound for a draft: that one exists is nobody's business.
func (s *Service) Find(ctx context.Context, slug string) (*Published, error) {
	l, err := s.Letters.Find(ctx, slug)
	if err != nil {
		return nil, err
	}
	if l.State == letter.Draft {
		return nil, fault.New(fault.NotFound, "letter.unknown")
	}
	x := &Published{Letter: l}
	editions, err := s.Letters.Editions.List(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range editions {
		e.Texts = nil
		x.Editions = append(x.Editions, e)
		if e.Follows == letter.FollowsSubstantive {
			x.Since = max(x.Since, e.Number)
		}
	}
	if x.Counts, x.Persons, x.Organisations, err = s.Roll.Summary(ctx, l.ID, x.Since); err != nil {
		return nil, err
	}
	if x.Standing, err = s.Deliveries.Standing(ctx, l, delivery.ForPublic); err != nil {
		return nil, err
	}
	if x.GoesOn, err = s.goesOn(ctx, l); err != nil {
		return nil, err
	}
	if x.Updates, err = s.Letters.Updates.List(ctx, l.ID); err != nil {
		return nil, err
	}
	batches, err := s.Intake.Batches(ctx, l.ID)
	for _, b := range batches {
		if b.Added > 0 && (b.State == intake.BatchApplying || b.State == intake.BatchApplied) {
			x.Batches = append(x.Batches, b)
		}
	}
	return x, err
}

func (s *Service) goesOn(ctx context.Context, l letter.Letter) (list []letter.Letter, err error) {
	if l.Continues != 0 {
		earlier, err := s.Letters.FindByID(ctx, l.Continues)
		if err != nil {
			return nil, err
		}
		list = append(list, earlier)
	}
	later, err := s.Letters.Continuing(ctx, l.ID)
	return append(list, later...), err
}

// Write writes the bundle of a letter (verify.Source).
func (s *Service) Write(ctx context.Context, w io.Writer, slug string) error {
	l, err := s.Find(ctx, slug)
	if err != nil {
		return err
	}
	state, err := s.Log.State(ctx) // after the letter: no older than the numbers
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	put := func(name string, data []byte, err error) error {
		if err != nil {
			return err
		}
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	document, err := encode(s.Document(l))
	if err := put("letters/"+slug+".json", document, err); err != nil {
		return err
	}
	editions, err := s.Letters.Editions.List(ctx, l.ID)
	if err != nil {
		return err
	}
	for _, e := range editions {
		for _, language := range e.Languages() {
			file, _, err := s.Letters.Editions.File(ctx, slug, e.Number, language)
			if err := put(fmt.Sprintf("letters/%s/editions/%d.%s.md", slug, e.Number, language), []byte(file), err); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(put("log/checkpoint", state.Signed(), nil), put("log/key", []byte(s.Log.Key()+"\n"), nil)); err != nil {
		return err
	}
	size := state.Published.Size
	for n := int64(0); n*verify.TileWidth < size; n++ {
		t := verify.Tile{Level: verify.Entries, N: n, Width: int(min(size-n*verify.TileWidth, verify.TileWidth))}
		data, err := s.Log.Tile(ctx, t)
		if err := put("log/"+t.Path(), data, err); err != nil {
			return err
		}
		text, err := s.Openings(ctx, l.ID, n, size)
		if err := put("log/openings/"+strconv.FormatInt(n, 10), text, err); err != nil {
			return err
		}
	}
	return z.Close()
}

// Openings returns what the sign leaves of entry bundle n commit to, as lines of JSON; size is that of the log, and only is a
// letter, or 0 for all.
func (s *Service) Openings(ctx context.Context, only letter.ID, n, size int64) ([]byte, error) {
	list, err := s.Roll.Openings(ctx, only, n*verify.TileWidth, min((n+1)*verify.TileWidth, size))
	if err != nil {
		return nil, err
	}
	values := make([]any, len(list))
	for i, o := range list {
		values[i] = o
	}
	return encode(values...)
}

// encode writes each value as a line of JSON, without the escapes that only a page needs.
func encode(values ...any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

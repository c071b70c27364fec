package letter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
)

func TestUpdates_addedOnceRemovedForGood(t *testing.T) {
	desks(t, func(t *testing.T, s *desk) {
		text := letter.Text{Language: "en", Title: "On the mill", Body: "It turns."}
		if _, _, err := s.Import(t.Context(), letter.Import{Slug: "mill", Text: text}); err != nil {
			t.Fatal(err)
		}
		first := letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: "The mill answers", Body: "A reply came.\r\n\r\n\r\nIt is short."}}
		if _, err := s.Updates.Add(t.Context(), "mill", first, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("a draft takes updates: %v", err)
		}
		l, err := s.Publish(t.Context(), "mill", letter.Publication{})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range []letter.Update{first, first, {UpdateText: letter.UpdateText{Language: "en", Title: "And again", Body: "More."}}} {
			if _, err := s.Updates.Add(t.Context(), "mill", u, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Updates.Remove(t.Context(), "mill", 2, 0); err != nil {
			t.Error(err)
		}
		last, err := s.Updates.Add(t.Context(), "mill", letter.Update{UpdateText: letter.UpdateText{Language: "fa", Title: "پاسخ", Body: "رسید."}}, 0)
		if err != nil || last.Number != 3 {
			t.Errorf("%+v, %v", last, err)
		}
		updates, err := s.Updates.List(t.Context(), l.ID)
		var got []string
		for _, u := range updates {
			got = append(got, u.Title+": "+u.Body)
		}
		if diff := cmp.Diff([]string{"پاسخ: رسید.", "The mill answers: A reply came.\n\nIt is short."}, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		after, err := s.Find(t.Context(), "mill")
		if err != nil || after.Version <= l.Version {
			t.Errorf("version %d after %d, %v", after.Version, l.Version, err)
		}
		for _, err := range []error{s.Updates.Remove(t.Context(), "mill", 2, 0), s.Updates.Remove(t.Context(), "none", 1, 0)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%v", err)
			}
		}
		if _, err := s.Updates.Add(t.Context(), "mill", letter.Update{UpdateText: letter.UpdateText{Language: "en", Title: " \u202e ", Body: "x"}}, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a title: %v", err)
		}
	})
}

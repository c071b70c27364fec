package letter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
)

func keysOf(list []letter.Finding) (keys []string) {
	for _, f := range list {
		keys = append(keys, f.Key)
	}
	return keys
}

func TestChecklist_namesWhatIsMissing(t *testing.T) {
	now := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	full := letter.Text{Language: "en", Title: "Open the granary", Addressees: []letter.Addressee{{Name: "Otto Brandt"}},
		Body: "At least 40 families in the valley wait for bread since the winter.[^1]\n\nMore than 12 people have died of hunger in the hospital.\n\n[^1]: The count of the clinic.", Demands: []letter.Demand{{Text: "Open it."}}}
	stale := letter.Text{Language: "fa", Body: "انبار", Stale: true}
	lead := []account.Organisation{{Slug: "lantern"}}
	later := letter.Deadline{At: now.Add(time.Hour)}
	for name, c := range map[string]struct {
		letter letter.Letter
		texts  map[string]letter.Text
		want   []string
	}{
		"nothing":    {letter.Letter{State: letter.Draft, SignOn: letter.SignOnBoth}, nil, []string{"text", "lead", "title", "addressee", "demand", "deadline_none"}},
		"past":       {letter.Letter{State: letter.Draft, SignOn: letter.SignOnBoth, Leads: lead, Deadline: letter.Deadline{At: now}}, map[string]letter.Text{"en": full}, []string{"deadline_past", "figure"}},
		"stale":      {letter.Letter{State: letter.Open, SignOn: letter.SignOnBoth, Leads: lead, Deadline: later}, map[string]letter.Text{"en": full, "fa": stale}, []string{"demand_changed", "stale", "demand_missing", "lacks_note", "figure"}},
		"no sign-on": {letter.Letter{State: letter.Draft, SignOn: letter.SignOnNone, Leads: lead}, map[string]letter.Text{"en": full}, []string{"figure"}},
	} {
		found := letter.Checklist(c.letter, letter.Edition{Language: "en", Texts: c.texts}, letter.Circulation{}, nil, now)
		if got := keysOf(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q (%+v)", name, got, c.want, found)
		}
	}
}

func TestDiscard_leavesWhatIsPublished(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		l := d.write(letter.Import{Text: *english("First."), Publish: true})
		d.write(letter.Import{Text: *english("Second."), Follows: letter.FollowsCosmetic})
		if e, next, err := d.Editions.Working(t.Context(), l); err != nil || !next || e.Text("en").Body != "Second." {
			t.Errorf("%v %+v, %v", next, e, err)
		}
		for range 2 {
			if err := d.Editions.Discard(t.Context(), slug, 0); err != nil {
				t.Fatal(err)
			}
		}
		if e, next, err := d.Editions.Working(t.Context(), l); err != nil || next || e.Text("en").Body != "First." {
			t.Errorf("%v %+v, %v", next, e, err)
		}
	})
}

func TestSaveText_neverOverTheTextOfAnother(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		l := d.write(letter.Import{Text: *english("First.")})
		base := l.Edition.Text("en").Revision()
		save := func(text *letter.Text, base string) error {
			_, err := d.SaveText(t.Context(), slug, *text, letter.FollowsNone, base, 0)
			return err
		}
		if err := save(english("Hers."), base); err != nil {
			t.Fatal(err)
		}
		if err := save(english("His."), base); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
		if err := save(english("His."), ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("a text that was not there: %v", err)
		}
		if err := save(persian("او"), ""); err != nil {
			t.Fatal(err)
		}
		if l := d.find(); l.Edition.Text("en").Body != "Hers." || len(l.Edition.Texts) != 2 {
			t.Errorf("%+v", l.Edition)
		}
		if _, err := d.Create(t.Context(), slug, english("A second."), letter.Settings{}, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second letter of the slug: %v", err)
		}
	})
}

// A translation says what it lacks of its source, whatever its words are.
func TestLacks(t *testing.T) {
	source := letter.Text{Format: letter.Format, Language: "en", Body: "See [the list](https://list.example) and https://count.example.[^1]\n\n" +
		"| a | b |\n|---|---|\n| 1 | 2 |\n\n![Gate](picture:" + strings.Repeat("a", 64) + ")\n\n1) Open it.\n2) Say when.\n\n[^1]: A note."}.Renewed()
	whole := source
	whole.Language = "fa"
	if found := letter.Lacks(source, whole); len(found) > 0 {
		t.Errorf("the same: %+v", found)
	}
	bare := letter.Text{Format: letter.Format, Language: "fa", Body: "[فهرست](https://list.example)\n\n۱) باز کنید."}.Renewed()
	found := letter.Lacks(source, bare)
	if got, want := keysOf(found), []string{"demand_missing", "lacks_table", "lacks_picture", "lacks_link", "lacks_note"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if found[0].Number != "2" || found[3].Number != "1" {
		t.Errorf("%+v", found)
	}
}

// Who saves a translation as it was has not brought it up to date, unless they say that they have compared it.
func TestSaveText_unchangedIsStillStale(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.write(letter.Import{Text: *english("One.")})
		d.write(letter.Import{Text: *persian("یک"), Publish: true})
		d.write(letter.Import{Text: *english("Two."), Follows: letter.FollowsSubstantive})
		stale := func() bool {
			e, _, err := d.Editions.Working(t.Context(), d.find())
			if err != nil {
				t.Fatal(err)
			}
			return e.Texts["fa"].Stale
		}
		save := func(text letter.Text) {
			e, _, err := d.Editions.Working(t.Context(), d.find())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.SaveText(t.Context(), slug, text, letter.FollowsTranslation, e.Texts["fa"].Revision(), 0); err != nil {
				t.Fatal(err)
			}
		}
		if save(*persian("یک")); !stale() {
			t.Error("saved unchanged, it is current")
		}
		compared := *persian("یک")
		compared.Current = true
		if save(compared); stale() {
			t.Error("who compared it is not believed")
		}
		d.write(letter.Import{Text: *english("Three."), Follows: letter.FollowsSubstantive})
		if save(*persian("سه")); stale() {
			t.Error("translated again, it is stale")
		}
	})
}

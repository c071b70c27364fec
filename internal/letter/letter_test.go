package letter_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type desk struct {
	*letter.Service
	t     *testing.T
	clock *testkit.Clock
}

func desks(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		keys, err := seal.OpenKeys(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		body(t, &desk{letter.New(db, keys), t, clock})
	})
}

const slug = "granary"

// write writes a text into the letter, which it makes if need be.
func (d *desk) write(i letter.Import) letter.Letter {
	d.t.Helper()
	i.Slug = slug
	l, _, err := d.Import(d.t.Context(), i)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *desk) set(set letter.Settings) letter.Letter {
	d.t.Helper()
	l, err := d.SetSettings(d.t.Context(), slug, set, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *desk) publish() letter.Letter {
	d.t.Helper()
	l, err := d.Publish(d.t.Context(), slug, letter.Publication{})
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *desk) find() letter.Letter {
	d.t.Helper()
	l, err := d.Find(d.t.Context(), slug)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func english(body string) *letter.Text {
	return &letter.Text{Language: "en", Title: "On the granary", Body: body}
}

func persian(body string) *letter.Text {
	return &letter.Text{Language: "fa", Title: "دربارهٔ انبار", Body: body, Translator: "Mina Farahani"}
}

// full is a text with every part.
func full() letter.Text {
	return letter.Text{Language: "en", Title: "On the  granary\u202e", Subtitle: "An open letter", Introduction: "Not signed.",
		Addressees: []letter.Addressee{{Name: "Orsolya Fenn", Office: "Minister of Grain", Address: []string{"1 Mill Lane", "Varrow"}}, {Office: "The Council"}},
		Place:      "Varrow", Date: "3 May 2026", Salutation: "Dear Minister,", Body: "\r\n\r\nThe granary  is empty.  \r\n\r\n\r\n\r\nCafe\u0301 doors\tstay shut.\r\n1. Open it.\r\n",
		Demands: []letter.Demand{{Number: "1.", Text: "Open it.", InBody: true}, {Number: "2)", Text: "Publish\nthe records"}, {Text: "Answer us"}},
		Closing: "Yours,", SignedBy: []letter.Signer{{Name: "A. Lund", Role: "Chair", Organisation: "River Watch"}, {Organisation: "Peace Office"}}}
}

func TestCanonical_isTheGoldenFile(t *testing.T) {
	for name, text := range map[string]letter.Text{
		"full.en.md": full(), "short.fa.md": *persian("انبار خالی است.\n\n\n۱. آن را باز کنید."), "empty.md": {},
	} {
		golden := filepath.Join("testdata", name)
		got := text.Canonical()
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCanonical_hasNothingThatHides(t *testing.T) {
	text := full()
	for _, field := range []*string{&text.Title, &text.Body, &text.Closing, &text.Addressees[0].Name, &text.Demands[1].Text, &text.SignedBy[0].Role} {
		*field += "\u202eX\u2066Y\u200bZ\ufeff\x00\x1b\U000e0041\u2060e\u0301 \t"
	}
	got := text.Canonical()
	if strings.ContainsAny(got, "\r\u202e\u2066\u200b\ufeff\x00\x1b\U000e0041\u2060\u0301") {
		t.Errorf("%q", got)
	}
	if strings.HasSuffix(got, "\n\n") || !strings.HasSuffix(got, "\n") || strings.Contains(got, " \n") || strings.Contains(got, "\n\n\n") {
		t.Errorf("ends of lines: %q", got)
	}
}

func TestFile_itsHashIsThatOfTheFileServed(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		text := full()
		d.write(letter.Import{Text: text})
		l := d.write(letter.Import{Text: *persian("انبار خالی است."), Publish: true})
		for language, text := range l.Edition.Texts {
			file, sum, err := d.Editions.File(t.Context(), slug, 1, language)
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256([]byte(file))
			if want := hex.EncodeToString(digest[:]); sum != want || text.SHA256 != want || letter.Hash(text.Canonical()) != want {
				t.Errorf("%s: file %s, stated %s and %s, made again %s", language, want, sum, text.SHA256, letter.Hash(text.Canonical()))
			}
		}
		if l.Edition.SHA256 != l.Edition.Texts["en"].SHA256 {
			t.Error("the edition's hash is not that of its authoritative file")
		}
		if _, _, err := d.Editions.File(t.Context(), slug, 2, "en"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft's file: %v", err)
		}
	})
}

func TestWrite_storesWhatIsSigned(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		l := d.write(letter.Import{Text: *english("The gra\u202enary\r\nis\u200b empty.")})
		if got := l.Edition.Texts["en"].Body; got != "The granary\nis empty." {
			t.Errorf("body %q", got)
		}
	})
}

func TestWrite_aPublishedEditionNeverChanges(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.write(letter.Import{Text: *english("First."), Publish: true})
		before, sum, _ := d.Editions.File(t.Context(), slug, 1, "en")
		for _, follows := range []letter.Follows{letter.FollowsCosmetic, letter.FollowsSubstantive} {
			d.write(letter.Import{Text: *english("Second, " + string(follows)), Follows: follows})
		}
		d.write(letter.Import{Text: *persian("دوم"), Follows: letter.FollowsTranslation, Publish: true})
		d.publish()
		after, sum2, err := d.Editions.File(t.Context(), slug, 1, "en")
		if err != nil || after != before || sum2 != sum {
			t.Errorf("edition 1 became %q, %s (%v)", after, sum2, err)
		}
		if _, _, err := d.Editions.File(t.Context(), slug, 1, "fa"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a translation joined a published edition: %v", err)
		}
	})
}

func TestWrite_editorsAtOnceNeverTouchWhatIsPublished(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.write(letter.Import{Text: *english("First."), Publish: true})
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				body := strings.Repeat("Again. ", i+1)
				if _, _, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: *english(body), Follows: letter.FollowsCosmetic, Publish: i%2 == 0}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		l := d.find()
		editions, err := d.Editions.List(t.Context(), l.ID)
		if err != nil || len(editions) != l.Edition.Number {
			t.Fatalf("%d editions, current %d, %v", len(editions), l.Edition.Number, err)
		}
		for _, e := range editions {
			if e.SHA256 != e.Texts["en"].SHA256 || letter.Hash(e.Texts["en"].Canonical()) != e.SHA256 {
				t.Errorf("edition %d states %s, its text is %s", e.Number, e.SHA256, e.Texts["en"].SHA256)
			}
		}
	})
}

func TestWrite_createdTwiceAtOnceIsOneLetter(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, _, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: *english("First.")}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := d.ListAll(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%d letters, %v", len(all), err)
		}
	})
}

func TestWrite_sameBytesTwiceChangeNothing(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		first := d.write(letter.Import{Text: *english("First."), Publish: true})
		second := d.write(letter.Import{Text: *english("First.\r\n\r\n"), Publish: true})
		if diff := cmp.Diff(first, second, cmp.AllowUnexported(time.Location{})); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
		d.write(letter.Import{Text: *english("A draft."), Follows: letter.FollowsCosmetic})
		if l := d.write(letter.Import{Text: *english("First."), Publish: true}); l.Edition.Number != 1 {
			t.Error("writing what is published already published somebody's draft")
		}
	})
}

func TestWrite_aDraftIsReplacedFreely(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.write(letter.Import{Text: *english("One.")})
		l := d.write(letter.Import{Text: *english("Two."), Follows: letter.FollowsSubstantive})
		if l.State != letter.Draft || l.Edition.Texts["en"].Body != "Two." || l.Edition.Follows != letter.FollowsNone {
			t.Errorf("%+v", l)
		}
		if l, err := d.List(t.Context(), 0, 10); err != nil || len(l) != 0 {
			t.Errorf("a draft is listed: %v, %v", l, err)
		}
		if l = d.publish(); l.State != letter.Open || l.Edition.Number != 1 || l.OpenedAt.IsZero() {
			t.Errorf("published: %+v", l)
		}
	})
}

func TestWrite_saysHowAnEditionFollows(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		write := func(i letter.Import) error {
			i.Slug = slug
			_, _, err := d.Import(t.Context(), i)
			return err
		}
		d.write(letter.Import{Text: *english("One."), Publish: true})
		if err := write(letter.Import{Text: *english("Two.")}); !fault.Is(err, fault.Invalid) {
			t.Errorf("no follows: %v", err)
		}
		if err := write(letter.Import{Text: *english("Two."), Follows: letter.FollowsTranslation}); !fault.Is(err, fault.Invalid) {
			t.Errorf("the authoritative text as a translation: %v", err)
		}
		d.write(letter.Import{Text: *english("Two."), Follows: letter.FollowsSubstantive})
		l := d.write(letter.Import{Text: *persian("دو"), Follows: letter.FollowsTranslation, Publish: true})
		if l.Edition.Follows != letter.FollowsSubstantive {
			t.Errorf("with a translation the edition became %s: its signers are not asked again", l.Edition.Follows)
		}
		if _, _, err := d.Import(t.Context(), letter.Import{Slug: "Not A Slug", Text: *english("One.")}); !fault.Is(err, fault.Invalid) {
			t.Errorf("slug: %v", err)
		}
		if _, err := d.Create(t.Context(), "Not A Slug", nil, letter.Settings{}, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("slug: %v", err)
		}
		for name, want := range map[string]fault.Kind{"unknown": fault.NotFound, "Not A Slug": fault.Invalid} {
			if _, err := d.SetSettings(t.Context(), name, letter.Settings{}, 0); !fault.Is(err, want) {
				t.Errorf("settings of %s: %v", name, err)
			}
			if _, err := d.SaveText(t.Context(), name, *english("One."), letter.FollowsNone, "", 0); !fault.Is(err, want) {
				t.Errorf("a text of %s: %v", name, err)
			}
			if _, err := d.Publish(t.Context(), name, letter.Publication{}); !fault.Is(err, want) {
				t.Errorf("publishing %s: %v", name, err)
			}
		}
	})
}

func TestWrite_aTranslationIsStaleWhenItsSourceMovedOn(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		d.write(letter.Import{Text: *english("One.")})
		l := d.write(letter.Import{Text: *persian("یک"), Publish: true})
		if l.Edition.Texts["fa"].Stale || l.Edition.Texts["en"].Stale {
			t.Error("fresh texts are stale")
		}
		l = d.write(letter.Import{Text: *english("Two."), Follows: letter.FollowsSubstantive, Publish: true})
		if fa := l.Edition.Texts["fa"]; !fa.Stale || fa.Source != 1 || fa.Body != "یک" || l.Edition.Texts["en"].Stale {
			t.Errorf("after the source moved on: %+v", fa)
		}
		l = d.write(letter.Import{Text: *persian("دو"), Follows: letter.FollowsTranslation, Publish: true})
		if fa := l.Edition.Texts["fa"]; fa.Stale || l.Edition.Number != 3 || l.Edition.SHA256 != l.Edition.Texts["en"].SHA256 {
			t.Errorf("after it was translated again: %+v", fa)
		}
		if got := l.Edition.Languages(); !cmp.Equal(got, []string{"en", "fa"}) {
			t.Errorf("languages %q", got)
		}
		if old, err := d.Editions.Find(t.Context(), l.ID, 1); err != nil || old.Texts["fa"].Stale {
			t.Errorf("edition 1: %+v, %v", old, err)
		}
	})
}

func TestPublish_needsSomethingToSay(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for _, text := range []letter.Text{{Language: "en"}, {Language: "en", Title: "No text"}, {Language: "en", Title: "Hidden text", Body: "\u202e \u200b\n"}} {
			if _, _, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: text, Publish: true}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", text, err)
			}
		}
		if _, err := d.Find(t.Context(), slug); !fault.Is(err, fault.NotFound) {
			t.Errorf("a refused letter was stored: %v", err)
		}
	})
}

func TestClose_endsSigning(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		deadline := letter.Deadline{At: d.clock.Now().Add(time.Hour), Zone: time.UTC}
		l := d.write(letter.Import{Text: *english("One."), Publish: true, Settings: letter.Settings{Deadline: &deadline}})
		if now := d.clock.Now(); !l.AcceptsSignatures(now) || l.AcceptsSignatures(deadline.At) || !l.AcceptsConfirmations(deadline.At.Add(24*time.Hour-1)) ||
			l.AcceptsConfirmations(deadline.At.Add(24*time.Hour)) {
			t.Error("the hours of a deadline are wrong")
		}
		if err := d.Close(t.Context(), slug, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(t.Context(), slug, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("closed twice: %v", err)
		}
		l = d.set(letter.Settings{Deadline: &deadline}) // the same again changes nothing
		if l.State != letter.Closed || l.ClosedAt.IsZero() || l.AcceptsSignatures(d.clock.Now()) ||
			!l.AcceptsConfirmations(l.ClosedAt.Add(letter.Grace-1)) || l.AcceptsConfirmations(l.ClosedAt.Add(letter.Grace)) {
			t.Errorf("%+v", l)
		}
		later := letter.Deadline{At: deadline.At.Add(time.Hour), Zone: time.UTC}
		if _, err := d.SetSettings(t.Context(), slug, letter.Settings{Deadline: &later}, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("a closed letter was extended: %v", err)
		}
	})
}

func TestRetain_closesAfterGraceAndDestroysTheKeyThirtyDaysLater(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		deadline := letter.Deadline{At: d.clock.Now().Add(time.Hour), Zone: time.UTC}
		id := d.write(letter.Import{Text: *english("One."), Publish: true, Settings: letter.Settings{Deadline: &deadline}}).ID
		for _, step := range []struct {
			at    time.Time
			state letter.State
			key   bool
		}{
			{deadline.At.Add(24*time.Hour - time.Second), letter.Open, true},
			{deadline.At.Add(24*time.Hour + time.Second), letter.Closed, true},
			{deadline.At.Add(31 * 24 * time.Hour), letter.Closed, true},
			{deadline.At.Add(31*24*time.Hour + time.Minute), letter.Closed, false},
		} {
			d.clock.Set(step.at)
			if _, err := d.Retain(ctx); err != nil {
				t.Fatal(err)
			}
			l, err := d.Find(ctx, slug)
			_, keyErr := d.Key(ctx, id)
			if err != nil || l.State != step.state || (keyErr == nil) != step.key {
				t.Errorf("%v: %s, key %v, %v", step.at, l.State, keyErr, err)
			}
		}
	})
}

func TestSetSettings_takesEachLeadOnce(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for _, name := range []string{"a", "b"} {
			if err := d.Directory.Put(t.Context(), account.Organisation{Slug: name, Names: map[string]string{"en": name}}); err != nil {
				t.Fatal(err)
			}
		}
		d.write(letter.Import{Text: *english("One.")})
		for given, want := range map[string]string{"a b a": "a b", "b b a b": "b a", "a": "a"} {
			var got []string
			for _, o := range d.set(letter.Settings{Leads: strings.Fields(given)}).Leads {
				got = append(got, o.Slug)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("of %q it has the leads %q", given, got)
			}
		}
	})
}

// What nobody decided differs on purpose: see Defaults.
func TestDefaults_holdAtTheDeskOnly(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		made, err := d.Create(t.Context(), "made", english("One."), letter.Settings{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if read := d.write(letter.Import{Text: *english("One.")}); !made.Mandate || read.Mandate || made.SignOn != letter.SignOnBoth || read.SignOn != letter.SignOnBoth {
			t.Errorf("at the desk %v %s, on the command line %v %s", made.Mandate, made.SignOn, read.Mandate, read.SignOn)
		}
		on := d.set(letter.Settings{Mandate: new(true)})
		if again, changed, err := d.Import(t.Context(), letter.Import{Slug: slug, Text: *english("One.")}); err != nil || changed || !again.Mandate {
			t.Errorf("the same file again changed %+v into %+v, %v", on, again, err)
		}
	})
}

func TestImport_findsAFreeSlug(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		for i, c := range []struct {
			text *letter.Text
			want string
		}{{english("One."), "on-the-granary"}, {english("Two."), "on-the-granary-2"}, {english("One."), "on-the-granary"}, {english("Three."), "on-the-granary-3"}} {
			l, changed, err := d.Import(t.Context(), letter.Import{Text: *c.text})
			if err != nil || l.Slug != c.want || changed != (i != 2) {
				t.Errorf("%d: %s, changed %v, %v", i, l.Slug, changed, err)
			}
		}
	})
}

func TestLeads_inTheirOrderAndFromTheDirectory(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		entries := []account.Organisation{{Slug: "a", Names: map[string]string{"en": "A"}}, {Slug: "b", Names: map[string]string{"en": "B"}}}
		l := d.write(letter.Import{Text: *english("One."), Publish: true, Organisations: entries, Settings: letter.Settings{Leads: []string{"b", "a"}}})
		if len(l.Leads) != 2 || l.Leads[0].Slug != "b" {
			t.Errorf("leads %+v", l.Leads)
		}
		if err := d.Directory.Put(t.Context(), account.Organisation{Slug: "b", Names: map[string]string{"en": "B, renamed"}}); err != nil {
			t.Fatal(err)
		}
		if after := d.write(letter.Import{Text: *english("One."), Organisations: entries}); after.Leads[0].Names["en"] != "B, renamed" || after.Version <= l.Version {
			t.Errorf("after: %+v", after)
		}
		if _, err := d.SetSettings(t.Context(), slug, letter.Settings{Leads: []string{"nobody"}}, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown lead: %v", err)
		}
		if led, err := d.ListLedBy(t.Context(), l.Leads[1].ID); err != nil || len(led) != 1 {
			t.Errorf("led by a: %v, %v", led, err)
		}
	})
}

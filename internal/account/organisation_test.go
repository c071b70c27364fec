package account_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func lantern() account.Organisation {
	return account.Organisation{Slug: "lantern", Names: map[string]string{"en": "Lantern Court Watch", "fa": "دیده‌بان فانوس"}, Country: "IE", Address: []string{"9 Sundial Street"},
		Email: "office@lantern.example", Links: []string{"https://lantern.example/"}, Logo: strings.Repeat("ab", 32), About: map[string]string{"en": "We read by night."}}
}

func put(t *testing.T, db *store.DB, o account.Organisation) error {
	t.Helper()
	return db.Update(t.Context(), func(tx *store.Tx) error { return account.Put(tx, o) })
}

func find(t *testing.T, db *store.DB, slug string) (o account.Organisation, err error) {
	t.Helper()
	err = db.View(t.Context(), func(tx *store.Tx) error {
		o, err = account.Find(tx, slug)
		return err
	})
	return o, err
}

func TestPut_replacesTheEntryAndKeepsItsID(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		if err := put(t, db, lantern()); err != nil {
			t.Fatal(err)
		}
		first, err := find(t, db, "lantern")
		if diff := cmp.Diff(lantern(), first, cmpopts.IgnoreFields(account.Organisation{}, "ID")); diff != "" || err != nil {
			t.Fatalf("(-put +found): %s %v", diff, err)
		}
		changed := lantern()
		changed.Country, changed.About = "", nil
		if err := put(t, db, changed); err != nil {
			t.Fatal(err)
		}
		second, err := find(t, db, "lantern")
		if err != nil || second.ID != first.ID || second.Country != "" || second.About != nil {
			t.Errorf("%+v, %v", second, err)
		}
		if _, err := find(t, db, "nobody"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown slug: %v", err)
		}
	})
}

func TestList_isTheWholeDirectoryBySlug(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		for _, slug := range []string{"b", "c-1", "a"} {
			o := lantern()
			o.Slug = slug
			if err := put(t, db, o); err != nil {
				t.Fatal(err)
			}
		}
		var slugs []string
		err := db.View(t.Context(), func(tx *store.Tx) error {
			all, err := account.List(tx)
			for _, o := range all {
				slugs = append(slugs, o.Slug)
			}
			return err
		})
		if err != nil || !slices.Equal(slugs, []string{"a", "b", "c-1"}) {
			t.Errorf("%q, %v", slugs, err)
		}
	})
}

func TestPut_saysWhatIsWrong(t *testing.T) {
	db := testkit.Store(t, store.SQLite)
	for name, c := range map[string]struct {
		change func(o *account.Organisation)
		want   string
	}{
		"slug":           {func(o *account.Organisation) { o.Slug = "Not A Slug" }, "slug"},
		"slug long":      {func(o *account.Organisation) { o.Slug = strings.Repeat("a", 81) }, "slug"},
		"no name":        {func(o *account.Organisation) { o.Names = nil }, "name"},
		"blank name":     {func(o *account.Organisation) { o.Names = map[string]string{"en": " "} }, "name"},
		"country":        {func(o *account.Organisation) { o.Country = "Ireland" }, "country"},
		"javascript":     {func(o *account.Organisation) { o.Links = []string{"javascript:alert(1)"} }, "link"},
		"no host":        {func(o *account.Organisation) { o.Links = []string{"https://"} }, "link"},
		"control in URL": {func(o *account.Organisation) { o.Links = []string{"https://a.example/\nx"} }, "link"},
		"logo":           {func(o *account.Organisation) { o.Logo = "../../etc/passwd" }, "logo"},
	} {
		o := lantern()
		c.change(&o)
		err := put(t, db, o)
		if faults := fault.All(err); len(faults) != 1 || faults[0].Field != c.want || faults[0].Kind != fault.Invalid {
			t.Errorf("%s: %v, want field %s", name, err, c.want)
		}
	}
	if _, err := find(t, db, "lantern"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a refused entry was written: %v", err)
	}
}

func TestName_inTheReadersLanguageElseAnother(t *testing.T) {
	o := lantern()
	for _, c := range [][3]string{{"fa", "en", "دیده‌بان فانوس"}, {"de", "en", "Lantern Court Watch"}, {"de", "fr", "Lantern Court Watch"}} {
		if got := o.Name(c[0], c[1]); got != c[2] {
			t.Errorf("Name(%s, %s) = %q", c[0], c[1], got)
		}
	}
	if got := o.Description("fa", "de"); got != "We read by night." {
		t.Errorf("Description = %q", got)
	}
	if got := (account.Organisation{}).Name("en", "fa"); got != "" {
		t.Errorf("no names: %q", got)
	}
}

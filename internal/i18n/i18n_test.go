package i18n_test

import (
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
)

func TestLocale_dates(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		code string
		at   time.Time
		want string
	}{
		{"en", time.Date(2020, 10, 20, 0, 0, 0, 0, time.UTC), "20 October 2020"},
		{"fr", time.Date(2020, 10, 20, 0, 0, 0, 0, time.UTC), "20 octobre 2020"},
		{"fr", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), "1er mai 2026"},
		{"ar", time.Date(2020, 10, 20, 0, 0, 0, 0, time.UTC), "٢٠ تشرين الأول/أكتوبر ٢٠٢٠"},
		{"ar", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), "١ أيار/مايو ٢٠٢٦"},
		{"fa", time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC), "۱۲ مرداد ۱۴۰۵"},
		{"fa", time.Date(2021, 3, 20, 0, 0, 0, 0, time.UTC), "۳۰ اسفند ۱۳۹۹"}, // a leap year's last day
		{"fa", time.Date(2021, 3, 21, 0, 0, 0, 0, time.UTC), "۱ فروردین ۱۴۰۰"},
		{"fa", time.Date(2025, 3, 20, 0, 0, 0, 0, time.UTC), "۳۰ اسفند ۱۴۰۳"},
		{"fa", time.Date(2025, 3, 21, 0, 0, 0, 0, time.UTC), "۱ فروردین ۱۴۰۴"},
		{"fa", time.Date(2026, 3, 21, 2, 0, 0, 0, vienna), "۱ فروردین ۱۴۰۵"},
	} {
		if got := i18n.Find(c.code).Date(c.at); got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.code, c.at, got, c.want)
		}
	}
	at := time.Date(2020, 10, 20, 15, 30, 0, 0, time.UTC)
	if got, want := i18n.Find("en").DateTime(at, vienna), "20 October 2020, 17:30 (Vienna time)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for code, want := range map[string]string{"fa": "۲۹ مهر ۱۳۹۹، ساعت ۱۵:۳۰ به وقت جهانی", "fr": "20 octobre 2020 à 15\u00a0h\u00a030 UTC",
		"ar": "٢٠ تشرين الأول/أكتوبر ٢٠٢٠، الساعة ١٥:٣٠ بالتوقيت العالمي"} {
		if got := i18n.Find(code).DateTime(at, time.UTC); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := i18n.Find("en").Clock(at), "15:30 UTC"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocale_numbersAndPlurals(t *testing.T) {
	en, fa, fr, ar := i18n.Find("en"), i18n.Find("fa"), i18n.Find("fr"), i18n.Find("ar")
	for got, want := range map[string]string{
		fr.Number(1234567):                   "1\u202f234\u202f567",
		ar.Number(1234567):                   "١٬٢٣٤٬٥٦٧",
		fr.N("counts.persons_n", 0):          "0 personne",
		fr.N("counts.persons_n", 2):          "2 personnes",
		fr.N("counts.persons_n", 1000000):    "1\u202f000\u202f000 personnes",
		ar.N("counts.persons_n", 0):          "لا أشخاص",
		ar.N("counts.persons_n", 1):          "شخص واحد",
		ar.N("counts.persons_n", 2):          "شخصان",
		ar.N("counts.persons_n", 3):          "٣ أشخاص",
		ar.N("counts.persons_n", 11):         "١١ شخصًا",
		ar.N("counts.persons_n", 100):        "١٠٠ شخص",
		ar.N("counts.persons_n", 1283):       "١٬٢٨٣ شخصًا",
		fr.Language("fa"):                    "persan",
		ar.Language("fr"):                    "الفرنسية",
		en.Language("fa"):                    "Persian",
		fa.Language("ar"):                    "عربی",
		en.Language("x-own"):                 "x-own",
		en.Number(1234567):                   "1,234,567",
		fa.Number(1234567):                   "۱٬۲۳۴٬۵۶۷",
		en.N("counts.persons_n", 1):          "1 person",
		en.N("counts.persons_n", 0):          "0 people",
		en.N("counts.persons_n", 1283):       "1,283 people",
		fa.N("counts.organisations_n", 1283): "۱٬۲۸۳ سازمان",
		fa.Digits("17:30"):                   "۱۷:۳۰",
		fa.T("letter.edition", "Number", 12): "ویراست ۱۲",
		en.T("no.such.key"):                  "no.such.key",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLocale_isolation(t *testing.T) {
	en, fa := i18n.Find("en"), i18n.Find("fa")
	isolated := func(s string) string { return i18n.FSI + s + i18n.PDI }
	for _, c := range []struct {
		locale     *i18n.Locale
		text, want string
	}{
		{en, "Ada Lindqvist", "Ada Lindqvist"},
		{en, "نگار", isolated("نگار")},
		{en, "Ada \u202E", isolated("Ada \u202E")},
		{fa, "نگار", "نگار"},
		{fa, "Ada", isolated("Ada")},
		{fa, "نگار 7", isolated("نگار 7")},
	} {
		if got := c.locale.Isolate(c.text); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.locale.Code, c.text, got, c.want)
		}
	}
	if got, want := en.T("letter.translator", "Name", "نگار"), "Translated by "+isolated("نگار"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]string{"": "en", "fa": "fa", "fa-IR,en;q=0.5": "fa", "fr, fa;q=0.4": "fr", "fr-CA": "fr", "ar-MA,en;q=0.5": "ar", "ja, fa;q=0.4": "fa", "tlh": "en", "en-GB,fa": "en", "\x00;;;q=": "en", strings.Repeat("fa,", 1000): "en"} {
		got := i18n.Match(header).Code
		if len(header) > 200 {
			continue // any answer, without a panic
		}
		if got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}

func TestCountries(t *testing.T) {
	for _, l := range i18n.All() {
		list := i18n.Countries(l)
		if len(list) != 249 {
			t.Errorf("%s: %d countries, ISO 3166-1 has 249", l.Code, len(list))
		}
		seen := map[string]bool{}
		for _, c := range list {
			if c.Name == "" || c.Name == c.Code || seen[c.Code] || i18n.CountryName(l, c.Code) != c.Name {
				t.Errorf("%s: %+v", l.Code, c)
			}
			seen[c.Code] = true
		}
	}
	en, fa := i18n.Find("en"), i18n.Find("fa")
	if got := i18n.Countries(en); got[0].Name != "Afghanistan" || got[1].Code != "AX" {
		t.Errorf("English begins with %v, want Afghanistan, Åland Islands", got[:2])
	}
	for got, want := range map[string]string{i18n.CountryName(fa, "CH"): "سوئیس", i18n.CountryName(i18n.Find("fr"), "CH"): "Suisse",
		i18n.CountryName(i18n.Find("ar"), "CH"): "سويسرا", i18n.CountryName(en, "MK"): "North Macedonia"} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, code := range []string{"", "xx", "ch", "XX", "EU", "CHE", " C"} {
		if got := i18n.CountryName(en, code); got != "" {
			t.Errorf("CountryName(%q) = %q", code, got)
		}
	}
}

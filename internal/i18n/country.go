package i18n

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/undersigned/undersigned/internal/text"
)

// Country is one entry of a list of countries.
type Country struct {
	Code string // ISO 3166-1 alpha-2
	Name string // in the locale's language
}

// countryCodes are the codes of ISO 3166-1 (2024), in their order.
const countryCodes = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ " +
	"TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// countryLists holds the sorted list of each locale once it was asked for.
var countryLists sync.Map // by locale code: []Country

// IsCountry reports whether the code is one of ISO 3166-1 alpha-2.
func IsCountry(code string) bool {
	return len(code) == 2 && strings.Contains(" "+countryCodes+" ", " "+code+" ")
}

// CountryName returns the name of a country in the locale's language, in English where that has none, and "" for what
// is no code of ISO 3166-1.
func CountryName(l *Locale, code string) string {
	if names, ok := countryNames.Load(l.Code); ok {
		return names.(map[string]string)[code]
	}
	names := map[string]string{}
	for known := range strings.FieldsSeq(countryCodes) {
		names[known] = nameCountry(l, known)
	}
	countryNames.Store(l.Code, names)
	return names[code]
}

// countryNames holds the names in each locale once one was asked for: a page of a list shows a hundred.
var countryNames sync.Map // by locale code: map[string]string, by country

func nameCountry(l *Locale, code string) string {
	if key := "country." + code; l.Has(key) {
		return l.T(key) // renamed since the tables of x/text were made
	}
	region, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	if name := regionName(l.Code, region); name != "" {
		return name
	}
	return regionName(Default, region)
}

// countryCodeOf maps the folded names of countries, in every language of the interface, to their codes.
var countryCodeOf = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for code := range strings.FieldsSeq(countryCodes) {
		for _, l := range All() {
			names[text.Fold(CountryName(l, code))] = code
		}
	}
	for name, code := range otherCountryNames {
		names[text.Fold(name)] = code
	}
	return names
})

// otherCountryNames are names in common use that differ from those of CLDR.
var otherCountryNames = map[string]string{
	"USA": "US", "U.S.A.": "US", "U.S.": "US", "United States of America": "US", "America": "US", "UK": "GB", "U.K.": "GB", "Great Britain": "GB",
	"Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB", "Holland": "NL", "The Netherlands": "NL",
	"Czech Republic": "CZ", "Turkey": "TR", "Türkiye": "TR", "Russian Federation": "RU", "Iran, Islamic Republic of": "IR",
	"Islamic Republic of Iran": "IR", "Korea": "KR", "Republic of Korea": "KR", "Syrian Arab Republic": "SY", "Viet Nam": "VN", "Burma": "MM",
	"Ivory Coast": "CI", "Palestine": "PS", "State of Palestine": "PS", "Macedonia": "MK", "Moldova, Republic of": "MD", "Tanzania, United Republic of": "TZ",
	"Bolivia, Plurinational State of": "BO", "Venezuela, Bolivarian Republic of": "VE", "DR Congo": "CD", "Congo, Democratic Republic of the": "CD",
	"UAE": "AE", "Hong Kong": "HK", "Macau": "MO", "Taiwan": "TW", "Swaziland": "SZ", "Cape Verde": "CV", "East Timor": "TL",
	"États-Unis d'Amérique": "US", "Grande-Bretagne": "GB", "Angleterre": "GB", "République tchèque": "CZ", "Birmanie": "MM",
	"امریکا": "US", "آمریکا": "US", "انگلیس": "GB", "انگلستان": "GB", "بریتانیا": "GB", "هلند": "NL", "أمريكا": "US", "الولايات المتحدة الأمريكية": "US",
	"بريطانيا": "GB", "إنجلترا": "GB",
}

// CountryCode returns the ISO 3166-1 alpha-2 code of a country that is given by its name in a language of the interface, or
// by a code of two or three letters; "" if it is not known.
func CountryCode(typed string) string {
	typed = strings.TrimSpace(typed)
	if code := strings.ToUpper(typed); IsCountry(code) {
		return code
	}
	if code := countryCodeOf()[text.Fold(typed)]; code != "" {
		return code
	}
	if len(typed) == 3 {
		if region, err := language.ParseRegion(strings.ToUpper(typed)); err == nil && IsCountry(region.String()) {
			return region.String()
		}
	}
	return ""
}

func regionName(code string, region language.Region) string {
	if namer := display.Regions(language.Make(code)); namer != nil {
		return namer.Name(region)
	}
	return ""
}

// Countries returns all countries, sorted as the locale's language sorts their names. The caller must not change it.
func Countries(l *Locale) []Country {
	if list, ok := countryLists.Load(l.Code); ok {
		return list.([]Country)
	}
	var list []Country
	for code := range strings.FieldsSeq(countryCodes) {
		list = append(list, Country{Code: code, Name: CountryName(l, code)})
	}
	order := collate.New(language.Make(l.Code))
	slices.SortFunc(list, func(a, b Country) int { return order.CompareString(a.Name, b.Name) })
	countryLists.Store(l.Code, list)
	return list
}

package importer

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestTables_folded checks that every entry of a word table is written as fold writes it; others would never be found.
func TestTables_folded(t *testing.T) {
	for _, w := range tables() {
		v := reflect.ValueOf(*w)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			for _, entry := range entries(v.Field(i)) {
				if folded := fold(entry); folded != strings.TrimSpace(entry) {
					t.Errorf("%s %s: %q folds to %q", w.Tag, name, entry, folded)
				}
			}
		}
	}
}

func entries(v reflect.Value) []string {
	var out []string
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, v.Index(i).String())
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			out = append(out, key.String())
		}
	}
	return out
}

// TestFindDates_calendars has the first days and the leap days of years around the turn of the 33-year cycle.
func TestFindDates_calendars(t *testing.T) {
	tests := []struct{ text, want string }{
		{"۱ فروردین ۱۴۰۳", "2024-03-20"}, {"۳۰ اسفند ۱۴۰۳", "2025-03-20"}, {"۱ فروردین ۱۴۰۴", "2025-03-21"},
		{"۲۹ اسفند ۱۴۰۷", "2029-03-19"}, {"۳۰ اسفند ۱۴۰۸", "2030-03-20"}, {"۱ فروردین ۱۴۰۹", "2030-03-21"},
		{"۳۰ اسفند ۱۳۹۹", "2021-03-20"}, {"۳۰ اسفند ۱۴۰۴", ""}, {"۳۱ مهر ۱۴۰۰", ""}, {"۱۲ مرداد ۱۴۰۵", "2026-08-03"},
		{"۱۴۰۵/۰۵/۱۲", "2026-08-03"}, {"1405/5/12", "2026-08-03"}, {"١٤٠٥/٠٥/١٢", "2026-08-03"}, {"۲۲ بهمن‌ماه ۱۳۵۷", "1979-02-11"},
		{"۲۰ اکتبر ۲۰۲۰", "2020-10-20"}, {"بیستم", ""}, {"شانزدهم آذر ۱۴۰۴", "2025-12-07"},
		{"بیست و یکم مهرماه ۱۴۰۴", "2025-10-13"}, {"12 Mordad 1405", "2026-08-03"}, {"۱۷ حوت ۱۴۰۲", "2024-03-07"},
		{"9 March 2020", "2020-03-09"}, {"09 March 2020", "2020-03-09"}, {"March 9th, 2020", "2020-03-09"}, {"9th of March, 2020", "2020-03-09"},
		{"2020-03-09", "2020-03-09"}, {"29 February 2023", ""}, {"29 February 2024", "2024-02-29"}, {"13/02/2021", "2021-02-13"},
		{"02/13/2021", "2021-02-13"}, {"9.3.2020", "2020-03-09"}, {"Sept. 3, 2021", "2021-09-03"}, {"31 June 2020", ""},
	}
	for _, tt := range tests {
		got := ""
		for _, d := range findDates(fold(tt.text)) {
			if day, ok := d.time(); ok && d.year > 0 {
				got = day.Format(time.DateOnly)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestDateLine(t *testing.T) {
	tests := []struct {
		text, place string
		ok          bool
	}{
		{"Saltmouth, 9 March 2020", "Saltmouth", true},
		{"Date: 9 March 2020", "", true},
		{"Monday, 9 March 2020", "", true},
		{"Port-au-Lac (Vestria), 9 March 2020", "Port-au-Lac", true},
		{"سپیدارشهر، ۱۲ مرداد ۱۴۰۵", "سپیدارشهر", true},
		{"تاریخ: ۱۴۰۵/۰۵/۱۲ برابر با ۳ اوت ۲۰۲۶", "", true},
		{"The bridge fell on 9 March 2020", "", false},
		{"Deadline: 9 March 2020", "", false},
		{"Ref. 12/2020, 9 March 2020", "", false},
	}
	for _, tt := range tests {
		d, ok := readDateLine(tt.text)
		if ok != tt.ok || ok && d.place != tt.place {
			t.Errorf("%s: got %q, %v", tt.text, d.place, ok)
		}
	}
}

func TestDeadline(t *testing.T) {
	tests := []struct{ date, text, want, warning string }{
		{"", "The deadline for signatures is the close of business on Wednesday, July 1st, 2020.", "2020-07-01", ""},
		{"", "Please sign by 5 pm CET on 12 March 2024.", "2024-03-12T17:00:00+01:00", ""},
		{"", "Please sign by 17:30 (Brussels time) on 12 July 2024.", "2024-07-12T17:30:00+02:00", ""},
		{"", "Please sign by noon London time on 12 July 2024.", "2024-07-12T12:00:00+01:00", ""},
		{"", "To sign on, write to us by 11:59 p.m. UTC-5 on March 3, 2021.", "2021-03-03T23:59:00-05:00", ""},
		{"", "Please sign by 5 pm CET on 12 July 2024.", "2024-07-12T17:00:00+01:00", "deadline_summer"},
		{"", "Please sign by 5 pm on 12 July 2024.", "2024-07-12", "deadline_no_zone"},
		{"", "Please sign by Tuesday, 12 July 2024.", "2024-07-12", "date_weekday"},
		{"", "Please sign before 12 July.", "", "deadline_no_year"},
		{"2024-12-20", "Please sign before 12 January.", "2025-01-12", "deadline_year"},
		{"", "We expect your reply by 12 July 2024.", "", ""},
		{"", "It was signed on 12 July 2024.", "", ""},
		{"", "مهلت امضا تا ساعت ۱۸ به وقت تهران روز ۱۰ بهمن ۱۴۰۳ است.", "2025-01-29T18:00:00+03:30", ""},
		{"", "این نامه را حداکثر تا پایان روز جمعه ۱۲ بهمن ۱۴۰۳ امضا کنید.", "2025-01-31", ""},
	}
	for _, tt := range tests {
		checkDeadline(t, Language(tt.text), tt.date, tt.text, tt.want, tt.warning)
	}
}

// checkDeadline reads a sentence of a letter in a language, which is dated or not.
func checkDeadline(t *testing.T, tag, dated, text, want, warning string) {
	t.Helper()
	d := deadlineReader{reader: newReader(tag), dated: dated, form: FormLetter}
	d.readSentence(text)
	if d.found.at != want {
		t.Errorf("%s: got %q, want %q", text, d.found.at, want)
	}
	var warned strings.Builder
	for _, w := range d.warnings {
		warned.WriteString(w.Key)
	}
	if warned.String() != warning {
		t.Errorf("%s: warned %q, want %q", text, warned.String(), warning)
	}
}

func TestFigures(t *testing.T) {
	tests := []struct {
		text      string
		value     float64
		qualifier Qualifier
	}{
		{"more than one hundred and fifty cities", 150, MoreThan},
		{"in thirty-one provinces", 31, Exact},
		{"over 30,000 prisoners", 30000, MoreThan},
		{"no fewer than 17 people", 17, AtLeast},
		{"not more than 5 kilograms", 5, UpTo},
		{"less than 200 survived", 200, FewerThan},
		{"some 54 000 people fled", 54000, About},
		{"an estimated 1.5 million people", 1.5e6, About},
		{"two thousand five hundred and six houses", 2506, Exact},
		{"approximately ten times greater", 10, About},
		{"nearly half a million people", 500000, About},
		{"hundreds of thousands of people", 100000, Magnitude},
		{"several hundred people", 100, Magnitude},
		{"dozens of schools", 12, Magnitude},
		{"100 or more villages", 100, AtLeast},
		{"250+ groups", 250, AtLeast},
		{"20% of all families", 20, Exact},
		{"over 2000 political prisoners", 2000, MoreThan},
		{"$3.5 million were paid", 3.5e6, Exact},
		{"دست‌کم ۱۱۰ نفر", 110, AtLeast},
		{"بیش از هزار و پانصد نفر", 1500, MoreThan},
		{"حدود ۳۰ هزار نفر", 30000, About},
		{"صد و پنجاه و سه هزار و دویست و یک نفر", 153201, Exact},
		{"کمتر از ۲٫۵ میلیون نفر", 2.5e6, FewerThan},
		{"ده‌ها هزار نفر", 10000, Magnitude},
		{"ده ها هزار نفر", 10000, Magnitude},
		{"۵۴٬۰۰۰ نفر", 54000, Exact},
		{"٥٤٬٠٠٠ نفر", 54000, Exact},
		{"۱۴۰۰ نفر", 1400, Exact},
		{"۳ هزار و ۵۰۰ خانه", 3500, Exact},
	}
	for _, tt := range tests {
		figures := figuresIn(tt.text)
		if len(figures) != 1 || figures[0].Value == nil || *figures[0].Value != tt.value || figures[0].Qualifier != tt.qualifier {
			t.Errorf("%s: got %s", tt.text, describe(figures))
		}
	}
}

func TestFigures_ranges(t *testing.T) {
	for _, text := range []string{"between 40 and 50 people", "40–50 people", "40 to 50 people", "forty to fifty people", "بین ۴۰ تا ۵۰ نفر",
		"۴۰ تا ۵۰ نفر", "۴۰ الی ۵۰ نفر", "بین ۴۰ و ۵۰ نفر"} {
		figures := figuresIn(text)
		if len(figures) != 1 || figures[0].Low == nil || *figures[0].Low != 40 || *figures[0].High != 50 || figures[0].Qualifier != Range ||
			figures[0].Value != nil {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
}

// TestFigures_none has numbers that count nothing.
func TestFigures_none(t *testing.T) {
	for _, text := range []string{
		"in 2019 and 2020", "on 9 March 2020 and on March 10", "Article 19 of the Covenant", "articles 18, 19 and 20", "resolution 2231 (2015)",
		"the 75th session", "COVID-19", "flight 752", "flight PS752", "a 16-year-old boy", "aged 16", "at 17:00", "call +44 20 7946 0000",
		"no one knows", "one of them", "in the 1980s", "1988-1990", "the first (1) and the second (2)", "section 12(b)",
		"ماده ۱۹ اعلامیه", "اصل ۲۷ و ۳۲ قانون", "قطعنامه ۲۲۳۱", "سال ۱۳۹۸", "۱۲ مرداد ۱۴۰۵", "در آبان ۹۸", "کووید-۱۹", "پرواز ۷۵۲", "ساعت ۱۸", "جوانی ۱۶ ساله",
	} {
		if figures := figuresIn(text); len(figures) > 0 {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
}

func figuresIn(text string) []Figure { return figuresOf("", text) }

func describe(figures []Figure) string {
	var b strings.Builder
	for _, f := range figures {
		for _, v := range []*float64{f.Value, f.Low, f.High} {
			if v != nil {
				b.WriteString(strings.TrimSpace(time.Duration(*v).String()) + " ")
			}
		}
		b.WriteString(string(f.Qualifier) + " " + f.Quote + "; ")
	}
	return b.String()
}

// TestWarning_texts checks that every warning has its English and all arguments are filled in.
func TestWarning_texts(t *testing.T) {
	for key, text := range warningText {
		w := Warning{Key: key, Args: map[string]any{"Text": "x", "Count": 1, "What": "y"}}
		if got := w.String(); got == key || strings.Contains(got, "{") || text == "" {
			t.Errorf("%s: %q", key, got)
		}
	}
}

func TestDetect(t *testing.T) {
	tests := []struct{ text, want string }{
		{"We call on the government to release all of them.", "en"},
		{"ما از شما می‌خواهیم که همه را آزاد کنید.", "fa"},
		{"نطالب الحكومة بالإفراج عن جميع المعتقلين في هذه المدينة على الفور.", "ar"},
		{"Nous demandons au gouvernement de libérer tous les prisonniers dans le pays.", "fr"},
		{"Wir fordern die Regierung auf, alle Gefangenen freizulassen und das Gesetz zu ändern.", "de"},
		{"Мы призываем правительство освободить всех, кто был задержан.", "ru"},
		{"我们呼吁政府释放所有人。", "zh"},
		{"xyzzy", ""},
	}
	for _, tt := range tests {
		if got := detect([]line{{text: tt.text}}); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

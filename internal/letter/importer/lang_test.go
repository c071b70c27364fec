package importer

import (
	"testing"
	"time"
)

// figuresOf reads the figures of a text in a language.
func figuresOf(tag, text string) []Figure {
	return newReader(tag).readFigures([]line{{text: plain(text)}})
}

func TestFigures_french(t *testing.T) {
	tests := []struct {
		text      string
		value     float64
		qualifier Qualifier
	}{
		{"plus de 1 500 personnes", 1500, MoreThan},
		{"plus de 1\u202f500 personnes", 1500, MoreThan},
		{"plus de 1.500 personnes", 1500, MoreThan},
		{"au moins 12 espèces", 12, AtLeast},
		{"environ 3,5 millions d'euros", 3.5e6, About},
		{"quelque 4\u00a0500 habitants", 4500, About},
		{"près de deux cent cinquante familles", 250, About},
		{"moins de 40 % des foyers", 40, FewerThan},
		{"15 pour cent des logements", 15, Exact},
		{"jusqu'à 900 litres par jour", 900, UpTo},
		{"quatre-vingt-dix-sept maisons", 97, Exact},
		{"soixante et onze maisons", 71, Exact},
		{"vingt et un passagers", 21, Exact},
		{"mille deux cents arbres", 1200, Exact},
		{"cent familles", 100, Exact},
		{"deux mille trois cent six voix", 2306, Exact},
		{"des dizaines de milliers d'arbres", 10000, Magnitude},
		{"des centaines de lettres", 100, Magnitude},
		{"une centaine de personnes", 100, About},
		{"plus d'une centaine de personnes", 100, MoreThan},
		{"plusieurs milliers de voix", 1000, Magnitude},
		{"d'environ 300 mètres", 300, About},
		{"pas moins de 640 logements", 640, AtLeast},
		{"200 personnes au moins", 200, Exact},
	}
	for _, tt := range tests {
		figures := figuresOf("fr", tt.text)
		if len(figures) != 1 || figures[0].Value == nil || *figures[0].Value != tt.value || figures[0].Qualifier != tt.qualifier {
			t.Errorf("%s: got %s", tt.text, describe(figures))
		}
	}
	for _, text := range []string{"entre 20 et 30 ouvriers", "de 20 à 30 ouvriers", "20 à 30 ouvriers", "20-30 ouvriers"} {
		figures := figuresOf("fr", text)
		if len(figures) != 1 || figures[0].Low == nil || *figures[0].Low != 20 || *figures[0].High != 30 {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
	for _, text := range []string{"en 2019", "le 3 mars 2024", "du 2 au 9 janvier", "l'article 19 de la loi", "articles 18, 19 et 20", "à 17 h",
		"un enfant âgé de 16 ans", "deux raisons", "un bâtiment neuf.", "au XXIe siècle", "la résolution n° 12", "avant le 1er mai"} {
		if figures := figuresOf("fr", text); len(figures) > 0 {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
}

func TestFigures_arabic(t *testing.T) {
	tests := []struct {
		text      string
		value     float64
		qualifier Qualifier
	}{
		{"ما لا يقل عن ٤٠ طنا", 40, AtLeast},
		{"لا يقل عن 40 طنا", 40, AtLeast},
		{"أكثر من خمسة وعشرين موقعا", 25, MoreThan},
		{"وأكثر من 20 قرية", 20, MoreThan},
		{"نحو ١٥٠ ألف نسمة", 150000, About},
		{"حوالي ألفي شخص", 2000, About},
		{"قرابة ثلاثة آلاف عائلة", 3000, About},
		{"لا يتجاوز 900 متر", 900, UpTo},
		{"ما يتجاوز 900 متر", 900, MoreThan},
		{"أقل من 40% من السكان", 40, FewerThan},
		{"15 بالمئة من المساكن", 15, Exact},
		{"15 في المئة من المساكن", 15, Exact},
		{"٥٤٬٠٠٠ مسافر", 54000, Exact},
		{"مئة وخمسة وعشرون بيتا", 125, Exact},
		{"ثلاثمئة وستون بيتا", 360, Exact},
		{"ألف وخمسمئة أسرة", 1500, Exact},
		{"اثنا عشر بيتا", 12, Exact},
		{"إحدى عشرة قرية", 11, Exact},
		{"مليون ومئتا ألف صوت", 1.2e6, Exact},
		{"عشرات الآلاف من الأشجار", 10000, Magnitude},
		{"مئات الرسائل", 100, Magnitude},
		{"ملايين الليرات", 1e6, Magnitude},
		{"شخصان", 2, Exact},
		{"200 شخص على الأقل", 200, Exact},
		{"بنحو 300 متر", 300, About},
	}
	for _, tt := range tests {
		figures := figuresOf("ar", tt.text)
		if len(figures) != 1 || figures[0].Value == nil || *figures[0].Value != tt.value || figures[0].Qualifier != tt.qualifier {
			t.Errorf("%s: got %s", tt.text, describe(figures))
		}
	}
	for _, text := range []string{"بين 20 و30 عاملا", "ما بين 20 و 30 عاملا", "من 20 إلى 30 عاملا", "20 إلى 30 عاملا"} {
		figures := figuresOf("ar", text)
		if len(figures) != 1 || figures[0].Low == nil || *figures[0].Low != 20 || *figures[0].High != 30 {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
	for _, text := range []string{"عام 2019", "3 آذار/مارس 2024", "15 كانون الثاني 2025", "١٢ رجب ١٤٤٥ هـ", "المادة 19 من القانون", "القرار رقم 12",
		"الساعة 5 مساء", "لثلاثة أسباب", "الفقرة ٤"} {
		if figures := figuresOf("ar", text); len(figures) > 0 {
			t.Errorf("%s: got %s", text, describe(figures))
		}
	}
}

func TestFindDates_frenchAndArabic(t *testing.T) {
	tests := []struct{ text, want string }{
		{"le 3 mars 2024", "2024-03-03"}, {"1er mai 2025", "2025-05-01"}, {"premier août 2025", "2025-08-01"},
		{"mardi 16 septembre 2025", "2025-09-16"}, {"27/08/2024", "2024-08-27"},
		{"31 juin 2024", ""}, {"le 29 février 2023", ""}, {"14 AOÛT 2023", "2023-08-14"}, {"2 décembre 1999", "1999-12-02"},
		{"3 آذار/مارس 2024", "2024-03-03"}, {"15 كانون الثاني 2025", "2025-01-15"}, {"١٥ تموز/يوليو ٢٠٢٣", "2023-07-15"},
		{"9 غشت 2026", "2026-08-09"}, {"5 آب (أغسطس) 2024", "2024-08-05"}, {"الأول من أيار 2024", "2024-05-01"},
		{"3 من مارس 2024", "2024-03-03"}, {"7 تشرين الأول 2022", "2022-10-07"}, {"27/8/2024", "2024-08-27"}, {"2024/8/27", "2024-08-27"}, {"31 نيسان 2024", ""},
		{"1 رجب 1445 هـ الموافق 13 يناير 2024 م", "2024-01-13"}, {"١٢ رجب ١٤٤٥", ""}, {"15/7/1445هـ", ""}, {"1428/5/12 هـ", ""},
		{"۱۴۰۳/۵/۱۲ هـ.ش", "2024-08-02"},
	}
	for _, tt := range tests {
		got := ""
		for _, d := range findDates(fold(tt.text)) {
			if day, ok := d.time(); ok && d.year > 0 && !d.unread {
				got = day.Format(time.DateOnly)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDeadline_frenchAndArabic(t *testing.T) {
	tests := []struct{ tag, text, want, warning string }{
		{"fr", "Signez avant le 15 mars 2026 à 17 h (heure de Paris).", "2026-03-15T17:00:00+01:00", ""},
		{"fr", "Vous pouvez signer jusqu'au 12 juillet 2026 à 17h30, heure de Genève.", "2026-07-12T17:30:00+02:00", ""},
		{"fr", "La date limite de signature est le 12 juin 2026, en fin de journée.", "2026-06-12", ""},
		{"fr", "Merci de signer au plus tard le 1er mai 2026 à midi.", "2026-05-01", "deadline_no_zone"},
		{"fr", "La date limite de signature est le vendredi 12 juin 2026 à 17 h et non le 13.", "2026-06-12", "deadline_no_zone"},
		{"fr", "Les organisations signataires demandent la réouverture avant le 3 mai 2026.", "", ""},
		{"fr", "Nous attendons votre réponse avant le 12 juin 2026.", "", ""},
		{"fr", "Elle fut signée le 12 juin 2026.", "", ""},
		{"ar", "آخر موعد للتوقيع هو 15 مارس 2026، الساعة 5 مساءً بتوقيت بغداد.", "2026-03-15T17:00:00+03:00", ""},
		{"ar", "يرجى التوقيع قبل ٢٠ نيسان ٢٠٢٧.", "2027-04-20", ""},
		{"ar", "نرجو التوقيع في موعد أقصاه 20 أبريل 2027، نهاية يوم العمل.", "2027-04-20", ""},
		{"ar", "باب التوقيع مفتوح حتى 12 رجب 1448.", "", "date_calendar"},
		{"ar", "ننتظر ردكم قبل 20 أبريل 2027.", "", ""},
	}
	for _, tt := range tests {
		checkDeadline(t, tt.tag, "", tt.text, tt.want, tt.warning)
	}
}

// TestDetect_neighbours tells languages of one script apart.
func TestDetect_neighbours(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Nous vous demandons de rouvrir la maternité de Port-Clair avant l'été.", "fr"},
		{"Le agradecemos que las autoridades de la ciudad publiquen los datos del agua.", "es"},
		{"Chiediamo che il comune riapra la scuola e che le famiglie non siano lasciate sole.", "it"},
		{"Pedimos que a câmara reabra a escola para as crianças do bairro e não a venda.", "pt"},
		{"نناشدكم إعادة فتح المدرسة قبل بدء العام الدراسي.", "ar"},
		{"از شما می‌خواهیم که مدرسه را دوباره باز کنید.", "fa"},
		{"ہم آپ سے مطالبہ کرتے ہیں کہ اسکول کو دوبارہ کھولا جائے۔", "ur"},
		{"داوا لە حکومەت دەکەین کە قوتابخانەکە بکاتەوە و ئاو بۆ گوندەکان دابین بکات.", "ckb"},
		{"السيد الوزير المحترم، تحية طيبة وبعد، نطلب منكم النظر في شكوانا.", "ar"},
	}
	for _, tt := range tests {
		if got := detect([]line{{text: tt.text}}); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

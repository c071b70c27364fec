package importer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/undersigned/undersigned/internal/letter/importer"
)

// TestRead_addressedLine reads who is written to on a line with a label: office and name in either order, several between semicolons.
func TestRead_addressedLine(t *testing.T) {
	ms := func(office, before, name string) importer.Addressee {
		return importer.Addressee{Office: office, Before: before, Name: name}
	}
	english := blocks("Dear Minister,", closedLanding, reopenLanding, faithfully)
	french := blocks("Madame la Ministre,", "Le 5 mai 2025, la commune a fermé le débarcadère sans un mot, et depuis huit cents personnes marchent une heure.",
		"Nous vous demandons de rouvrir le débarcadère.", "Veuillez agréer nos salutations distinguées.", "Association des marcheurs")
	persian := blocks("با سلام و احترام،", "شورای شهر در ۱۵ اردیبهشت ۱۴۰۴ اسکله را بی‌خبر بست و از آن روز هشتصد نفر یک ساعت پیاده به سر کار می‌روند.",
		"از شما درخواست می‌کنیم اسکله را باز کنید.", "با احترام", "انجمن پیاده‌روان")
	arabic := blocks("تحية طيبة وبعد،", "أغلق المجلس مرسى القوارب في 5 أيار 2025 دون أن يقول لنا كلمة، ومنذ ذلك اليوم يمشي ثمانمئة شخص ساعة إلى عملهم.",
		"نطالبكم بإعادة فتح المرسى.", "وتفضلوا بقبول فائق الاحترام", "جمعية المشاة")
	tests := []struct {
		line, letter string
		want         []importer.Addressee
		left         string // before an office
	}{
		{"To: The Minister of Justice, Ms Orla Vance", english, []importer.Addressee{ms("Minister of Justice", "Ms", "Orla Vance")}, ""},
		{"To: Ms Orla Vance, Minister of Justice", english, []importer.Addressee{ms("Minister of Justice", "Ms", "Orla Vance")}, ""},
		{"To: The Attorney General, H.E. Dr Pell Harrow", english, []importer.Addressee{ms("Attorney General", "H.E. Dr", "Pell Harrow")}, ""},
		{"To: Director General, General Pell Harrow", english, []importer.Addressee{ms("Director General", "General", "Pell Harrow")}, ""},
		{"To: Her Excellency the Minister of Justice, Ms Orla Vance", english, []importer.Addressee{ms("Minister of Justice", "Ms", "Orla Vance")}, "Her Excellency"},
		{"To: Mayor of Dunmere; Dunmere Housing Authority", english, []importer.Addressee{ms("Mayor of Dunmere", "", ""), {Name: "Dunmere Housing Authority"}}, ""},
		{"To: Dunmere Housing Authority; Ms Orla Vance, Mayor; the Chair of the Harbour Board", english, []importer.Addressee{{Name: "Dunmere Housing Authority"},
			ms("Mayor", "Ms", "Orla Vance"), ms("Chair of the Harbour Board", "", "")}, ""},
		{"To: The Minister of Health and Housing", english, []importer.Addressee{ms("Minister of Health and Housing", "", "")}, ""},
		{"To: The Mayor of Dunmere and the Chair of the Board", english, []importer.Addressee{ms("Mayor of Dunmere and the Chair of the Board", "", "")}, ""},
		{"À : La ministre de la Justice, Mme Orla Vance", french, []importer.Addressee{ms("ministre de la Justice", "Mme", "Orla Vance")}, ""},
		{"À : Mme Orla Vance, ministre de la Justice", french, []importer.Addressee{ms("ministre de la Justice", "Mme", "Orla Vance")}, ""},
		{"À l'attention de : Monsieur le préfet, M. Paul Rand ; Office du logement", french, []importer.Addressee{ms("préfet", "M.", "Paul Rand"),
			{Name: "Office du logement"}}, "Monsieur"},
		{"به: وزیر دادگستری، سرکار خانم اورلا ونس", persian, []importer.Addressee{ms("وزیر دادگستری", "سرکار خانم", "اورلا ونس")}, ""},
		{"به: سرکار خانم اورلا ونس، وزیر دادگستری", persian, []importer.Addressee{ms("وزیر دادگستری", "سرکار خانم", "اورلا ونس")}, ""},
		{"به: وزیر دادگستری؛ شهردار بندر", persian, []importer.Addressee{ms("وزیر دادگستری", "", ""), ms("شهردار بندر", "", "")}, ""},
		{"إلى: وزيرة العدل، السيدة أورلا فانس", arabic, []importer.Addressee{ms("وزيرة العدل", "السيدة", "أورلا فانس")}, ""},
		{"إلى: السيدة أورلا فانس، وزيرة العدل", arabic, []importer.Addressee{ms("وزيرة العدل", "السيدة", "أورلا فانس")}, ""},
		{"إلى: وزيرة العدل؛ رئيس بلدية الميناء", arabic, []importer.Addressee{ms("وزيرة العدل", "", ""), ms("رئيس بلدية الميناء", "", "")}, ""},
	}
	for _, tt := range tests {
		draft, err := importer.Read("a.txt", []byte(tt.line+"\n\n"+tt.letter))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, draft.Addressees); diff != "" {
			t.Errorf("%s:\n%s", tt.line, diff)
		}
		if i := slices.IndexFunc(draft.LeftOut, func(l importer.LeftOut) bool { return l.Line == 1 && l.Why != importer.Label && l.Text != tt.left }); i >= 0 {
			t.Errorf("%s: left out %v", tt.line, draft.LeftOut[i])
		}
	}
}

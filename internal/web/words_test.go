package web

import (
	"html/template"

	"github.com/undersigned/undersigned/internal/i18n"
)

// words are the texts of the samples: plain ones to look at, or hostile ones to test with.
type words struct {
	title, subtitle, name, longName, organisation, office, text string
	body                                                        template.HTML
	place, dir                                                  string
}

var plainWords = map[string]words{
	"en": {
		title:        "Let independent doctors into the prisons of Northmarch",
		subtitle:     "A letter to the Council of Ministers on medical care in detention",
		name:         "Ada Lindqvist",
		longName:     "Professor Maria Consuelo de los Ángeles Fernández y Gutiérrez de la Vega",
		organisation: "Harbour Association for Medical Neutrality",
		office:       "President of the Council of Ministers",
		text:         "Admit an independent medical commission to all eleven prisons before 1 December, without prior notice of the day.",
		body: `<p>We write on behalf of the families of forty-three prisoners who fell seriously ill in the prisons of Northmarch between January and August of this year. In nineteen cases, treatment that a prison doctor had prescribed in writing was not given. Six of the patients have died.<sup><a href="#n1">1</a></sup></p>
<p>Your own Ombudsman confirmed in her report of 14 May that “waiting times for a specialist exceed four months”. The law you signed in 2019 gives every detainee the right to an examination within seventy-two hours. We ask for no more than that this law be kept.</p>
<h2>What has happened since May</h2>
<p>The Ministry announced a commission. It has no members, no budget and no date.</p>
<blockquote><p>My brother asked for his insulin on eleven days. On the twelfth they gave us his watch.</p></blockquote>
<p>We therefore ask the Council:</p>`, place: "Port Sable", dir: "ltr",
	},
	"fr": {
		title:        "Laissez entrer des médecins indépendants dans les prisons de Northmarch",
		subtitle:     "Lettre au Conseil des ministres sur les soins médicaux en détention",
		name:         "Hélène d’Aubigny",
		longName:     "Professeure Marie-Antoinette de La Rochefoucauld-Montmorency, docteure en anthropologie",
		organisation: "Association portuaire pour l’impartialité de la médecine",
		office:       "Président du Conseil des ministres",
		text:         "Admettez dans les onze prisons, avant le 1er décembre et sans annonce préalable du jour, une commission médicale indépendante.",
		body: `<p>Nous écrivons au nom des familles de quarante-trois détenus tombés gravement malades dans les prisons de Northmarch entre janvier et août de cette année. Dans dix-neuf cas, un traitement prescrit par écrit par le médecin de la prison n’a pas été donné. Six des patients sont morts.<sup><a href="#n1">1</a></sup></p>
<p>Votre propre Médiatrice a confirmé dans son rapport du 14 mai que « les délais d’attente pour un spécialiste dépassent quatre mois ». Nous ne demandons rien de plus que le respect de cette loi.</p>
<h2>Ce qui s’est passé depuis mai</h2>
<blockquote><p>Mon frère a demandé son insuline onze jours de suite. Le douzième, on nous a rendu sa montre.</p></blockquote>
<p>C’est pourquoi nous demandons au Conseil :</p>`, place: "Port-Sable", dir: "ltr",
	},
	"ar": {
		title:        "أدخلوا أطباء مستقلين إلى سجون نورثمارش",
		subtitle:     "رسالة إلى مجلس الوزراء بشأن الرعاية الطبية في الاحتجاز",
		name:         "هبة المؤمنة فؤاد",
		longName:     "الأستاذة الدكتورة عائشة عبد الرحمن آل بوسعيد القرشي المراكشي",
		organisation: "رابطة الميناء لحياد المهنة الطبية",
		office:       "رئيس مجلس الوزراء",
		text:         "أدخلوا قبل ١ كانون الأول/ديسمبر لجنة طبية مستقلة إلى السجون الأحد عشر كلها، دون إعلان مسبق عن يوم الزيارة.",
		body: `<p>نكتب باسم أسر ثلاثة وأربعين سجينًا أصيبوا بأمراض خطيرة في سجون نورثمارش بين كانون الثاني/يناير وآب/أغسطس من هذا العام. وفي تسع عشرة حالة لم يُعطَ العلاج الذي وصفه طبيب السجن كتابةً. وتوفي ستة من المرضى.</p>
<p>وقد أكد أمين المظالم لديكم في تقريره المؤرخ ١٤ أيار/مايو أن «مدة انتظار الطبيب المختص تتجاوز أربعة أشهر». ولا نطلب أكثر من احترام هذا القانون.</p>
<blockquote><p>طلب أخي الأنسولين أحد عشر يومًا. وفي اليوم الثاني عشر أعطونا ساعته.</p></blockquote>
<p>لذلك نطلب من المجلس:</p>`, place: "بورت سيبل", dir: "rtl",
	},
	"fa": {
		title:        "پزشکان مستقل را به زندان‌های نورت‌مارچ راه دهید",
		subtitle:     "نامه‌ای به شورای وزیران دربارهٔ درمان در بازداشت",
		name:         "نگار فرهمند",
		longName:     "دکتر سید محمدرضا حسینی‌نژاد طباطبایی اردستانی",
		organisation: "انجمن بندر برای بی‌طرفی پزشکی",
		office:       "رئیس شورای وزیران",
		text:         "پیش از ۱۰ آذر، یک هیئت پزشکی مستقل را بدون اعلام قبلی روز بازدید به هر یازده زندان راه دهید.",
		body: `<p>این نامه را از سوی خانواده‌های چهل‌وسه زندانی می‌نویسیم که از دی‌ماه تا مرداد امسال در زندان‌های نورت‌مارچ به‌سختی بیمار شدند. در نوزده مورد، درمانی که پزشک زندان کتباً تجویز کرده بود انجام نشد. شش تن از این بیماران جان باختند.</p>
<p>بازرس کل خود شما در گزارش ۲۴ اردیبهشت تأیید کرد که «زمان انتظار برای پزشک متخصص از چهار ماه بیشتر است». قانونی که در سال ۱۳۹۸ امضا کردید به هر بازداشتی حق معاینه در هفتادودو ساعت را می‌دهد. ما چیزی بیش از اجرای همین قانون نمی‌خواهیم.</p>
<blockquote><p>برادرم یازده روز انسولین خواست. روز دوازدهم ساعتش را به ما دادند.</p></blockquote>
<p>از این رو از شورا می‌خواهیم:</p>`, place: "پورت‌سیبل", dir: "rtl",
	},
}

// wordsFor returns plain words for the samples of a language. A language that has none takes those of another one written
// in its direction, so that a new catalogue needs nothing here.
func wordsFor(code string) words {
	if w, ok := plainWords[code]; ok {
		return w
	}
	if i18n.Direction(code) == "rtl" {
		return plainWords["fa"]
	}
	return plainWords[i18n.Default]
}

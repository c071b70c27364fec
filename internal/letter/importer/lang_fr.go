package importer

import (
	"strings"
	"time"
)

// french returns the word table of French.
func french() *words {
	return &words{
		Tag:       "fr",
		Neighbour: "en",
		Stop:      []string{"le", "la", "les", "des", "est", "dans", "pour", "que", "nous", "vous", "et", "une", "du", "au", "de", "en", "il", "on", "par", "sur", "plus", "ne", "ce"},

		OfficeArticles: []string{"le", "la", "les"},
		ElidedArticles: []string{"l'"},
		Elisions:       []string{"l'", "d'", "qu'"},
		ElidedOfs:      []string{"d'", "l'"},
		Ofs:            []string{"de", "du", "des", "à"},
		OfficeOfs:      []string{"aux", "chargé", "chargée"},
		OfWords: []string{"de", "du", "des", "la", "le", "les", "à", "au", "aux", "et", "en", "pour", "sur", "contre", "dans", "par", "un", "une", "l'", "d'", "rue", "avenue", "boulevard", "bd", "place", "quai", "chemin", "allée", "impasse", "route", "cours", "bis", "ter", "chargé", "chargée", "sous",
			"près", "auprès"},
		Honorifics: []string{"monsieur le", "monsieur la", "monsieur l'", "monsieur", "madame la", "madame le", "madame l'", "madame", "mademoiselle", "messieurs les", "mesdames les", "mesdames et messieurs les", "mesdames et messieurs", "messieurs", "mesdames", "mm", "mme", "mmes", "mlle", "dr", "docteur", "pr", "professeur", "professeure", "me", "maître", "maitre",
			"son excellence", "son excellence monsieur", "son excellence madame", "sa majesté", "son altesse", "s.e", "s.e.m", "s.e. m", "s.e. mme", "s. e", "s. exc", "monseigneur", "mgr", "l'honorable", "honorable", "sœur", "le docteur", "le professeur"},
		WithStop: []string{"me", "pr"},
		Roles: expand([]string{"", "s"}, "ministre", "président", "présidente", "president", "vice-président", "vice-présidente", "directeur", "directrice", "secrétaire", "préfet", "préfète", "maire", "maires", "député", "députée", "sénateur", "sénatrice", "ambassadeur", "ambassadrice",
			"gouverneur", "gouverneure", "chancelier", "chancelière", "rapporteur", "rapporteuse", "rapporteure", "commissaire", "conseiller", "conseillère", "procureur", "procureure", "juge", "chef", "cheffe", "responsable", "délégué", "déléguée", "représentant", "représentante", "porte-parole", "trésorier", "trésorière",
			"membre", "coordinateur", "coordinatrice", "coordonnateur", "coordonnatrice", "fondateur", "fondatrice", "cofondateur", "cofondatrice", "avocat", "avocate", "journaliste", "médecin", "infirmier", "infirmière", "enseignant", "enseignante", "instituteur", "institutrice", "chercheur", "chercheuse", "écrivain", "écrivaine",
			"auteur", "autrice", "artiste", "professeur", "professeure", "étudiant", "étudiante", "historien", "historienne", "ingénieur", "ingénieure", "syndicaliste", "militant", "militante", "doyen", "doyenne", "recteur", "rectrice", "proviseur", "inspecteur", "inspectrice", "administrateur", "administratrice",
			"médiateur", "médiatrice", "défenseur", "défenseure", "bourgmestre", "échevin", "échevine", "sous-préfet", "élu", "élue", "économiste", "géographe", "philosophe", "libraire", "bibliothécaire", "agriculteur", "agricultrice", "boulanger", "boulangère", "pêcheur", "musicien", "musicienne", "comédien", "comédienne", "retraité", "retraitée", "bénévole", "animateur", "animatrice", "gérant", "gérante", "roi", "reine", "pasteur", "curé"),
		Bodies: expand([]string{"", "s"}, "association", "ligue", "fédération", "collectif", "comité", "conseil", "syndicat", "union", "réseau", "fondation", "institut", "centre", "mouvement", "coordination", "coalition", "alliance", "organisation", "société", "groupe", "confédération", "amicale", "observatoire", "ministère",
			"ambassade", "préfecture", "mairie", "université", "école", "lycée", "hôpital", "commission", "assemblée", "parlement", "sénat", "tribunal", "cour", "office", "agence", "bureau", "parti", "front", "forum", "maison", "compagnie", "coopérative", "mutuelle", "chambre", "cercle", "club", "barreau", "ordre", "département", "région", "commune", "direction", "rectorat", "gouvernement", "république", "secrétariat", "atelier", "théâtre", "musée", "bibliothèque", "orchestre", "amis de", "amis du", "amis des", "parents de", "parents d'élèves", "sans frontières", "initiative", "plateforme", "caisse"),
		Authorities: []string{"ministère", "ambassade", "préfecture", "mairie", "hôtel de ville", "tribunal", "parlement", "assemblée nationale", "sénat", "conseil municipal", "conseil régional", "conseil départemental", "commission", "direction", "rectorat", "consulat", "cour", "gouvernement", "préfecture de"},
		Places:      []string{"rue", "avenue", "boulevard", "bd", "place", "quai", "chemin", "allée", "impasse", "cedex", "bp", "b.p", "hôtel", "immeuble", "bâtiment", "étage", "route", "square", "palais", "cours", "cité", "boîte postale", "lieu-dit", "faubourg", "passage", "villa", "résidence", "case postale", "cs", "esplanade", "parvis", "sentier", "ruelle"},
		NotNames: []string{"libre", "libres", "pour", "contre", "avenir", "citoyens", "citoyennes", "parents", "amis", "voix", "terre", "eau", "eaux", "paix", "nature", "climat", "vivre", "ensemble", "sans", "non", "oui", "les", "nos", "notre", "votre", "tous", "toutes", "mer", "forêt", "forêts", "rivière", "rivières", "riverains", "habitants", "mères", "jeunes", "jeunesse",
			"femmes", "enfants", "quartier", "ville", "village", "vallée", "justice", "solidarité", "liberté", "droits", "santé", "rail", "trains", "air", "livres", "lecture", "mémoire", "patrimoine", "sauvons", "stop", "halte", "objet", "lettre", "appel", "république", "usagers", "locataires", "pêcheurs"},
		Particles:   []string{"de", "du", "des", "la", "le", "d'", "von", "van", "der", "ben", "el", "al"},
		Conjunction: []string{"et"},
		OfficeFirst: true,

		Months: map[string]time.Month{
			"janvier": 1, "février": 2, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "août": 8, "aout": 8,
			"septembre": 9, "octobre": 10, "novembre": 11, "décembre": 12, "decembre": 12, "janv": 1, "févr": 2, "juil": 7, "déc": 12,
		},
		Days: map[string]int{"premier": 1},
		Weekdays: map[string]time.Weekday{
			"dimanche": 0, "lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6,
		},
		PageDates: []string{"publié", "publiée", "mis à jour", "mise à jour", "dernière mise à jour", "dernière modification", "modifié", "modifiée", "mis en ligne",
			"mise en ligne", "posté"},
		DateWith:     []string{"dernière", "mise", "mis", "modifié", "modifiée", "actualisé", "le", "la", "du", "en", "fait", "date", "à", "ce", "publié", "publiée", "daté", "datée", "envoyé", "signé", "jour"},
		DayFirst:     dateWords{Ending: "er|ère"},
		SmallMonths:  true,
		TownArticles: []string{"la", "le"},

		Titles:       []string{"tribune", "lettre à", "lettre au", "lettre aux", "appel à", "appel au", "appel aux", "appel pour", "appel contre", "manifeste", "déclaration", "motion", "plaidoyer", "mémorandum"},
		InnerTitles:  []string{"lettre ouverte", "lettre collective", "lettre commune", "lettre conjointe", "appel urgent", "appel commun", "pétition", "communiqué de presse", "déclaration commune", "déclaration conjointe"},
		LetterTitles: []string{"lettre ouverte", "lettre collective", "lettre commune", "lettre conjointe", "appel urgent", "appel commun", "pétition", "lettre à", "lettre au", "lettre aux"},
		LetterTo:     []string{"lettre à l'intention de", "lettre ouverte à l'intention de", "lettre à l'attention de", "lettre ouverte à l'attention de", "lettre ouverte à", "lettre ouverte au", "lettre ouverte aux", "lettre à", "lettre au", "lettre aux", "lettre adressée à", "lettre adressée au", "appel au", "pétition à", "pétition au"},
		Statements:   []string{"déclaration", "déclaration commune", "déclaration conjointe", "motion", "manifeste", "résolution"},
		Subjects:     []string{"objet", "concerne", "concernant", "sujet", "re", "au sujet de"},
		References: []string{"réf", "ref", "n/réf", "v/réf", "nos réf", "vos réf", "n. réf", "v. réf", "référence", "références", "dossier", "dossier n°", "n°", "siret", "siren", "rcs", "numéro",
			"notre référence", "votre référence", "association n°"},
		Invocation: []string{"par courriel", "par courrier", "par courrier électronique", "par lettre recommandée", "lettre recommandée", "recommandé avec accusé de réception", "recommandée avec accusé de réception", "par porteur", "par fax", "par télécopie",
			"par voie électronique", "confidentiel", "urgent", "communiqué de presse", "pour diffusion immédiate", "diffusion immédiate", "sous embargo", "embargo", "lettre recommandée avec accusé de réception", "en main propre", "remis en main propre"},
		Bylines: []string{"par", "propos recueillis par", "texte de", "écrit par", "un texte de", "rédigé par"},
		To: []string{"à l'attention de", "à l'attention du", "à l'attention des", "a l'attention de", "a l'attention du", "a l'attention des", "à l'intention de", "à l'intention du", "adressée à", "adressé à",
			"destinataire", "destinataires", "à"},
		From:        []string{"de", "expéditeur", "expéditrice", "expéditeurs", "de la part de", "émetteur"},
		Attentions:  []string{"à l'attention de", "à l'attention du", "à l'attention des", "a l'attention de", "a l'attention du"},
		Addresses:   []string{"adresse", "adresse postale", "siège", "siège social"},
		PhoneLabels: "tél|téléphone|télécopie",

		Salutations: []string{"cher", "chère", "chers", "chères", "mesdames et messieurs", "mesdames, messieurs", "madame, monsieur", "madame ou monsieur", "à qui de droit", "excellence", "excellences", "votre excellence"},
		Vocatives:   []string{"monsieur", "madame", "messieurs", "mesdames", "maître", "docteur", "monseigneur", "votre majesté", "majesté", "honorable", "honorables", "bonjour", "camarades", "concitoyens", "concitoyennes", "citoyennes", "citoyens"},
		Greetings:   []string{"cher", "chère", "chers", "chères", "bonjour", "à", "très"},
		Polite: []string{"monsieur", "madame", "messieurs", "mesdames", "mademoiselle", "madame, monsieur", "mesdames et messieurs", "excellence", "excellences", "votre excellence", "collègues", "ami", "amis", "amie", "amies",
			"concitoyens", "concitoyennes", "tous", "toutes", "camarades", "qui de droit", "votre majesté", "majesté", "maître", "docteur", "monseigneur", "amies et amis", "amis et amies", "collègues et amis", "lecteurs", "lectrices"},
		Peers:      []string{"bonjour", "citoyens", "citoyennes", "habitants", "habitantes", "ami", "amis", "amie", "amies", "collègues", "camarades", "signataires", "organisations", "associations", "partenaires", "tous", "toutes", "concitoyens", "concitoyennes", "riverains", "adhérents", "voisins", "voisines", "parents", "sympathisants"},
		PeersAlone: []string{"bonjour"},
		Formal:     true,
		Wrote:      frenchWrote(),
		Times:      []string{"aujourd'hui", "hier", "récemment", "également", "aussi", "conjointement", "ce", "matin"},
		WroteEnd: []string{"pour", "afin", "demandant", "dénonçant", "concernant", "au sujet", "dans laquelle", "dans lequel", "qui", "que", "et demande", "et demandent", "publiée", "publié", "aujourd'hui", "hier", "contre", "lui demandant", "leur demandant", "à propos", "signée", "sur",
			"réclamant", "exigeant", "appelant", "avant", "ce", "ci-dessous", "suivante"},

		Closings: []string{"cordialement", "bien cordialement", "très cordialement", "respectueusement", "très respectueusement", "bien respectueusement", "sincèrement", "bien sincèrement", "très sincèrement",
			"salutations distinguées", "sincères salutations", "meilleures salutations", "avec nos meilleures salutations", "avec nos salutations distinguées", "avec nos sincères salutations", "avec nos salutations respectueuses", "salutations respectueuses", "salutations cordiales",
			"salutations solidaires", "solidairement", "avec nos remerciements", "avec tous nos remerciements", "avec mes remerciements", "bien à vous", "avec toute notre considération", "avec notre considération", "avec notre plus haute considération", "avec nos respects",
			"fraternellement", "amicalement", "dévouement", "avec espoir", "avec détermination", "en toute solidarité", "avec gratitude", "dans l'attente de votre réponse", "dans l'attente de vous lire", "en vous remerciant", "vôtre", "merci", "belle journée", "bonne journée", "bonne réception", "à bientôt"},
		ClosingStarts: []string{"avec", "dans l'attente", "en vous remerciant", "en espérant", "en toute"},
		ClosingSentences: []string{"veuillez agréer", "veuillez recevoir", "veuillez croire", "veuillez accepter", "recevez", "agréez", "croyez", "daignez agréer", "salutations",
			"nous vous prions, ", "je vous prie, "},
		ClosingFormulas: []string{"d'agréer", "veuillez agréer", "vous prie de croire", "vous prions de croire", "vous prie de recevoir", "vous prions de recevoir", "vous prie d'accepter", "vous prions d'accepter", "veuillez recevoir", "veuillez croire", "nous vous adressons nos salutations", "nous vous adressons nos respectueuses"},
		ClosingWords:    45,
		Copies: []string{"copie", "copies", "copie à", "copies à", "copie pour information", "cc", "pièce jointe", "pièces jointes", "p.j", "pj", "annexe", "annexes", "contact", "contacts", "contact presse", "contacts presse",
			"ps", "p.s", "notes", "note", "références", "sources", "pour en savoir plus", "pour plus d'informations", "renseignements", "à propos", "suivent les signatures", "suit la liste",
			"p.-s", "post-scriptum", "n.b", "nb", "nota bene", "note à la rédaction", "notes à la rédaction", "bibliographie", "documents joints", "document joint"},
		CopyStarts: []string{"copie à", "copies à", "copie pour information", "suivent les signatures", "à propos", "ps", "p.s", "p.-s", "post-scriptum", "n.b", "nb", "p.j", "pj"},
		Signed: []string{"signataires", "les signataires", "signé", "signée", "signé par", "signée par", "signatures", "les soussignés", "les soussignées", "nous soussignés", "premiers signataires", "premières signataires", "les premiers signataires", "organisations signataires",
			"associations signataires", "liste des signataires", "cosignataires", "co-signataires", "ont signé", "signataires à titre individuel", "liste des premiers signataires", "les organisations signataires", "les associations signataires", "soutiens", "avec le soutien de"},
		Represented: []string{"représenté par", "représentée par", "représentés par", "contact"},
		Behalf:      []string{"au nom de la", "au nom du", "au nom des", "au nom de", "pour le compte de", "pour le compte du", "pour la", "pour le", "pour les", "pour", "p/o", "p.o"},
		NameHeaders: []string{"nom", "prénom", "nom et prénom", "prénom et nom", "nom, prénom", "nom complet", "signataire"},
		RoleHeaders: []string{"fonction", "qualité", "titre", "profession", "métier", "poste"},
		BodyHeaders: []string{"organisation", "association", "structure", "organisme", "institution", "affiliation", "entreprise", "employeur"},
		Headers:     []string{"ville", "commune", "pays", "signature", "courriel", "date", "n°", "no", "numéro", "code postal", "lieu", "téléphone", "adresse", "émargement", "site"},

		Requests: []string{"demandons", "exigeons", "appelons", "exhortons", "réclamons", "sollicitons", "invitons", "prions", "supplions", "conjurons", "recommandons", "requérons", "enjoignons", "revendiquons", "souhaitons que", "voulons que", "voulons", "attendons de", "attendons du", "attendons des", "attendons que",
			"insistons pour que", "proposons", "préconisons", "je demande", "je vous demande", "j'exige", "j'appelle", "je vous appelle", "je vous exhorte", "je réclame", "je sollicite", "je vous invite", "je vous prie", "je vous supplie", "je vous conjure", "je propose", "mettons en demeure", "soussignés demandent", "soussignées demandent"},
		Reported:   []string{"demande", "exige", "appelle", "exhorte", "réclame", "invite", "demandent", "exigent", "appellent", "exhortent", "réclament", "invitent", "sollicite", "sollicitent"},
		NounBefore: []string{"une", "d'une", "la", "cette", "notre", "sa", "leur", "toute", "simple", "à"},
		ToYou: []string{"vous demande de", "vous demande d", "vous demande que", "vous demandent de", "vous demandent d", "vous demandent que", "vous prient de", "vous appellent à", "vous exhortent à", "pourriez-vous", "vous serais reconnaissante de", "vous serais reconnaissant de", "serions reconnaissants de", "serions reconnaissantes de", "serions reconnaissants si", "comptons sur vous pour", "il vous appartient de", "vous demander de", "vous demander d", "vous demander que", "vous prier de", "vous exhorter à", "vous appeler à", "espérons que vous", "il est urgent que vous", "saurions gré de",
			"serait reconnaissante de"},
		NotAsking: []string{"que nous appelons", "ne demandons pas", "ne demandons rien", "ne réclamons pas", "n'exigeons pas", "n'appelons pas", "prions d'agréer", "prie d'agréer", "prions de croire", "prie de croire", "prions de recevoir", "prie de recevoir", "ne voulons pas", "prions d'accepter", "prie d'accepter", "nous nous demandons", "ne proposons pas"},
		Please:    []string{"merci de", "veuillez", "prière de"},
		PoliteOnly: []string{"agréer", "recevoir", "croire", "trouver", "noter", "accepter", "nous contacter", "signer", "ne pas hésiter", "votre attention", "bien noter", "excuser", "diffuser", "partager", "faire circuler", "contacter", "cliquer", "nous écrire", "indiquer", "nous envoyer", "votre soutien",
			"votre compréhension"},
		Obliges:     []string{"doit", "doivent", "devrait", "devraient", "devez", "il faut", "devra", "devront"},
		Undersigned: []string{"soussignés", "soussignées"},
		OwnNames:    []string{"notre association", "notre organisation", "notre collectif", "notre coalition", "nos associations", "nos organisations"},
		ListHeads: []string{"nos demandes", "demandes", "nos revendications", "revendications", "nos exigences", "exigences", "nous demandons", "nous exigeons", "recommandations", "nos recommandations", "ce que nous demandons", "nos propositions", "propositions", "nos demandes sont", "nos demandes sont les suivantes", "nous appelons à",
			"mesures demandées", "ce que nous voulons"},
		Following: []string{"suivantes", "suivants", "suivante", "suivant", "ci-dessous", "ci-après", "comme suit", "ce qui suit"},
		Ordinals: map[string]int{"premièrement": 1, "deuxièmement": 2, "troisièmement": 3, "quatrièmement": 4, "cinquièmement": 5, "sixièmement": 6, "primo": 1, "secundo": 2, "tertio": 3, "quarto": 4, "premier": 1, "première": 1, "deuxième": 2, "troisième": 3,
			"quatrième": 4, "cinquième": 5},
		Readers: []string{"vous", "votre", "vos"},
		Signing: []string{"signer", "signez", "signature", "signatures", "cosigner", "cosignez", "co-signer", "co-signez", "ajouter votre nom", "ajoutez votre nom", "ajouter le nom", "rejoignez les signataires", "vous joindre", "joignez-vous", "joindre à nous", "rejoindre les signataires", "votre organisation comme signataire", "signiez"},

		Deadlines: []string{"date limite", "dernier délai", "délai", "clôture", "clôturée", "au plus tard", "dernier jour", "ouverte jusqu'au", "ouvert jusqu'au", "jusqu'au",
			"close le", "seront closes", "sera close"},
		LastDays: []string{"date limite"},
		Untils:   []string{"avant", "d'ici", "jusqu'au", "jusqu'à", "au plus tard", "date limite", "clôture", "délai", "close", "closes"},
		EndOfDay: []string{"fin de journée", "fin de la journée", "fermeture des bureaux", "heures de bureau", "heures ouvrables", "fin du jour ouvrable"},
		OwnReply: []string{"réponse", "répondre", "réponde", "répondiez", "libération", "rendez-vous", "audience", "réunion", "décision", "rencontre", "consultation", "nous recevoir"},
		Noons:    []string{"midi"},
		Hour:     `(?:^|[^\d])(\d{1,2}) ?h(?:eures?)? ?(\d{2})?()(?:$|[^\p{L}\d])`,
		Zones: map[string]zone{
			"genève": {60, europe, false}, "bruxelles": {60, europe, false}, "londres": {summer: europe},
			"alger": {offset: 60}, "tunis": {offset: 60}, "dakar": {}, "abidjan": {}, "montréal": {-300, america, false},
		},
		NotZones: []string{"est", "et", "pt", "z", "eat", "cat"},

		Furniture: []string{"partager", "partager sur", "partager cet article", "partagez", "imprimer", "envoyer par courriel", "envoyer par e-mail", "lire aussi", "lire la suite", "à lire aussi", "voir aussi", "articles liés", "articles similaires", "sur le même sujet", "suivez-nous", "accueil", "rechercher", "recherche", "menu", "se connecter",
			"connexion", "s'abonner", "abonnez-vous", "inscription", "newsletter", "commentaire", "commentaires", "partages", "vues", "laisser un commentaire", "mots-clés", "étiquettes", "mentions légales", "retour en haut", "aller au contenu", "faire un don", "je signe", "tous droits réservés", "publicité", "facebook", "twitter", "copier le lien", "article précédent", "article suivant", "plan du site"},
		FurnitureIn: []string{"tous droits réservés", "accepter les cookies", "utilise des cookies", "utilisons des cookies", "abonnez-vous à notre", "inscrivez-vous à notre", "partager sur facebook", "partager sur twitter", "suivez-nous sur", "min de lecture", "minutes de lecture"},
		LinkLists:   []string{"lire aussi", "à lire aussi", "voir aussi", "articles liés", "articles similaires", "sur le même sujet", "dernières actualités", "les plus lus"},

		Qualifiers: map[string]Qualifier{
			"au moins": AtLeast, "au minimum": AtLeast, "pas moins de": AtLeast, "un minimum de": AtLeast, "minimum": AtLeast,
			"plus de": MoreThan, "plus d'une": MoreThan, "plus d'un": MoreThan, "au-delà de": MoreThan, "supérieur à": MoreThan, "bien plus de": MoreThan, "dépasse": MoreThan, "dépassé": MoreThan, "dépassent": MoreThan, "excède": MoreThan,
			"environ": About, "près de": About, "près d'une": About, "près d'un": About, "quelque": About, "à peu près": About, "presque": About, "autour de": About, "aux alentours de": About, "approximativement": About, "de l'ordre de": About, "un peu plus de": MoreThan, "un peu moins de": FewerThan, "quasiment": About,
			"jusqu'à": UpTo, "au plus": UpTo, "au maximum": UpTo, "pas plus de": UpTo, "un maximum de": UpTo, "tout au plus": UpTo,
			"moins de": FewerThan, "moins d'une": FewerThan, "moins d'un": FewerThan, "inférieur à": FewerThan,
		},
		After:      map[string]Qualifier{"ou plus": AtLeast, "au moins": AtLeast, "environ": About, "au maximum": UpTo, "au plus": UpTo, "ou moins": UpTo, "au minimum": AtLeast},
		WithoutEnd: []string{"approximativement"},
		Between:    []string{"entre", "de"},
		RangeTo:    []string{"à", "et", "ou"},
		Rises:      []string{"passé", "passée", "passés", "passées", "passe", "passent", "passer", "chuté", "tombé", "monté"},
		RisesAfter: []string{"de"},
		Joiners:    []string{"et", "ou", "à", "au"},
		Fillers:    []string{"un", "une", "les", "des", "total", "de", "ces", "quelque", "autres", "nos", "leurs", "ses"},
		Numbers:    frenchNumbers(),
		Scales:     map[string]float64{"cent": 100, "cents": 100, "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9, "milliards": 1e9},
		Alone:      []string{"cent", "mille"},
		ManyOf:     map[string]float64{"dizaines": 10, "douzaines": 12, "centaines": 100, "milliers": 1e3, "millions": 1e6, "milliards": 1e9},
		ManyOfs:    []string{"de"},
		Several:    []string{"plusieurs", "quelques"},
		Roundly:    map[string]float64{"dizaine": 10, "douzaine": 12, "vingtaine": 20, "trentaine": 30, "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1e3},
		RoundlyOne: []string{"une", "un"},
		NumberAnd:  []string{"et"},
		AndUnits:   []string{"un", "une", "onze"},
		Percent:    []string{"pour cent", "%", "pourcent"},
		NotCounts: []string{"article", "articles", "art", "résolution", "résolutions", "numéro", "n°", "no", "page", "pages", "chapitre", "loi", "annexe", "paragraphe", "paragraphes", "alinéa", "alinéas", "décret", "directive", "règlement", "convention", "protocole", "vol", "chambre", "salle", "bureau", "étage", "ligne", "lot", "parcelle",
			"covid", "tél", "téléphone", "fax", "siret", "dossier", "âge", "depuis", "rue", "quai", "version", "session", "point", "principe", "objectif", "route", "autoroute", "départementale", "nationale", "zone", "fin", "début", "note", "considérant", "amendement", "recommandation", "heures", "années", "catégorie", "groupe"},
		Abstract: []string{"raisons", "raison", "points", "demandes", "demande", "mesures", "mesure", "questions", "étapes", "choses", "fois", "exigences", "façons", "principes", "tiers", "quarts", "axes", "revendications", "engagements", "recommandations", "priorités", "volets", "conditions", "actions", "propositions",
			"constats", "exemples", "sortes", "côtés", "objectifs", "faits", "autres", "parties", "motifs", "types", "grands", "mains", "phases", "critères"},
		Ages:    []string{"h", "heures", "heure", "er", "e", "ème", "ans d'âge", "ans révolus", "degrés"},
		AgeOf:   []string{"âgé de", "âgée de", "âgés de", "âgées de"},
		Counted: []string{"personnes", "morts", "blessés", "familles", "habitants", "signatures", "signataires", "enfants", "femmes", "hommes", "élèves", "arbres", "logements", "maisons", "hectares", "euros", "francs", "tonnes", "kilomètres", "salariés", "ouvriers", "ouvrières", "patients", "détenus", "prisonniers", "cas", "lits", "foyers", "riverains", "étudiants", "réfugiés", "victimes", "citoyens", "mètres", "dollars", "emplois", "postes", "livres", "voyageurs"},
		LeadsTo: []string{"de", "à", "total", "compte", "comptait", "atteint", "tué", "blessé", "sont", "étaient", "nombre", "moins", "environ", "seulement", "tués", "blessés"},
		NotLast: []string{"neuf"},

		DecimalComma: true,
	}
}

// expand returns the words with each of the endings, which one of is "".
func expand(endings []string, words ...string) []string {
	var out []string
	for _, w := range words {
		for _, end := range endings {
			if end == "" || !strings.HasSuffix(w, end) {
				out = append(out, w+end)
			}
		}
	}
	return out
}

// frenchWrote returns what stands between sender and addressee of a letter that is reported.
func frenchWrote() []string {
	var out []string
	for _, verb := range [...]string{"a adressé", "ont adressé", "adresse", "adressent", "a envoyé", "ont envoyé", "envoie", "envoient", "a publié", "ont publié", "publie", "publient", "a écrit", "ont écrit", "écrit", "écrivent"} {
		for _, object := range [...]string{" une lettre ouverte", " une lettre", " une lettre commune", " la lettre suivante", " la lettre ouverte suivante", " cette lettre"} {
			for _, to := range [...]string{" à", " au", " aux"} {
				out = append(out, verb+object+to)
			}
		}
	}
	return append(out, "a écrit à", "ont écrit à", "a écrit au", "ont écrit au", "a écrit aux", "ont écrit aux")
}

// frenchNumbers returns the numbers below a hundred that are written as one word, or as words joined by hyphens.
func frenchNumbers() map[string]float64 {
	small := []string{"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"}
	numbers := map[string]float64{"une": 1, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80, "octante": 80, "nonante": 90, "quatre-vingts": 80, "quatre-vingt": 80}
	for value, word := range small {
		numbers[word] = float64(value)
		if value > 0 {
			numbers["quatre-vingt-"+word] = float64(80 + value)
		}
		if value >= 10 {
			numbers["soixante-"+word] = float64(60 + value)
		}
	}
	numbers["soixante-et-onze"] = 71
	return numbers
}

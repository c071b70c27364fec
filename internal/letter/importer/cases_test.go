package importer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/letter/importer"
)

// kind is what a careful reader finds in a small letter of a kind that was read wrong once.
type kind struct {
	file   string
	must   map[string]string // by path
	lists  map[string]int    // lengths
	empty  []string
	body   []string // stands in it, in this order
	hidden []string // does not
	left   []string // each is left out, or part of what is
}

// signers are the paths of who signed: "Name; role; organisation".
func signers(all ...string) map[string]string {
	must := map[string]string{}
	for i, s := range all {
		for j, part := range strings.Split(s, ";") {
			must["signed_by["+strconv.Itoa(i)+"]."+[]string{"name", "role", "organisation"}[j]] = strings.TrimSpace(part)
		}
	}
	return must
}

var kinds = []kind{
	{file: "01-signed-but-not-shown-html/hidden.md", hidden: []string{"<"},
		body: []string{"We also give up every claim", "**The bridge was repaired in 2022.**", "The bridge is safe, and has been safe", "\n| 2025 | 140 |\n"}},
	{file: "02-signed-but-not-shown-notes-and-lists/hidden2.md", lists: map[string]int{"demands": 2},
		body:   []string{"river.[^1]", "1. Reopen", "2. Publish", "[^1]: Counted", "\n\n\\[^2]: We also agree"},
		hidden: []string{"<", "give up", "note]"}, left: []string{"We also give up every claim", "And we thank the ministry"}},
	{file: "03-salutation-is-a-heading/h2sal.md", must: map[string]string{"salutation": "Dear Minister Lindqvist", "addressees[0].name": "Lindqvist",
		"addressees[0].office": "Minister"}, lists: map[string]int{"addressees": 1, "demands": 2}, empty: []string{"subtitle", "introduction"},
		body: []string{"On 3 February 2026", "Dr. Ivo Brandt, a researcher at the harbour school, warned:", "The bridge has been safe"}},
	{file: "04-quoted-expert-taken-as-salutation/nosal.md", empty: []string{"salutation", "addressees", "introduction", "left_out"},
		body: []string{"On 3 February 2026", "Dr. Ivo Brandt", "The bridge has been safe"}},
	{file: "05-front-matter-title/front.md", must: map[string]string{"title": "Open letter to the harbour board of Vessen", "date": "2026-03-14", "language": "en"},
		body: []string{"On 3 February", "## What happened"}, left: []string{"lang: en"}},
	{file: "06-third-heading-lost/threeheads.md", must: map[string]string{"title": "Open letter on the harbour bridge", "subtitle": "For a bridge that stays open"},
		body: []string{"### Why we write today", "### The bridge of Vessen", "We, the undersigned"}, empty: []string{"left_out"}},
	{file: "07-wrapped-markdown-one-long-line/wide.md", must: map[string]string{"demands[0].text": "We therefore ask you to reopen the bridge by 30 April 2026 " +
		"for pedestrians and for cyclists, and to publish the report of the inspectors that was the reason for closing it in the first place."},
		body: []string{"without any notice to us and since", "among them the pupils", "who cannot be late.\n\nWe therefore"}},
	{file: "08-demands-taken-for-page-furniture/furn.md", lists: map[string]int{"demands": 4}, empty: []string{"left_out"},
		body: []string{"2. Share this data", "3. Sign up", "4. Follow us"}},
	{file: "09-text-below-signatures-lost/ps.md", lists: map[string]int{"signed_by": 1}, must: signers("Ivo Brandt; Chair; Halden Readers' Union"),
		body: []string{"P.S. We will publish", "cc: Mayor", "Enclosures: Report", "References", "1. Count", "2. Minutes"}},
	{file: "09-text-below-signatures-lost/note.txt", lists: map[string]int{"signed_by": 1},
		body: []string{"Notes to editors:", "The bridge was built in 1931", "Contact: press@halden.example"}},
	{file: "10-signers-with-link-mail-or-brackets/siglinks.md", lists: map[string]int{"signed_by": 7}, must: signers("Ivo Brandt;; Halden Readers' Union", "Cia Moe",
		"Dee Fox;; River Watch", "Emil Gar; ferry pilot", "Fay Holt; former member of the board; Harbour School", "River Guild", "Gus Ilk"),
		left: []string{"cia@river.example", "https://river.example", "@egar", "www.guild.example"}},
	{file: "11-comment-ends-the-list-of-signers/sigcomment.html", lists: map[string]int{"signed_by": 4}, must: signers("Ivo Brandt;; Halden Readers' Union",
		"Cia Moe;; River Watch", "Dee Fox;; River Guild", "Emil Gar;; Ferry Pilots"), left: []string{"I cross this bridge every day"}},
	{file: "12-statement-loses-its-signatories/statement-en.txt", must: signers("Friends of the River", "Harbour Tenants' Union", "Vessen Centre for Studies"),
		lists: map[string]int{"signed_by": 3}},
	{file: "12-statement-loses-its-signatories/statement-ar.txt", must: signers("جمعية أصدقاء النهر", "اتحاد سكان الميناء", "مركز المدينة للدراسات"),
		lists: map[string]int{"signed_by": 3}},
	{file: "18-several-addressees-on-the-to-line/to-semi.txt", lists: map[string]int{"addressees": 3}, must: map[string]string{
		"addressees[0].office": "Minister of Transport", "addressees[0].name": "Mara Lindqvist", "addressees[1].office": "Mayor of Vessen",
		"addressees[1].name": "Otto Renn", "addressees[2].office": "Chair of the Harbour Board", "addressees[2].name": "Ina Salk"}},
	{file: "19-fa-addressees-one-a-line/addr-fa.txt", lists: map[string]int{"addressees": 3}, left: []string{"باسمه‌تعالی"}, must: map[string]string{
		"addressees[0].office": "رئیس محترم شورای شهر بندر", "addressees[1].office": "رئیس محترم اداره راه", "addressees[2].office": "شهردار محترم بندر"}},
	{file: "20-fr-letterhead-below-the-signature/bloc-fr.txt", lists: map[string]int{"addressees": 1, "signed_by": 1, "sender.address": 1},
		must: map[string]string{"signed_by[0].name": "Ivo Brandt", "signed_by[0].organisation": "Comité du port", "sender.name": "Comité du port",
			"sender.address[0]": "3, rue des Salines - 51 100 Vessen", "addressees[0].name": "Mara Lindqvist", "subtitle": "pour la réouverture du pont du port"},
		left: []string{"Tél/Fax : 03 26 06 00 00", "Permanences : les mardis"}},
	{file: "21-fr-intention-and-updated/updated.html", must: map[string]string{"addressees[0].name": "Mara Lindqvist", "addressees[0].office": "ministre",
		"date": "2026-04-22", "introduction": "*Voici la lettre à l’intention de la ministre Mara Lindqvist que nous souhaitons envoyer avec votre soutien.*"},
		left: []string{"Dernière mise à jour"}},
	{file: "22-asking-for-heading-form-article/asking2.md", must: map[string]string{"form": "letter"}, lists: map[string]int{"demands": 3},
		body: []string{"An Open Letter to the Harbour Community", "To the engineers", "— *Halden Readers*"}},
	{file: "23-fa-initial-cuts-a-demand/initial-fa.txt", must: map[string]string{
		"demands[0].text": "ما همچنین برکناری آقای ایوو م. برانت از ریاست اداره راه را خواستاریم."}},
	{file: "24-docx-table-of-signatories/table.docx", lists: map[string]int{"signed_by": 3}, must: signers("Ivo Brandt;; Halden Readers’ Union", "Cia Moe;; River Watch",
		"Friends of the Bridge"), body: []string{"P.S. We will publish your answer."}, left: []string{"No. | Name | Organisation | City", "Halden", "Vessen"}},
}

// TestShared_kinds reads the small letters that are kept beside the checkout, where there are any.
func TestShared_kinds(t *testing.T) {
	for _, k := range kinds {
		source, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "cases", filepath.FromSlash(k.file)))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("no shared cases")
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.file, func(t *testing.T) { k.check(t, source) })
	}
}

func (k kind) check(t *testing.T, source []byte) {
	t.Helper()
	tree := readTree(t, k.file, source)
	checkExpectation(t, tree, expectation{Must: k.must, Empty: k.empty})
	for path, want := range k.lists {
		var list any = tree
		for step := range strings.SplitSeq(path, ".") {
			list = list.(map[string]any)[step]
		}
		if got, _ := list.([]any); len(got) != want {
			t.Errorf("%s: want %d of %v", path, want, got)
		}
	}
	draft, err := importer.Read(k.file, source)
	if err != nil {
		t.Fatal(err)
	}
	rest := draft.Body
	for _, words := range k.body {
		_, behind, ok := strings.Cut(rest, words)
		if rest = behind; !ok {
			t.Fatalf("no %q in the body, or not there:\n%s", words, draft.Body)
		}
	}
	for _, words := range k.hidden {
		if strings.Contains(draft.Body, words) {
			t.Errorf("%q in the body:\n%s", words, draft.Body)
		}
	}
	for _, words := range k.left {
		found := false
		for _, l := range draft.LeftOut {
			found = found || strings.Contains(l.Text, words) && l.Line > 0 && l.Why.String() != ""
		}
		if !found {
			t.Errorf("%q is not left out: %v", words, draft.LeftOut)
		}
	}
}

package journey

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// The consent to be written to by the lead organisations is offered where the settings say so, read again in mail and pages, exported as
// two members wish, and taken back; no trail and no log names who gave it.
func TestInformed_fromFormToList(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada, ben := a.Operator(t), a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		const board, settings = "/desk/letters/" + testkit.Slug, "/desk/letters/" + testkit.Slug + "/settings"
		offered := func() []string { return testkit.Values(a.Client(t).Get(testkit.Page).Doc(t), "informed") }
		set := func(field, value string) {
			t.Helper()
			form := ada.Get(settings).Form(t, settings)
			if form.Del(field); value != "" {
				form.Set(field, value)
			}
			if got := ada.Post(settings, form); got.Status != http.StatusSeeOther {
				t.Fatalf("%d: %s", got.Status, got.Main(t))
			}
		}
		if len(offered()) != 0 {
			t.Error("it is offered before an editor says so")
		}
		set("informed", "1")
		testkit.Eventually(t, "it is offered", func() bool { return len(offered()) == 1 })
		words := offered()[0]
		if page := a.Client(t).Get(testkit.Page); !strings.Contains(words, "Lantern Court Watch may write to me") || page.Form(t, testkit.Page+"/signatures").Has("informed") {
			t.Errorf("%q, or it is ticked at first", words)
		}

		form := testkit.SignForm("=Ida Vale", "ida@vale.example")
		form.Set("listing", "counted")
		form.Set("country", "NO")
		form.Set("informed", "Somebody else may write to me.")
		if got := a.Client(t).Post(testkit.Page+"/signatures", form); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Main(t), "Who may write to you has changed") ||
			got.Form(t, testkit.Page+"/signatures").Has("informed") {
			t.Errorf("words that were not offered: %d: %s", got.Status, got.Main(t))
		}
		form.Set("informed", words)
		c := a.Client(t)
		_, mail := a.Sign(t, c, form)
		if !strings.Contains(mail.Text, words) {
			t.Errorf("the mail does not say what was ticked: %s", mail.Text)
		}
		if got := a.Client(t).Get("/confirm/" + mail.Token()); !strings.Contains(got.Main(t), words) {
			t.Errorf("the page of its link does not: %s", got.Main(t))
		}
		receipt := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"))
		if !strings.Contains(receipt.Main(t), words) {
			t.Errorf("the receipt does not: %s", receipt.Main(t))
		}
		other := a.Client(t)
		_, mail = a.Sign(t, other, testkit.SignForm("Bo Plain", "bo@vale.example"))
		if strings.Contains(mail.Text, "may write to me") {
			t.Errorf("a mail says what was not ticked: %s", mail.Text)
		}
		if got := other.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); strings.Contains(got.Main(t), "may write to me") {
			t.Errorf("a receipt does: %s", got.Main(t))
		}
		a.Publish(t)
		set("informed", "")
		testkit.Eventually(t, "it is offered no more", func() bool { return len(offered()) == 0 })

		if got := ada.Post(exportsPath, testkit.Press("make", "audience", "informed")); got.Header.Get("Location") != exportsPath+"?done=asked" {
			t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
		}
		approval := ben.Get(board).Form(t, board+"/approvals")
		approval.Set("do", "approve")
		if got := ben.Post(board+"/approvals", approval); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		ada.Until(t, exportsPath, "1 name")
		made := afterMake(ada.Get(exportsPath))
		fetch := made.Form(t, exportsPath)
		if strings.Contains(made.Body, `value="pdf"`) {
			t.Error("a document is offered with addresses")
		}
		for _, do := range []string{"pdf", "docx"} {
			fetch.Set("do", do)
			if got := ada.Post(exportsPath, fetch); got.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", do, got.Status)
			}
		}
		fetch.Set("do", "csv")
		rows := func() [][]string {
			t.Helper()
			got := ada.Post(exportsPath, fetch)
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.Body, "\ufeff"))).ReadAll()
			if err != nil || got.Status != http.StatusOK {
				t.Fatalf("%d %v: %s", got.Status, err, got.Body)
			}
			return rows
		}
		day := a.DB.Now().UTC().Format("2006-01-02")
		if got := rows(); len(got) != 2 || !slices.Equal(got[1], []string{"'=Ida Vale", "", "ida@vale.example", "en", "Norway", day, words}) {
			t.Errorf("%q", got)
		}

		secret := receipt.Secret(t)
		own := c.Post("/signature", testkit.Press("show", "secret", secret))
		if !strings.Contains(own.Main(t), words) || !strings.Contains(c.Post("/signature", testkit.Press("download", "secret", secret)).Body, words) {
			t.Errorf("the signer's own page does not say what was ticked: %s", own.Main(t))
		}
		if got := c.Post("/signature", testkit.Press("uninform", "secret", secret, "id", own.SignatureID(t))); got.Status != http.StatusOK ||
			!strings.Contains(got.Main(t), "Taken back.") || strings.Contains(got.Main(t), words) {
			t.Errorf("taking it back: %d: %s", got.Status, got.Main(t))
		}
		if got := rows(); len(got) != 1 {
			t.Errorf("taken back: %q", got)
		}
		trail := ada.Get(board + "/trail").Main(t)
		for _, act := range []string{"had a list made To keep signers informed", "downloaded a list To keep signers informed CSV"} {
			if !strings.Contains(trail, act) {
				t.Errorf("the trail does not say %q: %s", act, trail)
			}
		}
		if log := a.Log.String(); strings.Contains(trail+log, "Ida") || strings.Contains(trail+log, "vale.example") {
			t.Error("the trail or the log names a signer")
		}

		set("informed", "1")
		set("protected", "1")
		testkit.Eventually(t, "signers in danger are not asked", func() bool {
			return strings.Contains(a.Client(t).Get(testkit.Page).Body, "h-listing-counted") && len(offered()) == 0
		})
		if strings.Contains(ada.Get(exportsPath).Body, `value="informed"`) {
			t.Error("a list with addresses is offered of signers in danger")
		}
		if got := ada.Post(exportsPath, testkit.Press("make", "audience", "informed")); got.Status != http.StatusConflict {
			t.Errorf("%d: %s", got.Status, got.Main(t))
		}
	})
}

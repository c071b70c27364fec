package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// acknowledged is what a server has told a signer.
type acknowledged struct {
	name      string // nobody else's
	email     string
	checkMail string          // signing was acknowledged; "" if the signer does not know
	token     string          // of the mail, once it came
	secret    string          // confirming was acknowledged
	c         *testkit.Client // the signer's browser
}

// reconcile compares what signers were told with what a server says that was started after whatever happened. Each signer
// does what people do who were interrupted: who knows of a submission confirms it, again if need be. Then each of them must
// be in list and log once; who was told nothing may be there once or not at all, and nobody else is.
func reconcile(t *testing.T, url string, instance config.Instance, inbox *testkit.Inbox, all []*acknowledged) (problems []string) {
	t.Helper()
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	known := 0
	for _, x := range all {
		x.c.MoveTo(url)
		if x.checkMail == "" {
			continue
		}
		known++
		if r := x.c.Get(x.checkMail); r.Status != http.StatusOK || !strings.Contains(r.Body, x.email) {
			bad("the acknowledged submission of %s is lost: %d %s", x.email, r.Status, r.Main(t))
			continue
		}
		if x.token == "" { // the server ended before its mail was read
			var err error
			if x.token, err = tokenLeft(t, instance, inbox, x); err != nil {
				bad("%s: %v", x.email, err)
				continue
			}
		}
		r := x.c.Post("/confirm/"+x.token, press("confirm"))
		if r.Status != http.StatusOK {
			bad("the confirmation of %s is answered with %d: %s", x.email, r.Status, r.Main(t))
			continue
		}
		secret := secretOf(t, r)
		if x.secret != "" && secret != x.secret {
			bad("the receipt of %s was %s and is now %s", x.email, x.secret, secret)
		}
		if r := x.c.Post("/signature", press("show", "secret", secret)); r.Status != http.StatusOK || !strings.Contains(r.Body, x.email) {
			bad("the receipt of %s opens %d", x.email, r.Status)
		}
	}
	if len(problems) > 0 { // the count would only say it again
		return problems
	}

	// What was confirmed before the last of them is published with it at the latest.
	c := testkit.NewClient(t, url)
	persons := 0
	eventually(t, fmt.Sprintf("the page counts %d", known), func() bool {
		var page struct{ Counts struct{ Persons int } }
		if err := json.Unmarshal([]byte(c.Get(thePage+".json").Body), &page); err != nil {
			t.Fatal(err)
		}
		persons = page.Counts.Persons
		return persons >= known
	})
	list, present := c.Get(thePage+"/signatories.csv").Body, 0
	for _, x := range all {
		n := strings.Count(list, x.name)
		if n > 1 || n == 0 && x.checkMail != "" {
			bad("%s is in the list %d times", x.name, n)
		}
		present += n
	}
	report := auditOf(t, url)
	if l := report.Letters[0]; !report.OK() || l.Counted.Persons != present || l.Names != present || persons != present || l.Ended[verify.Reaffirmed] > 0 {
		bad("%d are in the list, %d on the page, and the log says otherwise: %+v", present, persons, report)
	}
	return problems
}

// auditOf verifies all that a server claims.
func auditOf(t *testing.T, url string) verify.Report {
	t.Helper()
	source, err := verify.FromURL(t.Context(), http.DefaultClient, url)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Audit(t.Context(), source, verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// checkProof downloads and checks the proof of the first signature of a receipt.
func checkProof(t *testing.T, c *testkit.Client, secret string) {
	t.Helper()
	file := c.Post("/signature", press("proof", "secret", secret, "id", idOnPage(t, c.Post("/signature", press("show", "secret", secret)))))
	r, err := verify.ParseReceipt([]byte(file.Body))
	if err != nil {
		t.Fatalf("no proof but %d: %v", file.Status, err)
	}
	key, err := note.NewVerifier(strings.TrimSpace(c.Get("/log/key").Body))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := r.Check(key); err != nil {
		t.Error(err)
	}
}

// tokenLeft returns the token of a submission, from its mail if that came. If not, its job must be there still: one that a
// killed server had taken comes back when its lease ends, which is longer than a test waits.
func tokenLeft(t *testing.T, instance config.Instance, inbox *testkit.Inbox, x *acknowledged) (string, error) {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	mail, ok := inbox.Await(over, x.email)
	if ok {
		return mail.Token(), nil
	}
	a, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	id := pendingOf(t, x)
	envelope, _, err := a.Signing.Envelope(t.Context(), id)
	if err == nil && !strings.Contains(dumpOf(t, &testkit.Running{App: a}), fmt.Sprintf(`{\"pending\":%d}`, id)) {
		if _, came := inbox.Await(over, x.email); !came { // nor has it come meanwhile
			err = errors.New("no mail came and its job is lost")
		}
	}
	return envelope.Token, err
}

// pendingOf returns the submission's id.
func pendingOf(t *testing.T, x *acknowledged) int64 {
	t.Helper()
	_, p, _ := strings.Cut(x.checkMail, "?p=")
	id, err := strconv.ParseInt(p, 36, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What reconcile is there to find, it finds: an acknowledgement of something that was never stored, a receipt that is not
// the one which was shown, and somebody who is there twice.
func TestReconcile_findsWhatIsLost(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	sign := func(name, email string) *acknowledged {
		x := &acknowledged{name: name, email: email, c: a.Client(t)}
		var mail testkit.Mail
		x.checkMail, mail = a.Sign(t, x.c, testkit.SignForm(name, email))
		x.token = mail.Token()
		x.secret = secretOf(t, x.c.Post("/confirm/"+x.token, press("confirm")))
		return x
	}
	check := func(all ...*acknowledged) string {
		return strings.Join(reconcile(t, a.URL, a.Options.Instance, a.Inbox, all), "; ")
	}
	first, second := sign("Doctored First", "first@told.example"), sign("Doctored Second", "second@told.example")
	untold := &acknowledged{name: "Doctored Nobody", email: "nobody@told.example", c: a.Client(t)}
	if said := check(first, second, untold); said != "" {
		t.Fatalf("nothing is wrong, and it says %s", said)
	}
	invented := *untold
	invented.checkMail = thePage + "/check-mail?p=" + strconv.FormatInt(store.NewID(time.Now()), 36)
	if said := check(first, second, &invented); !strings.Contains(said, "is lost") {
		t.Errorf("of a submission that was never stored it says %q", said)
	}
	other := *first
	other.secret = second.secret
	if said := check(&other, second); !strings.Contains(said, "is now") {
		t.Errorf("of another receipt it says %q", said)
	}
	if said := check(first); !strings.Contains(said, "says otherwise") {
		t.Errorf("of somebody whom nobody knows it says %q", said)
	}
	twice := *sign(first.name, "third@told.example")
	if said := check(first, second, &twice); !strings.Contains(said, "2 times") {
		t.Errorf("of a name that is there twice it says %q", said)
	}
}

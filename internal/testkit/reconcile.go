package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/verify"
)

// Acknowledged is what a server has told a signer.
type Acknowledged struct {
	Name      string // nobody else's
	Email     string
	CheckMail string  // signing was acknowledged; "" if the signer does not know
	Token     string  // of the mail, once it came
	Secret    string  // confirming was acknowledged
	Client    *Client // the signer's browser
}

// Reconcile compares what signers were told with what a server says that was started after whatever happened. Each signer
// does what people do who were interrupted: who knows of a submission confirms it, again if need be. Then each of them must
// be in list and log once; who was told nothing may be there once or not at all, and nobody else is.
func Reconcile(t testing.TB, url string, instance config.Instance, inbox *Inbox, all []*Acknowledged) (problems []string) {
	t.Helper()
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	known := 0
	for _, x := range all {
		x.Client.MoveTo(url)
		if x.CheckMail == "" {
			continue
		}
		known++
		if r := x.Client.Get(x.CheckMail); r.Status != http.StatusOK || !strings.Contains(r.Body, x.Email) {
			bad("the acknowledged submission of %s is lost: %d %s", x.Email, r.Status, r.Main(t))
			continue
		}
		if x.Token == "" { // the server ended before its mail was read
			var err error
			if x.Token, err = tokenLeft(t, instance, inbox, x); err != nil {
				bad("%s: %v", x.Email, err)
				continue
			}
		}
		r := x.Client.Post("/confirm/"+x.Token, Press("confirm"))
		if r.Status != http.StatusOK {
			bad("the confirmation of %s is answered with %d: %s", x.Email, r.Status, r.Main(t))
			continue
		}
		secret := r.Secret(t)
		if x.Secret != "" && secret != x.Secret {
			bad("the receipt of %s was %s and is now %s", x.Email, x.Secret, secret)
		}
		if r := x.Client.Post("/signature", Press("show", "secret", secret)); r.Status != http.StatusOK || !strings.Contains(r.Body, x.Email) {
			bad("the receipt of %s opens %d", x.Email, r.Status)
		}
		x.Client.CloseIdle() // there are thousands of browsers
	}
	if len(problems) > 0 { // the count would only say it again
		return problems
	}

	// What was confirmed before the last of them is published with it at the latest.
	c := NewClient(t, url)
	persons := 0
	Eventually(t, fmt.Sprintf("the page counts %d", known), func() bool {
		var page struct{ Counts struct{ Persons int } }
		if err := json.Unmarshal([]byte(c.Get(Page+".json").Body), &page); err != nil {
			t.Fatal(err)
		}
		persons = page.Counts.Persons
		return persons >= known
	})
	list, present := c.Get(Page+"/signatories.csv").Body, 0
	for _, x := range all {
		n := strings.Count(list, x.Name)
		if n > 1 || n == 0 && x.CheckMail != "" {
			bad("%s is in the list %d times", x.Name, n)
		}
		present += n
	}
	report := Audit(t, url)
	if l := report.Letters[0]; !report.OK() || l.Counted.Persons != present || l.Names != present || persons != present || l.Ended[verify.Reaffirmed] > 0 {
		bad("%d are in the list, %d on the page, and the log says otherwise: %+v", present, persons, report)
	}
	return problems
}

// Audit verifies all that a server claims.
func Audit(t testing.TB, url string) verify.Report {
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

// CheckProof downloads and checks the proof of the first signature of a receipt.
func CheckProof(t testing.TB, c *Client, secret string) {
	t.Helper()
	file := c.Post("/signature", Press("proof", "secret", secret, "id", c.Post("/signature", Press("show", "secret", secret)).SignatureID(t)))
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
func tokenLeft(t testing.TB, instance config.Instance, inbox *Inbox, x *Acknowledged) (string, error) {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	mail, ok := inbox.Await(over, x.Email)
	if ok {
		return mail.Token(), nil
	}
	a, err := app.Open(t.Context(), app.Options{Instance: instance})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	id := x.Pending(t)
	envelope, _, err := a.Signing.Envelope(t.Context(), id)
	if err == nil && !strings.Contains(Dump(t, a), fmt.Sprintf(`{\"pending\":%d}`, id)) {
		if _, came := inbox.Await(over, x.Email); !came { // nor has it come meanwhile
			err = errors.New("no mail came and its job is lost")
		}
	}
	return envelope.Token, err
}

// Pending returns the submission's id.
func (x *Acknowledged) Pending(t testing.TB) int64 {
	t.Helper()
	_, p, _ := strings.Cut(x.CheckMail, "?p=")
	id, err := strconv.ParseInt(p, 36, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

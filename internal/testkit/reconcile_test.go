package testkit_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What reconcile is there to find, it finds: an acknowledgement of something that was never stored, a receipt that is not
// the one which was shown, and somebody who is there twice.
func TestReconcile_findsWhatIsLost(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	sign := func(name, email string) *testkit.Acknowledged {
		x := &testkit.Acknowledged{Name: name, Email: email, Client: a.Client(t)}
		var mail testkit.Mail
		x.CheckMail, mail = a.Sign(t, x.Client, testkit.SignForm(name, email))
		x.Token = mail.Token()
		x.Secret = x.Client.Post("/confirm/"+x.Token, testkit.Press("confirm")).Secret(t)
		return x
	}
	check := func(all ...*testkit.Acknowledged) string {
		return strings.Join(testkit.Reconcile(t, a.URL, a.Options.Instance, a.Inbox, all), "; ")
	}
	first, second := sign("Doctored First", "first@told.example"), sign("Doctored Second", "second@told.example")
	untold := &testkit.Acknowledged{Name: "Doctored Nobody", Email: "nobody@told.example", Client: a.Client(t)}
	if said := check(first, second, untold); said != "" {
		t.Fatalf("nothing is wrong, and it says %s", said)
	}
	invented := *untold
	invented.CheckMail = testkit.Page + "/check-mail?p=" + strconv.FormatInt(store.NewID(time.Now()), 36)
	if said := check(first, second, &invented); !strings.Contains(said, "is lost") {
		t.Errorf("of a submission that was never stored it says %q", said)
	}
	other := *first
	other.Secret = second.Secret
	if said := check(&other, second); !strings.Contains(said, "is now") {
		t.Errorf("of another receipt it says %q", said)
	}
	if said := check(first); !strings.Contains(said, "says otherwise") {
		t.Errorf("of somebody whom nobody knows it says %q", said)
	}
	twice := *sign(first.Name, "third@told.example")
	if said := check(first, second, &twice); !strings.Contains(said, "2 times") {
		t.Errorf("of a name that is there twice it says %q", said)
	}
}

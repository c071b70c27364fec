package promise

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// unlike is what differs between two instances that do the same: ids, and where they listen.
var unlike = regexp.MustCompile(`/intake/[0-9a-z]+|name="id" value="[^"]*"|http://(localhost|127\.0\.0\.1):\d+`)

// seenPages are what an editor sees of a letter beside its public numbers, page by page.
type seenPages struct {
	t     *testing.T
	pages []string
}

func (s *seenPages) add(when string, e *testkit.Editor, paths ...string) {
	s.t.Helper()
	for _, path := range paths {
		a := e.Get(path)
		if a.Status != http.StatusOK {
			s.t.Fatalf("%s: %s is answered with %d", when, path, a.Status)
		}
		s.pages = append(s.pages, when+" "+unlike.ReplaceAllString(path+"\n"+a.Body, "…"))
	}
}

// guessing pastes addresses at the desk, has the list added and taken out again, and invites them. signed are those that have
// signed before, with what they chose.
func guessing(t *testing.T, engine store.Engine, signed map[string]string) []string {
	t.Helper()
	clock := testkit.NewClock()
	a := testkit.App(t, engine, func(o *app.Options) { o.Now = clock.Now })
	for address, listing := range signed {
		form := testkit.SignForm("Hesper Quill", address)
		form.Set("listing", strings.TrimPrefix(listing, "withdrawn "))
		switch {
		case listing == "pending":
			form.Set("listing", "counted")
			a.Sign(t, a.Client(t), form)
		case strings.HasPrefix(listing, "withdrawn"):
			_, secret := a.SignAndConfirm(t, form)
			own, err := a.Signing.Receipts.Find(t.Context(), secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Signing.Receipts.Withdraw(t.Context(), secret, own[0].ID); err != nil {
				t.Fatal(err)
			}
		default:
			a.SignAndConfirm(t, form)
		}
	}
	a.Publish(t)
	clock.Advance(60 * time.Hour) // the numbers of mails are those of a day
	ada := a.Operator(t)
	ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
	const desk = "/desk/letters/" + testkit.Slug
	const intake, trail, jobs = desk + "/intake", desk + "/trail", "/desk/jobs"
	s := &seenPages{t: t}
	s.add("before", ada, intake, trail, jobs)

	read := func() string {
		form := ada.Get(intake).Form(t, intake)
		form.Set("do", "read")
		form.Set("listing", "counted")
		form.Set("text", "Name,Email\nA,fresh@quill.example\nB,counted@quill.example\nC,addressee@quill.example\nD,pending@quill.example\n"+
			"E,withdrawn@quill.example\nF,q.uill+x@gmail.com\nРеасе Office,held@quill.example\nHesper Quill,named@quill.example\n")
		got := ada.Send(t, intake, "file", "", nil, form)
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		return got.Header.Get("Location")
	}
	approve := func(when string) {
		form := ben.Get(desk).Form(t, desk+"/approvals")
		form.Set("do", "approve")
		if got := ben.Post(desk+"/approvals", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%s: %d: %s", when, got.Status, got.Main(t))
		}
	}
	path := read()
	s.add("the dry run", ada, path, path+"?show=look", intake, trail)
	propose := ada.Get(path).Form(t, path)
	propose.Set("do", "propose")
	if got := ada.Post(path, propose); got.Header.Get("Location") != intake+"?done=asked" {
		t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
	}
	s.add("proposed", ben, path, intake, trail)
	approve("an addition")
	ada.Until(t, trail, "added a list")
	s.add("approved", ada, path, intake, trail)
	for range 3 {
		clock.Advance(9 * time.Hour)
		if err := a.Intake.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Publish(t)
		s.add("while it is taken in", ada, intake, trail)
		s.add("by another", ben, intake)
	}
	path = read()
	s.add("read again", ada, path, path+"?show=look", intake)
	undo := url.Values{"do": {"sure"}, "id": {testkit.Values(ada.Get(intake).Doc(t), "id")[0]}}
	if got := ada.Post(intake, undo); got.Header.Get("Location") != intake+"?done=asked" {
		t.Fatalf("%d to %s", got.Status, got.Header.Get("Location"))
	}
	approve("an undoing")
	ada.Until(t, trail, "took a list out again; signatures:")
	s.add("undone", ada, path, intake, trail)

	const invitations = desk + "/invitations"
	invite := ada.Get(invitations).Form(t, invitations)
	invite.Set("invitees", "fresh@quill.example\ncounted@quill.example\npending@quill.example\nwithdrawn@quill.example\nq.uill+x@gmail.com\n")
	for _, do := range []string{"read", "send"} {
		invite.Set("do", do)
		got := ada.Post(invitations, invite)
		s.pages = append(s.pages, fmt.Sprint(do, got.Status, unlike.ReplaceAllString(got.Body, "…")))
	}
	s.add("invited", ada, invitations, invitations+"?state=signed", trail)
	return s.pages
}

// Whoever pastes addresses at the desk sees the same bytes whether they belong to signers who show no name, to who has withdrawn, to
// who was asked, or to nobody: on the dry run, while the list is taken in, once it is taken out again, and when they are invited.
func TestDesk_pastedAddressesTellNothing(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		nobody := guessing(t, engine, nil)
		somebody := guessing(t, engine, map[string]string{"counted@quill.example": "counted", "addressee@quill.example": "addressee",
			"pending@quill.example": "pending", "withdrawn@quill.example": "withdrawn public", "quill@gmail.com": "counted", "held@quill.example": "coalition"})
		if diff := cmp.Diff(nobody, somebody); diff != "" {
			t.Errorf("nobody had signed (-), they had (+):\n%s", diff)
		}
		public := guessing(t, engine, map[string]string{"named@quill.example": "public"}) // who shows their name is compared: the control
		if cmp.Equal(nobody, public) {
			t.Error("a public name changes nothing: too little is compared")
		}
	})
}

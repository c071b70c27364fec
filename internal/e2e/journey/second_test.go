package journey

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// More invitations than one member may send wait until a second allows as many; both see what waits and why.
func TestDesk_manyInvitationsWantASecond(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing in it runs at once")
	}
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		a := testkit.App(t, engine)
		ada := a.Operator(t)
		ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
		const board = "/desk/letters/" + testkit.Slug
		const path = board + "/invitations"
		list := func(n int) url.Values {
			var lines strings.Builder
			for i := range n {
				fmt.Fprintf(&lines, "guest%d-%d@invited.example\n", n, i)
			}
			return url.Values{"do": {"send"}, "invitees": {lines.String()}}
		}
		invited := func() int {
			counts, err := a.Invitations.Count(t.Context(), testkit.Letter(t, a.App).ID)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, of := range counts {
				n += of
			}
			return n
		}
		if got := ada.Send(t, path, "file", "", nil, list(450)); got.Status != http.StatusSeeOther || invited() != 450 {
			t.Fatalf("%d, %d invited: %.300s", got.Status, invited(), got.Main(t))
		}
		more := list(60)
		asked := ben.Send(t, path, "file", "", nil, more)
		if asked.Status != http.StatusOK || !strings.Contains(asked.Main(t), i18n.Find("en").T("desk.invitations.asked")) ||
			!strings.Contains(asked.Body, "guest60-59@invited.example") || invited() != 450 {
			t.Fatalf("%d, %d invited: %.600s", asked.Status, invited(), asked.Main(t))
		}
		if got := ben.Send(t, path, "file", "", nil, more); got.Status != http.StatusConflict {
			t.Errorf("asked twice: %d", got.Status)
		}
		for _, member := range []*testkit.Editor{ada, ben} {
			if text := member.Get(board).Main(t); !strings.Contains(text, "Invite many people. It is about 60.") || !strings.Contains(text, "500 of these pass within 30 days") {
				t.Errorf("what waits: %.600s", text)
			}
		}
		form := ada.Get(board).Form(t, board+"/approvals")
		form.Set("do", "approve")
		if got := ada.Post(board+"/approvals", form); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
		if got := ben.Send(t, path, "file", "", nil, more); got.Status != http.StatusSeeOther || invited() != 510 {
			t.Errorf("%d, %d invited: %.300s", got.Status, invited(), got.Main(t))
		}
		if got := ada.Send(t, path, "file", "", nil, list(61)); got.Status != http.StatusOK || invited() != 510 {
			t.Errorf("what a second member allowed is used twice: %d, %d invited", got.Status, invited())
		}
	})
}

// A signature that one member may not remove any more waits, and who decides sees which it is.
func TestDesk_aRemovalThatWaits(t *testing.T) {
	a := testkit.App(t, store.SQLite)
	ada := a.Operator(t)
	ben := a.Member(t, testkit.Lead, account.Editor, "ben@lantern.example")
	for i, name := range []string{"Una Vale", "Bo Ray", "Cid Ash", "Dee Fen"} {
		c := a.Client(t)
		_, mail := a.Sign(t, c, testkit.SignForm(name, fmt.Sprintf("s%d@vale.example", i)))
		if got := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm")); got.Status >= 400 {
			t.Fatalf("%d: %s", got.Status, got.Main(t))
		}
	}
	a.Publish(t)
	const board = "/desk/letters/" + testkit.Slug
	const path = board + "/signatures"
	ids := testkit.Values(ada.Get(path+"?state=listed").Doc(t), "id")
	if len(ids) != 4 {
		t.Fatalf("%q", ids)
	}
	for i, id := range ids {
		member := []*testkit.Editor{ada, ben}[i%2]
		got := member.Post(path, url.Values{"do": {"sure"}, "reason": {"moderation"}, "id": {id}})
		if got.Status != http.StatusSeeOther || strings.HasSuffix(got.Header.Get("Location"), "asked") != (i == 3) {
			t.Errorf("removal %d: %d to %s", i+1, got.Status, got.Header.Get("Location"))
		}
	}
	waits := ada.Get(board)
	if text := waits.Main(t); !strings.Contains(text, "Remove signatures. removed by the editors It is about 1.") || !strings.Contains(text, "3 of these pass within 30 days") {
		t.Errorf("what waits: %.600s", text)
	}
	if page := ada.Get(path + "?id=" + ids[3]); page.Status != http.StatusOK || !strings.Contains(page.Main(t), "Dee Fen") || len(testkit.Values(page.Doc(t), "id")) != 0 {
		t.Errorf("%d: %s", page.Status, page.Main(t))
	}
}

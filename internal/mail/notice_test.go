package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// An editor is told what others did, not what they did themselves and not what was before; as often as they chose, or never.
func TestNotify_asChosen(t *testing.T) {
	testkit.Desks(t, func(t *testing.T, d *testkit.Desk) {
		ctx := t.Context()
		m := &mail.Mailer{Accounts: d.Accounts, Letters: d.Letters, Roll: d.Roll}
		ada := member(t, d, "ada@peace.example")
		did := func(by int64, act string) {
			t.Helper()
			err := d.DB.Update(ctx, func(tx *store.Tx) error {
				return account.Record(tx, account.Entry{User: by, Letter: d.Letter.ID, Act: act})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		look := func(want int64) {
			t.Helper()
			before := d.Jobs("mail.notice")
			if err := m.Notify(ctx); err != nil {
				t.Fatal(err)
			}
			if n := d.Jobs("mail.notice") - before; n != want {
				t.Errorf("%d mails, want %d", n, want)
			}
		}
		did(0, "remark.made") // before anybody was to be told
		look(0)
		did(0, "remark.made")
		did(ada, "edition.published")
		look(0) // once a day
		d.Clock.Advance(25 * time.Hour)
		look(1)
		look(0)
		d.Clock.Advance(25 * time.Hour)
		did(ada, "lead.approved")
		look(0) // her own
		if err := d.Accounts.Notices.Choose(ctx, ada, account.AtOnce, account.Daily); err != nil {
			t.Fatal(err)
		}
		did(0, "reader.answered")
		did(0, "signature.released") // an act that nobody is told of
		look(1)
		d.Give("mina@river.example")
		d.Publish()
		look(0)
		d.Clock.Advance(25 * time.Hour)
		look(1)
		look(0)
		if err := d.Accounts.Notices.Choose(ctx, ada, account.Never, account.Never); err != nil {
			t.Fatal(err)
		}
		did(0, "remark.made")
		d.Give("omid@river.example")
		d.Publish()
		d.Clock.Advance(8 * 24 * time.Hour)
		look(0)
	})
}

// member makes an editor of the organisation that leads the letter.
func member(t *testing.T, d *testkit.Desk, email string) (id int64) {
	t.Helper()
	link, err := d.Accounts.Enrolments.NewJoin(t.Context(), "peace-office", account.Editor, "", email, 0)
	if err != nil {
		t.Fatal(err)
	}
	app, err := d.Accounts.NewApp("Undersigned")
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(app.Secret, " ", ""), d.DB.Now())
	if err != nil {
		t.Fatal(err)
	}
	secret, err := d.Accounts.Enrolments.Enrol(t.Context(), link, account.Joining{Name: "Ada", Email: email, Language: "en", Password: testkit.Password,
		App: app.Sealed, Code: code})
	if err != nil {
		t.Fatal(err)
	}
	x, err := d.Accounts.Session(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return x.User.ID
}

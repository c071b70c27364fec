package account_test

import (
	"encoding/base32"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

const password = "a lantern on the quay"

// desk is a service on a database with its clock.
type desk struct {
	*account.Service
	t     *testing.T
	clock *testkit.Clock
}

func onDesks(t *testing.T, body func(d *desk)) {
	testkit.Stores(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		keys, err := seal.OpenKeys(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		body(&desk{account.New(db, keys), t, clock})
	})
}

// app is an authenticator app that took over the secret that a form showed.
func (d *desk) app() (account.App, func() string) {
	d.t.Helper()
	a, err := d.NewApp("Undersigned")
	if err != nil {
		d.t.Fatal(err)
	}
	return a, func() string {
		code, err := totp.GenerateCode(strings.ReplaceAll(a.Secret, " ", ""), d.clock.Now())
		if err != nil {
			d.t.Fatal(err)
		}
		return code
	}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// setUp makes the operator and returns a session and the app.
func (d *desk) setUp() (*account.Session, func() string) {
	d.t.Helper()
	link, err := d.Enrolments.NewSetUp(d.t.Context())
	d.must(err)
	return d.enrol(link, "Ada Lindqvist", "ada@lantern.example")
}

func (d *desk) enrol(link, name, email string) (*account.Session, func() string) {
	d.t.Helper()
	a, code := d.app()
	secret, err := d.Enrolments.Enrol(d.t.Context(), link, account.Joining{Name: name, Email: email, Organisation: "Lantern Court Watch", Language: "en",
		Password: password, App: a.Sealed, Code: code()})
	d.must(err)
	return d.session(secret), code
}

func (d *desk) session(secret string) *account.Session {
	d.t.Helper()
	x, err := d.Session(d.t.Context(), secret)
	d.must(err)
	return x
}

func (d *desk) signIn(email, password, code string) (string, error) {
	return d.SignInWithPassword(d.t.Context(), account.SignIn{Email: email, Password: password, Code: code, Agent: "Firefox, Linux"})
}

func fields(err error) (names []string) {
	for _, f := range fault.All(err) {
		names = append(names, f.Field)
	}
	return names
}

func TestSetUp_makesTheOperatorOnce(t *testing.T) {
	onDesks(t, func(d *desk) {
		first, err := d.Enrolments.NewSetUp(d.t.Context())
		d.must(err)
		second, err := d.Enrolments.NewSetUp(d.t.Context())
		d.must(err)
		if _, err := d.Enrolments.Find(d.t.Context(), first); !fault.Is(err, fault.Gone) {
			d.t.Errorf("a link from before: %v", err)
		}
		x, _ := d.enrol(second, "Ada Lindqvist", "ada@lantern.example")
		if !x.User.Operator || x.User.Name != "Ada Lindqvist" || len(x.Members) != 1 || x.Members[0].Role != account.Owner || x.Members[0].Organisation.Slug != "lantern-court-watch" {
			d.t.Errorf("%+v", x)
		}
		if _, err := d.Enrolments.Enrol(d.t.Context(), second, account.Joining{}); !fault.Is(err, fault.Gone) {
			d.t.Errorf("the link is good twice: %v", err)
		}
		if again, err := d.Enrolments.NewSetUp(d.t.Context()); err != nil || again != "" {
			d.t.Errorf("an instance with a user gives out %q, %v", again, err)
		}
	})
}

func TestEnrol_saysAllThatIsWrongAtOnce(t *testing.T) {
	onDesks(t, func(d *desk) {
		link, err := d.Enrolments.NewSetUp(d.t.Context())
		d.must(err)
		a, _ := d.app()
		_, err = d.Enrolments.Enrol(d.t.Context(), link, account.Joining{Name: " ", Email: "ada", Organisation: "", Password: "short", App: a.Sealed, Code: "000000"})
		if got := strings.Join(fields(err), " "); got != "name email organisation password code" {
			d.t.Errorf("%q: %v", got, err)
		}
		for _, weak := range []string{"aaaaaaaaaaaaaaaa", "Ada Lindqvist", "lindqvist-lindqvist", strings.Repeat("ab cde", 40)} {
			_, err := d.Enrolments.Enrol(d.t.Context(), link, account.Joining{Name: "Ada Lindqvist", Email: "ada@lantern.example", Organisation: "Lantern", Password: weak, App: a.Sealed})
			if got := strings.Join(fields(err), " "); got != "password code" {
				d.t.Errorf("%.30q: %v", weak, err)
			}
		}
		if n, err := d.CountUsers(d.t.Context()); n != 0 || err != nil {
			d.t.Errorf("%d users, %v", n, err)
		}
	})
}

func TestSignIn_wantsPasswordAndAFreshCode(t *testing.T) {
	onDesks(t, func(d *desk) {
		_, code := d.setUp()
		if _, err := d.signIn("ada@lantern.example", password, code()); err == nil {
			d.t.Error("the code that set up the account let in again")
		}
		d.clock.Advance(time.Minute)
		good := code()
		for name, try := range map[string][3]string{
			"wrong password": {"ada@lantern.example", password + "!", good},
			"wrong code":     {"ada@lantern.example", password, "000000"},
			"no code":        {"ada@lantern.example", password, ""},
			"nobody":         {"eve@lantern.example", password, good},
			"no password":    {"ada@lantern.example", "", good},
		} {
			_, err := d.signIn(try[0], try[1], try[2])
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Key != "sign_in" {
				d.t.Errorf("%s: %v", name, err) // one answer to all of them
			}
		}
		if _, err := d.signIn(" ADA@lantern.example", password, good); err != nil {
			d.t.Errorf("the right ones: %v", err)
		}
		if _, err := d.signIn("ada@lantern.example", password, good); err == nil {
			d.t.Error("one code let in twice")
		}
		d.clock.Advance(time.Minute)
		arabic := strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "4", "٤", "5", "٥", "6", "٦", "7", "٧", "8", "٨", "9", "٩").Replace(code())
		if _, err := d.signIn("ada@lantern.example", password, arabic[:6]+" "+arabic[6:]); err != nil {
			d.t.Errorf("the code in Arabic digits: %v", err)
		}
	})
}

func TestSignIn_limitsGuessesForAnAddressWhetherItIsKnownOrNot(t *testing.T) {
	onDesks(t, func(d *desk) {
		_, code := d.setUp()
		for _, email := range []string{"ada@lantern.example", "nobody@lantern.example"} {
			limited := 0
			for range 24 {
				if _, err := d.signIn(email, "wrong password", "1"); fault.Is(err, fault.Limited) {
					limited++
				}
			}
			if limited != 4 {
				d.t.Errorf("%s: %d of 24 were not read", email, limited)
			}
		}
		d.clock.Advance(16 * time.Minute)
		if _, err := d.signIn("ada@lantern.example", password, code()); err != nil {
			d.t.Errorf("a quarter of an hour later: %v", err)
		}
	})
}

func TestRecovery_eachCodeLetsInOnce(t *testing.T) {
	onDesks(t, func(d *desk) {
		x, _ := d.setUp()
		codes := d.RecoveryCodes(x.User)
		if len(codes) != 10 {
			d.t.Fatalf("%q", codes)
		}
		d.must(d.KeepRecoveryCodes(d.t.Context(), x.User))
		secret, err := d.signIn("ada@lantern.example", password, strings.ToUpper(codes[3]))
		d.must(err)
		if _, err := d.signIn("ada@lantern.example", password, codes[3]); err == nil {
			d.t.Error("a code let in twice")
		}
		if x = d.session(secret); x.User.RecoveryLeft != 9 || d.RecoveryCodes(x.User) != nil {
			d.t.Errorf("%d left, shown %q", x.User.RecoveryLeft, d.RecoveryCodes(x.User))
		}
		d.must(d.RenewRecoveryCodes(d.t.Context(), x.User))
		if _, err := d.signIn("ada@lantern.example", password, codes[4]); err == nil {
			d.t.Error("a code of the old round let in")
		}
		if _, err := d.signIn("ada@lantern.example", "", d.RecoveryCodes(d.session(secret).User)[0]); err == nil {
			d.t.Error("a recovery code took the place of the password")
		}
	})
}

func TestSession_ends(t *testing.T) {
	onDesks(t, func(d *desk) {
		_, code := d.setUp()
		in := func() string {
			d.clock.Advance(time.Minute)
			secret, err := d.signIn("ada@lantern.example", password, code())
			d.must(err)
			return secret
		}
		gone := func(what, secret string) {
			d.t.Helper()
			if _, err := d.Session(d.t.Context(), secret); !fault.Is(err, fault.Forbidden) {
				d.t.Errorf("%s: %v", what, err)
			}
		}
		first, second, third := in(), in(), in()
		x := d.session(first)
		list, err := d.Sessions(d.t.Context(), x)
		if err != nil || len(list) != 4 {
			d.t.Errorf("%+v, %v", list, err)
		}
		d.must(d.EndSession(d.t.Context(), x, d.session(second).ID))
		gone("an ended session", second)
		d.must(d.EndOtherSessions(d.t.Context(), x))
		gone("another session", third)
		d.session(first)
		gone("an invented one", "x")
		d.clock.Advance(account.SessionIdle + time.Second)
		gone("an idle one", first)
		busy := in()
		for range 16 {
			d.clock.Advance(account.SessionIdle - time.Hour)
			_, err = d.Session(d.t.Context(), busy)
		}
		if err == nil {
			d.t.Error("a session that is used lasts for ever")
		}
		fresh := d.session(in())
		if !fresh.IsFresh(d.clock.Now()) || fresh.IsFresh(d.clock.Now().Add(account.SessionFresh)) {
			d.t.Error("a sign-in is not fresh, or stays so")
		}
		a, newCode := d.app()
		other := in()
		d.must(d.SetPassword(d.t.Context(), fresh, "another lantern, further off", a.Sealed, newCode()))
		gone("a session with the old password", other)
		d.clock.Advance(time.Minute)
		if _, err := d.signIn("ada@lantern.example", password, code()); err == nil {
			d.t.Error("the old password lets in")
		}
		if _, err := d.signIn("ada@lantern.example", "another lantern, further off", newCode()); err != nil {
			d.t.Errorf("the new one: %v", err)
		}
		d.must(d.Retain(d.t.Context()))
		if err := d.RemovePassword(d.t.Context(), fresh); !fault.Is(err, fault.Conflict) {
			d.t.Errorf("the only way in was taken away: %v", err)
		}
	})
}

func TestMembers_joinChangeAndLeave(t *testing.T) {
	onDesks(t, func(d *desk) {
		ctx := d.t.Context()
		owner, _ := d.setUp()
		o := owner.Members[0].Organisation
		if _, err := d.Enrolments.NewJoin(ctx, o.Slug, "boss", "", "x", owner.User.ID); len(fields(err)) != 2 {
			d.t.Errorf("%v", err)
		}
		link, err := d.Enrolments.NewJoin(ctx, o.Slug, account.Reviewer, "Ben", "ben@lantern.example", owner.User.ID)
		d.must(err)
		if waiting, err := d.Enrolments.List(ctx, o.ID); err != nil || len(waiting) != 1 || waiting[0].Email != "ben@lantern.example" {
			d.t.Errorf("%+v, %v", waiting, err)
		}
		ben, _ := d.enrol(link, "Ben Orr", "ben@lantern.example")
		if ben.User.Operator || ben.RoleIn(o) != account.Reviewer || ben.RoleIn() != account.Nobody || ben.RoleIn(account.Organisation{ID: o.ID + 1}) != account.Nobody {
			d.t.Errorf("%+v", ben)
		}
		second, err := d.Enrolments.NewJoin(ctx, o.Slug, account.Viewer, "Ben", "ben@lantern.example", owner.User.ID)
		d.must(err)
		a, code := d.app()
		_, err = d.Enrolments.Enrol(ctx, second, account.Joining{Name: "Ben", Email: "BEN@lantern.example", Password: password, App: a.Sealed, Code: code()})
		if got := fields(err); !fault.Is(err, fault.Conflict) || len(got) != 1 || got[0] != "email" {
			d.t.Errorf("an address twice: %v", err)
		}
		if _, err := d.Enrolments.Find(ctx, second); err != nil {
			d.t.Errorf("the link is spent by an attempt that failed: %v", err)
		}
		d.must(d.Organisations.SetRole(ctx, o.ID, ben.User.ID, account.Editor, owner.User.ID))
		if err := d.Organisations.SetRole(ctx, o.ID, owner.User.ID, account.Editor, owner.User.ID); !fault.Is(err, fault.Conflict) {
			d.t.Errorf("no owner is left: %v", err)
		}
		if err := d.Organisations.SetRole(ctx, o.ID+1, ben.User.ID, account.Owner, ben.User.ID); !fault.Is(err, fault.NotFound) {
			d.t.Errorf("a role in another organisation: %v", err)
		}
		if err := d.Organisations.Found(ctx, ben, account.Organisation{Slug: "x", Names: map[string]string{"en": "X"}}); !fault.Is(err, fault.Forbidden) {
			d.t.Errorf("a member founds an organisation: %v", err)
		}
		d.must(d.Organisations.Found(ctx, owner, account.Organisation{Slug: "quay", Names: map[string]string{"en": "Quay Law Clinic"}}))
		d.must(d.Organisations.SetRole(ctx, o.ID, ben.User.ID, account.Nobody, owner.User.ID))
		members, err := d.Organisations.Members(ctx, o.ID)
		if err != nil || len(members) != 1 || members[0].User.Name != "Ada Lindqvist" {
			d.t.Errorf("%+v, %v", members, err)
		}
		trail, err := d.Trail(ctx, o.ID, 0, 0, 10)
		var acts []string
		for _, e := range trail {
			acts = append(acts, e.Act+" by "+e.By+" "+e.Object)
		}
		want := "member.removed by Ada Lindqvist ; member.role by Ada Lindqvist editor; member.invited by Ada Lindqvist viewer; " +
			"member.joined by Ben Orr reviewer; member.invited by Ada Lindqvist reviewer; instance.set_up by Ada Lindqvist owner"
		if got := strings.Join(acts, "; "); got != want || err != nil {
			d.t.Errorf("%s, %v", got, err)
		}
	})
}

func TestReset_replacesEveryWayIn(t *testing.T) {
	onDesks(t, func(d *desk) {
		x, code := d.setUp()
		if _, err := d.Enrolments.NewReset(d.t.Context(), "nobody@lantern.example"); !fault.Is(err, fault.NotFound) {
			d.t.Errorf("%v", err)
		}
		link, err := d.Enrolments.NewReset(d.t.Context(), "ada@lantern.example")
		d.must(err)
		again, newCode := d.enrol(link, "ignored", "ignored@lantern.example")
		if again.User.ID != x.User.ID || again.User.Name != "Ada Lindqvist" || again.User.RecoveryKept {
			d.t.Errorf("%+v", again.User)
		}
		d.clock.Advance(time.Minute)
		if _, err := d.signIn("ada@lantern.example", password, code()); err == nil {
			d.t.Error("the old app lets in")
		}
		if _, err := d.signIn("ada@lantern.example", password, newCode()); err != nil {
			d.t.Error(err)
		}
	})
}

// Names, addresses, passwords and secrets of users are in no table as they are.
func TestUsers_areSealed(t *testing.T) {
	onDesks(t, func(d *desk) {
		x, _ := d.setUp()
		link, err := d.Enrolments.NewJoin(d.t.Context(), x.Members[0].Organisation.Slug, account.Viewer, "Ben Orr", "ben@orr.example", x.User.ID)
		d.must(err)
		var dump strings.Builder
		d.must(d.DB.Dump(d.t.Context(), &dump))
		for _, secret := range append(d.RecoveryCodes(x.User), "Lindqvist", "ada@lantern", password, "Ben Orr", "ben@orr", link,
			base32.StdEncoding.EncodeToString([]byte("Lindqvist"))) {
			if strings.Contains(dump.String(), secret) {
				d.t.Errorf("%q is in the database", secret)
			}
		}
		if !strings.Contains(dump.String(), "lantern-court-watch") {
			d.t.Error("the dump does not hold what is public: nothing was looked at")
		}
	})
}

func TestRestored_letsNothingOldInAgain(t *testing.T) {
	onDesks(t, func(d *desk) {
		ctx := d.t.Context()
		x, code := d.setUp()
		link, err := d.Enrolments.NewJoin(ctx, x.Members[0].Organisation.Slug, account.Viewer, "Ben Orr", "ben@orr.example", x.User.ID)
		d.must(err)
		d.clock.Advance(time.Minute)
		secret, err := d.signIn("ada@lantern.example", password, code())
		d.must(err)
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error { return account.Restored(tx, false) }))
		if _, err := d.Session(ctx, secret); !fault.Is(err, fault.Forbidden) {
			d.t.Errorf("a session from before: %v", err)
		}
		if _, err := d.Enrolments.Find(ctx, link); !fault.Is(err, fault.Gone) {
			d.t.Errorf("a link from before: %v", err)
		}
		d.clock.Advance(time.Minute)
		if _, err := d.signIn("ada@lantern.example", password, code()); err != nil {
			d.t.Errorf("the user: %v", err)
		}
		d.must(d.DB.Update(ctx, func(tx *store.Tx) error { return account.Restored(tx, true) }))
		if n, err := d.CountUsers(ctx); n != 0 || err != nil {
			d.t.Errorf("%d users under a lost key, %v", n, err)
		}
		if trail, err := d.Trail(ctx, x.Members[0].Organisation.ID, 0, 0, 9); err != nil || len(trail) == 0 || trail[0].By != "" {
			d.t.Errorf("%+v, %v", trail, err)
		}
		if link, err := d.Enrolments.NewSetUp(ctx); link == "" || err != nil {
			d.t.Errorf("%v", err)
		}
	})
}

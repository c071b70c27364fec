package testkit

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
)

// Password is that of every editor in tests.
const Password = "a lantern on the quay"

// Editor is a browser that is signed in at the desk, with its user.
type Editor struct {
	*Client
	Session *account.Session
	Code    func() string // of the authenticator app
}

// Operator sets up the instance: the first user, who owns the organisation that leads the test letter.
func (r *Running) Operator(t testing.TB) *Editor {
	t.Helper()
	link, err := r.Accounts.Enrolments.NewSetUp(t.Context())
	if err != nil || link == "" {
		t.Fatalf("set up: %q, %v", link, err)
	}
	return r.Enrol(t, link, "Ada Lindqvist", "ada@lantern.example")
}

// Member makes a user with a role in an organisation.
func (r *Running) Member(t testing.TB, organisation string, role account.Role, email string) *Editor {
	t.Helper()
	link, err := r.Accounts.Enrolments.NewJoin(t.Context(), organisation, role, "", email, 0)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(email, "@")
	return r.Enrol(t, link, name, email)
}

// Enrol follows a link and signs in by it.
func (r *Running) Enrol(t testing.TB, link, name, email string) *Editor {
	t.Helper()
	app, err := r.Accounts.NewApp("Undersigned")
	if err != nil {
		t.Fatal(err)
	}
	e := &Editor{Client: r.Client(t)}
	e.Code = func() string {
		code, err := totp.GenerateCode(strings.ReplaceAll(app.Secret, " ", ""), r.DB.Now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	secret, err := r.Accounts.Enrolments.Enrol(t.Context(), link, account.Joining{Name: name, Email: email, Organisation: "Lantern Court Watch", Language: "en",
		Password: Password, App: app.Sealed, Code: e.Code()})
	if err != nil {
		t.Fatal(err)
	}
	if e.Session, err = r.Accounts.Session(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	e.SetCookie("__Host-desk", secret)
	return e
}

// Send posts a form with one file, or none if that has no name.
func (e *Editor) Send(t testing.TB, path, field, name string, data []byte, values url.Values) Answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, list := range values {
		for _, value := range list {
			if err := w.WriteField(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if name != "" {
		part, err := w.CreateFormFile(field, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return e.Do(http.MethodPost, path, &body, "Content-Type", w.FormDataContentType())
}

// Until asks for a page until it says something.
func (e *Editor) Until(t testing.TB, path, text string) {
	t.Helper()
	for !strings.Contains(e.Get(path).Main(t), text) {
		if t.Context().Err() != nil {
			t.Fatalf("%s never says %q: %s", path, text, e.Get(path).Main(t))
		}
		runtime.Gosched()
	}
}

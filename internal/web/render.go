package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/undersigned/undersigned/internal/i18n"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages is the list of all pages: a template file and the struct it is executed with.
var pages = []struct {
	file string
	page any
}{
	{"home.html", HomePage{}},
	{"letter.html", LetterPage{}},
	{"check-mail.html", CheckMailPage{}},
	{"confirm.html", ConfirmPage{}},
	{"receipt.html", ReceiptPage{}},
	{"message.html", MessagePage{}},
	{"signature.html", SignaturePage{}},
	{"signatories.html", SignatoriesPage{}},
	{"editions.html", EditionsPage{}},
	{"edition.html", EditionPage{}},
	{"diff.html", DiffPage{}},
	{"organisation.html", OrganisationPage{}},
	{"call.html", CallPage{}},
	{"update.html", UpdatePage{}},
	{"check.html", CheckPage{}},
	{"about.html", AboutPage{}},
	{"mailbox.html", MailboxPage{}},
	{"invitation.html", InvitationPage{}},
	{"unsubscribe.html", UnsubscribePage{}},
	{"desk-sign-in.html", SignInPage{}},
	{"desk-join.html", JoinPage{}},
	{"desk-account.html", AccountPage{}},
	{"desk-recovery.html", RecoveryPage{}},
	{"desk.html", DeskPage{}},
	{"desk-organisation.html", DeskOrganisationPage{}},
	{"desk-found.html", FoundPage{}},
	{"desk-new.html", NewLetterPage{}},
	{"desk-confirm-letter.html", ConfirmLetterPage{}},
	{"desk-board.html", BoardPage{}},
	{"desk-settings.html", SettingsPage{}},
	{"desk-text.html", TextPage{}},
	{"desk-preview.html", PreviewPage{}},
	{"desk-invitations.html", InvitationsPage{}},
	{"desk-held.html", HeldPage{}},
	{"desk-trail.html", TrailPage{}},
	{"desk-intake.html", IntakePage{}},
	{"desk-dry-run.html", ProposalPage{}},
	{"desk-exports.html", ExportsPage{}},
	{"desk-jobs.html", JobsPage{}},
	{"circulation.html", CirculationPage{}},
	{"desk-circulation.html", DeskCirculationPage{}},
}

// templates returns the parsed pages by the type of their struct. All files are one set, so that what pages share is kept
// once, and they are parsed when the first page is rendered, which most commands never do.
var templates = sync.OnceValue(func() map[reflect.Type]*template.Template {
	set := template.Must(template.New("").Option("missingkey=error").ParseFS(templateFiles, "templates/*.html"))
	parsed := make(map[reflect.Type]*template.Template, len(pages))
	for _, p := range pages {
		parsed[reflect.TypeOf(p.page)] = set.Lookup(p.file)
	}
	return parsed
})

// render writes a page, which is one of the structs in pages.go (not a pointer), with the status. Nothing is written
// when the template fails, so that the caller can still answer with an error page.
func render(w http.ResponseWriter, status int, page any) error {
	body, err := renderBytes(page)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a reader who has gone is no error of the page
	return nil
}

// renderBytes returns a page as HTML.
func renderBytes(page any) ([]byte, error) {
	t := templates()[reflect.TypeOf(page)]
	if t == nil {
		return nil, fmt.Errorf("web: no template for %T", page)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return nil, fmt.Errorf("web: render %T: %w", page, err)
	}
	return b.Bytes(), nil
}

// localPath returns the path in a language: prefixed with the code, except in the default language, which has none.
func localPath(code, path string) string {
	if code == i18n.Default || !strings.HasPrefix(path, "/") {
		return path
	}
	if path == "/" {
		return "/" + code + "/"
	}
	return "/" + code + path
}

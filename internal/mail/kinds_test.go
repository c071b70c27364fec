package mail_test

import (
	"os"
	"testing"

	"github.com/undersigned/undersigned/internal/i18n"
)

// A mail without its words would be found to be one only when somebody waits for it.
func TestKinds_haveTemplatesAndASubject(t *testing.T) {
	for _, name := range onSQLite(t).Templates() {
		for _, suffix := range []string{".txt", ".html"} {
			if _, err := os.Stat("templates/" + name + suffix); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, l := range i18n.All() {
			if key := "mail." + name + ".subject"; !l.Has(key) && !l.Has("mail."+name+".ask.subject") { // or one for each thing it says
				t.Errorf("%s: no message %q", l.Code, key)
			}
		}
	}
}

package cli_test

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/cli"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/testkit"
	"github.com/undersigned/undersigned/verify"
)

// inMemory are the tests, whose files are kept in memory.
type inMemory struct{ *testing.M }

func (m inMemory) Run() int {
	defer testkit.InMemory()()
	return m.M.Run()
}

func TestMain(m *testing.M) {
	testscript.Main(inMemory{m}, map[string]func(){
		"undersigned": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// The scripts are sessions on the command line: what is typed, what it prints, how it ends. Each has a folder with the
// sample letter in two languages and an empty instance. Besides the usual commands they know:
//
//	exits N COMMAND…             the command ends with that code
//	sign SLUG NAME ADDRESS       somebody signs and confirms, and what is ready is published
//	large FILE BYTES             makes a file of that size
//	document FILE PARAGRAPH…     makes a Word document; "- " before a paragraph makes it an item of a numbered list
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("UNDERSIGNED_DATA", filepath.Join(e.WorkDir, "data"))
			for _, language := range []string{"en", "fa"} {
				if err := os.WriteFile(filepath.Join(e.WorkDir, "granary."+language+".md"), testkit.LetterSource(t, language), 0o644); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "sign": sign, "large": large, "document": document},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	if failed, ok := err.(interface{ ExitCode() int }); ok {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("ended with %d, want %d", code, want)
	}
}

func sign(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Options{Instance: config.Instance{Data: ts.Getenv("UNDERSIGNED_DATA")}})
	ts.Check(err)
	defer a.Close()
	l, err := a.Letters.Find(ctx, args[0])
	ts.Check(err)
	id, err := a.Signing.Sign(ctx, signing.Request{Letter: l, Edition: l.Edition.Number, Browser: "a browser", Lang: "en", Shown: signing.Shown{Kind: verify.Person, Name: args[1], Listing: roll.Public},
		Email: args[2], Consent: true, IsCountry: i18n.IsCountry})
	ts.Check(err)
	envelope, _, err := a.Signing.Envelope(ctx, id)
	ts.Check(err)
	_, err = a.Signing.Confirm(ctx, envelope.Token, "a browser", "", signing.Shown{})
	ts.Check(err)
	_, err = a.Signing.Publish(ctx)
	ts.Check(err)
}

func large(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(f.Truncate(size))
	ts.Check(f.Close())
}

func document(ts *testscript.TestScript, _ bool, args []string) {
	const space = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	var body strings.Builder
	for _, text := range args[1:] {
		item, isItem := strings.CutPrefix(text, "- ")
		body.WriteString("<w:p>")
		if isItem {
			body.WriteString(`<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>`)
		}
		body.WriteString(`<w:r><w:t xml:space="preserve">` + item + `</w:t></w:r></w:p>`)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range [][2]string{
		{"word/document.xml", `<w:document` + space + `><w:body>` + body.String() + `</w:body></w:document>`},
		{"word/numbering.xml", `<w:numbering` + space + `><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`},
	} {
		w, err := z.Create(part[0])
		ts.Check(err)
		_, err = w.Write([]byte(part[1]))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

package cli

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/verify"
)

//go:embed samples
var samples embed.FS

type demoCommand struct {
	Listen string `default:"localhost:8080" placeholder:"ADDR" help:"Address and port to serve on."`
	Data   string `default:"./demo-data" placeholder:"DIR" help:"Folder of the demonstration; one that it did not make is refused."`
	JSON   bool   `help:"Print the addresses as one JSON object."`
}

// demoMark is the file that says that a folder is a demonstration's.
const demoMark = "demonstration"

// Run serves the demonstration until it is told to stop.
func (c *demoCommand) Run(e *environment) error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("--listen %q: give ADDRESS:PORT, for example localhost:8080", c.Listen)
	}
	fresh, err := claimFolder(c.Data)
	if err != nil {
		return err
	}
	server := config.Server{Listen: c.Listen, PublishEvery: time.Second, RateLimit: "on",
		MailWorkers: 4, Name: "Undersigned", Operator: "The Undersigned demonstration"}
	return serve(e, app.Options{Instance: config.Instance{Data: c.Data}, Server: &server, Demo: true, Log: e.log()}, func(a *app.App) error {
		base := server.BaseURL
		if fresh {
			if err := addSamples(e.ctx, a); err != nil {
				return fmt.Errorf("sample letters: %w", err)
			}
		}
		secret, err := demoEditor(e.ctx, a, fresh)
		if err != nil {
			return fmt.Errorf("editor: %w", err)
		}
		desk := base + "/dev/desk/" + secret
		if c.JSON {
			return e.printJSON(map[string]string{"desk": desk, "letter": base + "/letters/" + riverSlug, "mailbox": base + "/dev/mailbox", "url": base + "/"})
		}
		e.printf("A letter to read and sign:  %s/letters/%s\n", base, riverSlug)
		for _, l := range i18n.All()[1:] {
			e.printf("%-28s%s/%s/letters/%s\n", "The same in "+i18n.Find(i18n.Default).Language(l.Code)+":", base, l.Code, riverSlug)
		}
		e.printf("Mails it sends:             %s/dev/mailbox\n", base)
		e.printf("How to check its count:     %s/letters/%s/check or: undersigned verify %s\n", base, riverSlug, base)
		e.printf("All letters:                %s/\n", base)
		e.printf("Editors' desk:              %s\n", desk)
		e.printf("Stop with Ctrl+C. Everything is in %s; delete it to start afresh.\n", c.Data)
		return nil
	})
}

// claimFolder makes the folder and marks it, or finds its mark. It reports whether samples are to be written.
func claimFolder(folder string) (fresh bool, err error) {
	if _, err := os.Stat(filepath.Join(folder, demoMark)); err == nil {
		_, err := os.Stat(filepath.Join(folder, demoMark+".ready"))
		return errors.Is(err, fs.ErrNotExist), nil
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		return false, fmt.Errorf("%s was not made by the demonstration, so it is left alone; choose another folder with --data", folder)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(folder, demoMark), []byte("This folder belongs to undersigned demo.\n"), 0o600)
}

// demoEditor signs in the editor of the demonstration, through the same links as everybody, and returns the session.
func demoEditor(ctx context.Context, a *app.App, fresh bool) (secret string, err error) {
	const email = "editor@harbour-watch.example"
	link := ""
	if fresh {
		link, err = a.Accounts.Enrolments.NewSetUp(ctx)
	} else {
		link, err = a.Accounts.Enrolments.NewReset(ctx, email)
	}
	if err != nil {
		return "", err
	}
	device, err := a.Accounts.NewApp("demo")
	if err != nil {
		return "", err
	}
	code, err := totp.GenerateCode(strings.ReplaceAll(device.Secret, " ", ""), a.DB.Now())
	if err != nil {
		return "", err
	}
	return a.Accounts.Enrolments.Enrol(ctx, link, account.Joining{Name: "Maren Holt", Email: email, Organisation: "Harbour Watch", Language: "en",
		Password: rand.Text(), App: device.Sealed, Code: code, Agent: "Demonstration"})
}

const (
	riverSlug   = "lower-orle"
	librarySlug = "night-reading-room"
)

// translators are the invented people who translated the samples.
var translators = map[string]string{"fa": "Parvin Saleh", "fr": "Aurélie Santerre", "ar": "ليلى حداد"}

// addSamples writes the sample letters through the same code as every letter.
func addSamples(ctx context.Context, a *app.App) error {
	for _, o := range []account.Organisation{
		{Slug: "harbour-watch", Names: map[string]string{"en": "Harbour Watch", "fa": "دیده‌بان بندر", "fr": "Harbour Watch", "ar": "هاربر ووتش"},
			Email:   "office@harbour-watch.example",
			Address: []string{"14 Quay Street", "Port Almere"}, Links: []string{"https://harbour-watch.example/"},
			About: map[string]string{"en": "Residents and engineers who measure water where nobody else does.",
				"fr": "Des habitants et des ingénieurs qui mesurent l’eau là où personne d’autre ne le fait.",
				"ar": "سكان ومهندسون يقيسون المياه حيث لا يقيسها أحد غيرهم.", "fa": "ساکنان و مهندسانی که آب را می‌سنجند، آن‌جا که دیگران نمی‌سنجند."}},
		{Slug: "orle-valley-clinic", Names: map[string]string{"en": "Orle Valley Clinic", "fa": "درمانگاه درهٔ اورل", "fr": "Clinique de la vallée de l’Orle",
			"ar": "عيادة وادي الأورل"}, Address: []string{"Ness"}},
		{Slug: "reading-rooms", Names: map[string]string{"en": "Reading Rooms Alliance"}, Address: []string{"8 Almond Lane", "Sellen"}},
	} {
		if err := a.Letters.Directory.Put(ctx, o); err != nil {
			return err
		}
	}
	now := a.DB.Now()
	call, err := samples.ReadFile("samples/call.en.md")
	if err != nil {
		return err
	}
	steps := []struct {
		file   string
		letter letter.Import
	}{
		{"river.en.md", letter.Import{Slug: riverSlug, Settings: letter.Settings{Leads: []string{"harbour-watch", "orle-valley-clinic"},
			Deadline: &letter.Deadline{At: now.AddDate(0, 2, 0).Truncate(24 * time.Hour).Add(17 * time.Hour), Zone: time.UTC}}}},
		{"river.fr.md", letter.Import{Slug: riverSlug}},
		{"river.ar.md", letter.Import{Slug: riverSlug}},
		{"river.fa.md", letter.Import{Slug: riverSlug, Publish: true, Settings: letter.Settings{Call: &letter.Call{Language: "en", From: "Harbour Watch",
			Title: "Will you sign the letter on the Lower Orle?", Salutation: "Dear friends,", Body: string(call), Contact: "Marit Oswin",
			Email: "office@harbour-watch.example"}}}},
		{"library.en.txt", letter.Import{Slug: librarySlug, Publish: true, Settings: letter.Settings{Leads: []string{"reading-rooms"},
			SignOn: new(letter.SignOnPeople)}}},
	}
	for _, step := range steps {
		data, err := samples.ReadFile("samples/" + step.file)
		if err != nil {
			return err
		}
		draft, err := importer.Read(step.file, data)
		if err != nil {
			return err
		}
		step.letter.Text = letter.TextOf(draft, false)
		step.letter.Text.Translator = translators[step.letter.Text.Language]
		if _, _, err := a.Letters.Import(ctx, step.letter); err != nil {
			return fmt.Errorf("%s: %w", step.file, err)
		}
	}
	if err := addSignatures(ctx, a); err != nil {
		return err
	}
	if err := addSheet(ctx, a); err != nil {
		return err
	}
	if err := addUpdate(ctx, a); err != nil {
		return err
	}
	if err := addStory(ctx, a); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.Folder(), demoMark+".ready"), nil, 0o600)
}

// addSignatures signs and confirms as invented people do.
func addSignatures(ctx context.Context, a *app.App) error {
	river, err := a.Letters.Find(ctx, riverSlug)
	if err != nil {
		return err
	}
	for i, s := range []signing.Request{
		{Shown: signing.Shown{Kind: signing.Both, Name: "Ilse Norden", Title: "Director", Organisation: "Upper Orle Anglers", Country: "NO"}},
		{Shown: signing.Shown{Kind: verify.Organisation, Organisation: "Parish Council of Ness"}},
		{Shown: signing.Shown{Kind: verify.Organisation, Organisation: "انجمن دوستداران رود اورل"}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Prof. Anton Keswick", Title: "Professor of hydrology", Affiliation: "University of Sellen", Country: "IE"}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "مینا رستگار", Title: "پزشک", Affiliation: "درمانگاه نِس"}, Lang: "fa"},
		{Shown: signing.Shown{Kind: verify.Person, Name: "سلمى منصور", Title: "مهندسة مياه", Country: "TN"}, Lang: "ar"},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Étienne Fourcade", Title: "Maître de conférences", Country: "FR"}, Lang: "fr"},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Bo Lindqvist", Country: "SE"}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Chiara Dell'Orso", Title: "Teacher", Affiliation: "Ness primary school", Country: "IT"}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Withheld One", Listing: roll.Counted}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Withheld Two", Listing: roll.Addressee}},
		{Shown: signing.Shown{Kind: verify.Person, Name: "Ngọc Ánh Trần", Country: "VN"}},
	} {
		s.Letter, s.Edition, s.Browser, s.Consent, s.IsCountry = river, river.Edition.Number, "demonstration", true, i18n.IsCountry
		s.Email = fmt.Sprintf("signer%d@example.org", i)
		if s.Listing == "" {
			s.Listing = roll.Public
		}
		if s.Lang == "" {
			s.Lang = "en"
		}
		id, err := a.Signing.Sign(ctx, s)
		if err != nil {
			return err
		}
		e, _, err := a.Signing.Envelope(ctx, id)
		if err != nil {
			return err
		}
		if _, err := a.Signing.Confirm(ctx, e.Token, s.Browser, "", signing.Shown{}); err != nil {
			return err
		}
	}
	_, err = a.Signing.Publish(ctx)
	return err
}

// addSheet imports a list that was signed on paper.
func addSheet(ctx context.Context, a *app.App) error {
	data, err := samples.ReadFile("samples/sheet.csv")
	if err != nil {
		return err
	}
	list, err := roster.Read("sheet.csv", data, nil)
	if err != nil {
		return err
	}
	river, err := a.Letters.Find(ctx, riverSlug)
	if err != nil {
		return err
	}
	plan, err := a.Intake.Plan(ctx, intake.Import{Letter: river, List: list, Basis: verify.ByPaper, Listing: roll.Public,
		Source: "Sheet signed at the market in Ness, 9 May 2026"})
	if err != nil {
		return err
	}
	if _, err := a.Intake.Apply(ctx, plan, nil); err != nil {
		return err
	}
	_, err = a.Signing.Publish(ctx)
	return err
}

// addUpdate publishes what has happened since.
func addUpdate(ctx context.Context, a *app.App) error {
	data, err := samples.ReadFile("samples/update.en.md")
	if err != nil {
		return err
	}
	update, err := readUpdate(data)
	if err != nil {
		return err
	}
	update.At = time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)
	_, err = a.Letters.Updates.Add(ctx, riverSlug, update, 0)
	return err
}

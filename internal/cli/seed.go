package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/bench"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/verify"
)

type benchSeed struct {
	config.Instance
	N       int    `arg:"" help:"How many signatures the letter is to have."`
	Letter  string `default:"bench" placeholder:"SLUG" help:"The letter; an invented one is published where there is none."`
	Workers int    `default:"64" help:"Signatures in progress at the same time."`
	JSON    bool   `help:"Print one JSON object."`
}

// Run signs and confirms until the letter has N signatures. No mail is sent.
func (c *benchSeed) Run(e *environment) error {
	server := &config.Server{Listen: "127.0.0.1:0", MailWorkers: 8, PublishEvery: time.Hour, RateLimit: "off"}
	if err := server.Complete(); err != nil {
		return err
	}
	a, err := app.Open(e.ctx, app.Options{Instance: c.Instance, Server: server, Demo: true})
	if err != nil {
		return err
	}
	begin := time.Now()
	err = c.fill(e, a)
	if err = errors.Join(err, a.Close()); err != nil {
		return err
	}
	took := time.Since(begin)
	if c.JSON {
		return e.printJSON(map[string]any{"letter": c.Letter, "signatures": c.N, "seconds": took.Seconds()})
	}
	e.printf("The letter %s has %d signatures, after %s.\n", c.Letter, c.N, took.Round(time.Second))
	return nil
}

func (c *benchSeed) fill(e *environment, a *app.App) error {
	l, err := a.Letters.Find(e.ctx, c.Letter)
	if fault.Is(err, fault.NotFound) {
		l, err = c.publish(e.ctx, a)
	}
	if err != nil {
		return err
	}
	counts, _, _, err := a.Roll.Summary(e.ctx, l.ID, 0)
	if err != nil {
		return err
	}
	// What mails were asked for is settled as fast as signatures are confirmed, so that the instance is left at rest.
	running, stop := context.WithCancel(e.ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Jobs.Run(running) }()
	defer func() { stop(); <-ended }()

	progress := e.progress("signed")
	for have := counts.Persons + counts.Organisations; have < c.N; {
		until := min(have+20_000, c.N)
		if err := c.sign(e.ctx, a, l, have, until); err != nil {
			return err
		}
		if _, err := a.Signing.Publish(e.ctx); err != nil {
			return err
		}
		have = until
		progress(have, c.N)
	}
	return settle(e.ctx, a)
}

// publish writes the invented letter.
func (c *benchSeed) publish(ctx context.Context, a *app.App) (letter.Letter, error) {
	draft, err := importer.Read("letter.md", []byte(bench.Invented))
	if err != nil {
		return letter.Letter{}, err
	}
	l, _, err := a.Letters.Import(ctx, letter.Import{Slug: c.Letter, Text: letter.TextOf(draft, false), Publish: true})
	return l, err
}

// sign gives the signatures from number first up to last.
func (c *benchSeed) sign(ctx context.Context, a *app.App, l letter.Letter, first, last int) error {
	var next atomic.Int64
	next.Store(int64(first))
	var work sync.WaitGroup
	errs := make(chan error, c.Workers)
	for range c.Workers {
		work.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= last || ctx.Err() != nil {
					return
				}
				if err := signAs(ctx, a, invented(l, n)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	work.Wait()
	close(errs)
	return errors.Join(<-errs, ctx.Err())
}

func signAs(ctx context.Context, a *app.App, r signing.Request) error {
	id, err := a.Signing.Sign(ctx, r)
	if err != nil {
		return err
	}
	mail, _, err := a.Signing.Envelope(ctx, id)
	if err != nil {
		return err
	}
	_, err = a.Signing.Confirm(ctx, mail.Token, r.Browser, "", signing.Shown{})
	return err
}

// settle waits until no job is left.
func settle(ctx context.Context, a *app.App) error {
	for {
		waiting := int64(0)
		err := a.DB.View(ctx, func(tx *store.Tx) error {
			counts, err := job.Counts(tx)
			for _, n := range counts {
				waiting += n.Waiting
			}
			return err
		})
		if err != nil || waiting == 0 {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// people are names of which invented ones are put together, in seven scripts.
var people = [][2][]string{
	{strings.Fields("Ann Bo Clara Dov Elsa Finn Greta Hugo Ines Jan Kari Luca Mara Nils Olga Piet Rosa Sven Tilda Uwe"),
		strings.Fields("Ashby Brandt Castel Dorn Eklund Falk Grieve Holm Ibsen Jarvis Keller Lund Moran Nord Oswin Pryce Quist Renner Salter Thorne")},
	{strings.Fields("آرش بهار پروانه داریوش رعنا سهراب شیرین فرهاد کیوان لاله مینا نسترن هومن یاسمن"),
		strings.Fields("آذری بهرامی پارسا توکلی جعفری حیدری رستگار زمانی شریفی فراهانی کرمانی موسوی نوری یزدانی")},
	{strings.Fields("أمل باسم جمال حنان خالد رنا سامي عمر فادي ليلى منى نادر هالة يوسف"),
		strings.Fields("البستاني الجبالي الحداد الخطيب الزيدي السعدي الشامي العلي الفارس القاسم المصري النجار")},
	{strings.Fields("Дмитро Жанна Зоя Лідія Мирон Надія Павло Юлія"), strings.Fields("Бондаренко Дяченко Зайченко Лисенко Мельник Поліщук Яценко")},
	{strings.Fields("Ελένη Θάλεια Κώστας Λυδία Μιχάλης Ξένια Πέτρος Φωτεινή"), strings.Fields("Αλεξίου Βλάχος Δημητρίου Θεοδώρου Λάμπρου Παππάς Φωτίου")},
	{strings.Fields("अनिता गौरी दीपक नेहा प्रिया रवि सुनील"), strings.Fields("गुप्ता जोशी पटेल राव शर्मा सिंह")},
	{strings.Fields("陽子 健太 美咲 翔太 小龙 秀英"), strings.Fields("山田 佐藤 鈴木 王 李 陳")},
}

var countries = strings.Fields("AT BR CA CL DE EG FR GB GR IE IN IR IT JP KE LB MX NL NO PL TN UA US VN ZA")

// invented returns the form of the n-th invented signer of a letter.
func invented(l letter.Letter, n int) signing.Request {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	names := people[0]
	if r.IntN(3) == 0 {
		names = people[r.IntN(len(people))]
	}
	name := pick(names[0]) + " " + pick(names[1])
	request := signing.Request{Letter: l, Edition: l.Edition.Number, Browser: "seed", Lang: "en", Shown: signing.Shown{Kind: verify.Person, Name: name,
		Listing: roll.Public, Country: pick(countries)},
		Email: fmt.Sprintf("signer%d@seed.example", n), Consent: true, IsCountry: i18n.IsCountry}
	switch r.IntN(20) {
	case 0:
		request.Kind, request.Organisation = verify.Organisation, pick(names[1])+" "+pick([]string{"Trust", "Society", "Union", "Network"})+fmt.Sprintf(" %d", n)
	case 1, 2:
		request.Listing = roll.Counted
	case 3, 4, 5:
		request.Title, request.Affiliation = "Teacher", pick(names[1])+" School"
	}
	return request
}

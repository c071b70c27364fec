package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// rows returns what is measured in each round, each limit before what is compared with it.
func (r *run) rows(ctx context.Context) ([]row, error) {
	switch r.What {
	case Read:
		return r.readRows(ctx)
	case Confirm:
		bare := r.bareInsert()
		return []row{bare, r.confirmRow(bare.name)}, nil
	}
	bare := r.bareInsert()
	rows := []row{bare}
	for _, relay := range r.Relays {
		rows = append(rows, r.signRow(bare.name, relay))
	}
	return rows, nil
}

// browserHeaders are those that a browser sends and the product looks at.
func browserHeaders(r *http.Request) {
	r.Header.Set("User-Agent", "undersigned-bench")
	r.Header.Set("Accept-Language", "en-GB,en;q=0.8")
}

// repeated is a target that sends the same request and wants the same status.
func repeated(address string, header map[string]string, status int) target {
	return target{
		request: func() (*http.Request, int, error) {
			request, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				return nil, 0, err
			}
			browserHeaders(request)
			for name, value := range header {
				request.Header.Set(name, value)
			}
			return request, 0, nil
		},
		answer: func(_ int, response *http.Response) error { return wantStatus(response, status) },
	}
}

// readRows are the letter's page in its three forms, each after a bare handler that sends the same bytes.
func (r *run) readRows(ctx context.Context) ([]row, error) {
	header, plain, err := r.get(ctx, r.letter, nil)
	if err != nil {
		return nil, err
	}
	_, zipped, err := r.get(ctx, r.letter, http.Header{"Accept-Encoding": {"gzip"}})
	if err != nil {
		return nil, err
	}
	if len(zipped) >= len(plain) || header.Get("ETag") == "" {
		return nil, errors.New("the letter's page came without ETag, or not compressed: is there a proxy in between?")
	}
	if err := errors.Join(os.WriteFile(filepath.Join(r.dir, plainFile), plain, 0o600),
		os.WriteFile(filepath.Join(r.dir, zippedFile), zipped, 0o600)); err != nil {
		return nil, err
	}
	var rows []row
	for _, x := range []struct {
		name, path string
		header     map[string]string
		status     int
	}{
		{fmt.Sprintf("page, %d bytes", len(plain)), "/plain", nil, http.StatusOK},
		{fmt.Sprintf("page, gzip, %d bytes", len(zipped)), "/zipped", map[string]string{"Accept-Encoding": "gzip"}, http.StatusOK},
		{"page, unchanged (304)", "/unchanged", map[string]string{"If-None-Match": header.Get("ETag")}, http.StatusNotModified},
	} {
		limit := "bare " + x.name
		rows = append(rows, row{name: limit, target: repeated(r.bareURL+x.path, x.header, x.status)},
			row{name: x.name, against: limit, target: repeated(r.letter, x.header, x.status)})
	}
	return rows, nil
}

const formType = "application/x-www-form-urlencoded"

// bareInsert is the durable insert on the engine that is measured.
func (r *run) bareInsert() row {
	name := "bare durable insert, SQLite"
	if r.Database != "" {
		name = "bare transaction, PostgreSQL"
	}
	var number atomic.Int64
	return row{name: name, target: target{
		request: func() (*http.Request, int, error) { return r.post(r.bareURL+"/row", int(number.Add(1))) },
		answer:  func(_ int, response *http.Response) error { return wantStatus(response, http.StatusSeeOther) },
	}}
}

// post is a request with a filled form.
func (r *run) post(address string, number int) (*http.Request, int, error) {
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(r.form(number)))
	if err != nil {
		return nil, 0, err
	}
	browserHeaders(request)
	request.Header.Set("Content-Type", formType)
	return request, number, nil
}

func wantStatus(response *http.Response, status int) error {
	if response.StatusCode != status {
		return fmt.Errorf("answered %s instead of %d", response.Status, status)
	}
	return nil
}

// ledger is what was accepted.
type ledger struct {
	last atomic.Int64

	mu       sync.Mutex
	accepted []int                // numbers; guarded by mu
	ready    []int                // of these, those that are to be confirmed; guarded by mu
	cookies  map[int]*http.Cookie // guarded by mu
}

func addressOf(number int) string { return "signer" + strconv.Itoa(number) + "@bench.example" }

func (l *ledger) addresses() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]string, len(l.accepted))
	for i, n := range l.accepted {
		list[i] = addressOf(n)
	}
	return list
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted)
}

// offer lets those accepted from the n-th on be confirmed.
func (l *ledger) offer(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = slices.Clone(l.accepted[n:])
}

// take returns the next to be confirmed with its cookie, false when there is none left.
func (l *ledger) take() (number int, cookie *http.Cookie, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		return 0, nil, false
	}
	number, l.ready = l.ready[0], l.ready[1:]
	return number, l.cookies[number], true
}

// form is a filled sign form with an address of its own.
func (r *run) form(number int) string {
	return url.Values{"edition": {strconv.Itoa(r.edition)}, "kind": {"person"}, "name": {"Ilse Norden " + letters(number)},
		"email": {addressOf(number)}, "title": {"Teacher"}, "affiliation": {"Port Sellow primary school"}, "listing": {"public"},
		"country": {"NO"}, "consent": {"1"}}.Encode()
}

// letters writes a number in letters: a name has no digits.
func letters(n int) string {
	text := []byte{'A' + byte(n%26)}
	for n /= 26; n > 0; n /= 26 {
		text = append(text, 'a'+byte(n%26))
	}
	return string(text)
}

// signTarget posts forms until limit of them were sent; 0 is no limit. A signature is accepted with the 303; the page that
// follows it is not fetched.
func (r *run) signTarget(limit int, cookies bool) target {
	var sent atomic.Int64
	return target{
		request: func() (*http.Request, int, error) {
			if limit > 0 && sent.Add(1) > int64(limit) {
				return nil, 0, errSpent
			}
			return r.post(r.letter+"/signatures", int(r.ledger.last.Add(1)))
		},
		answer: func(number int, response *http.Response) error {
			if err := wantStatus(response, http.StatusSeeOther); err != nil {
				return err
			}
			r.ledger.mu.Lock()
			defer r.ledger.mu.Unlock()
			r.ledger.accepted = append(r.ledger.accepted, number)
			if cookies {
				if r.ledger.cookies == nil {
					r.ledger.cookies = map[int]*http.Cookie{}
				}
				if set := response.Cookies(); len(set) > 0 {
					r.ledger.cookies[number] = set[0]
				}
			}
			return nil
		},
	}
}

func (r *run) signRow(limit string, relay Relay) row {
	name := "sign"
	if len(r.Relays) > 1 || relay != Fast {
		name += ", relay " + string(relay)
	}
	x := row{name: name, against: limit, target: r.signTarget(0, false)}
	if r.sink == nil {
		return x
	}
	x.prepare = func(ctx context.Context) error { return r.restart(ctx, relay, r.MailRate) }
	x.settle = func(ctx context.Context) error {
		if r.self == "" {
			return r.deliver(ctx, settleFor)
		}
		r.stopServer() // or the mails that wait would disturb the next run
		return nil
	}
	return x
}

// restart sets the relay, and starts the server afresh if it is the bench's own.
func (r *run) restart(ctx context.Context, relay Relay, mailRate int) error {
	if r.self != "" {
		r.stopServer()
	}
	if err := r.sink.set(relay); err != nil || r.self == "" {
		return err
	}
	return r.startServer(ctx, mailRate)
}

// deliver makes the relay take mails and waits until every accepted signature has its mail, or the time is over.
func (r *run) deliver(ctx context.Context, limit time.Duration) error {
	if err := r.sink.set(Fast); err != nil {
		return err
	}
	begin := time.Now()
	for time.Since(begin) < limit && (r.sink.received() < r.ledger.count() || r.sink.compare(&r.ledger).Missing > 0) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.drained = max(r.drained, time.Since(begin))
	select { // for the last results to be stored
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// sign posts so many forms outside of what is measured.
func (r *run) sign(ctx context.Context, n int) error {
	s, err := load(ctx, 16, 0, settleFor, r.signTarget(n, true))
	if err == nil && s.errors > 0 {
		err = fmt.Errorf("while links were prepared: %s", s.firstError)
	}
	return err
}

// confirmRow presses the button behind links that were mailed before the run.
func (r *run) confirmRow(limit string) row {
	x := row{name: "confirm", against: limit, counted: r.Links}
	x.prepare = func(ctx context.Context) error {
		if err := r.restart(ctx, Fast, unlimited); err != nil {
			return err
		}
		before := r.ledger.count()
		if err := r.sign(ctx, r.Links); err != nil {
			return err
		}
		if err := r.deliver(ctx, settleFor); err != nil {
			return err
		}
		r.ledger.offer(before)
		return nil
	}
	x.target = target{
		request: func() (*http.Request, int, error) {
			number, cookie, ok := r.ledger.take()
			if !ok {
				return nil, 0, errSpent
			}
			link := r.sink.link(addressOf(number))
			_, path, ok := strings.Cut(link, "/confirm/")
			if !ok {
				return nil, 0, fmt.Errorf("no mail with a link for signature %d", number)
			}
			request, err := http.NewRequest(http.MethodPost, strings.TrimSuffix(r.URL, "/")+"/confirm/"+path, strings.NewReader("do=confirm"))
			if err != nil {
				return nil, 0, err
			}
			browserHeaders(request)
			request.Header.Set("Content-Type", formType)
			if cookie != nil {
				request.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
			}
			return request, number, nil
		},
		answer: func(_ int, response *http.Response) error { return wantStatus(response, http.StatusOK) },
	}
	return x
}

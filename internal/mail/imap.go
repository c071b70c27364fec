package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
)

// IMAP reads a mailbox (RFC 9051, RFC 3501). A mail leaves it only once the inbox says that it is on stable storage: it is moved to a folder
// beside. What is stored and could not be moved is read again and found to be there, whatever was killed in between; nothing that is
// remembered of the mailbox outlives the process, so another program may read it too, and its numbers may change.
type IMAP struct {
	Inbox *inbox.Service
	Log   *slog.Logger

	address, host  string
	user, password string
	folder         string
	tls            *tls.Config // nil for none, on loopback
	stuck          stuck       // used by Look alone
	copies         bool        // does not move, whatever the server can
}

// stuck is what this process remembers of the mailbox: mails that are stored and could not be moved, which it need not fetch again, and those
// that it could not take, which must not keep it from the others.
type stuck struct {
	validity uint32
	uids     map[imap.UID]bool
	later    map[imap.UID]bool // those that could not be taken: there was no room, or the server would not hand them out
	after    imap.UID          // the last of them that was tried again
}

// Bounds of a look into the mailbox.
const (
	lookWithin  = 10 * time.Minute // of one session
	movedAtOnce = 20
	triedAgain  = 20 // mails that could not be taken before
	archive     = "Undersigned"
	headOfLarge = 1 << 20 // bytes that are fetched of a mail that is too large
)

// NewIMAP reads imaps://USER@HOST[:PORT][/FOLDER], or imap:// on loopback, and the password from a file.
func NewIMAP(address, passwordFile string) (*IMAP, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("--inbox: %w", err)
	}
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		return nil, fmt.Errorf("--inbox-password-file: %w", err)
	}
	r := &IMAP{Log: slog.New(slog.DiscardHandler), host: u.Hostname(), user: u.User.Username(), password: strings.TrimRight(string(password), "\r\n"),
		folder: strings.Trim(u.Path, "/")}
	if r.folder == "" {
		r.folder = "INBOX"
	}
	port := u.Port()
	if u.Scheme == "imaps" {
		r.tls = &tls.Config{ServerName: r.host, MinVersion: tls.VersionTLS12}
	}
	if port == "" {
		if port = "993"; r.tls == nil {
			port = "143"
		}
	}
	r.address = net.JoinHostPort(r.host, port)
	return r, nil
}

// The steps at which a look can fail; with "inbox_" before them they are its code.
const (
	lookConnect = "connect"
	lookTLS     = "tls"
	lookLogin   = "login"
	lookFolder  = "folder"
	lookRead    = "read"
	lookMove    = "move"
	lookFull    = "full"
	lookStore   = "store"
)

// lookError is what went wrong with a look, and where.
type lookError struct {
	step string
	err  error
}

func (e *lookError) Error() string { return "inbox_" + e.step }
func (e *lookError) Unwrap() error { return e.err }

// Look takes all mails out of the mailbox, unless another process does, and notes how that went.
func (r *IMAP) Look(ctx context.Context) error {
	release, ok, err := r.Inbox.DB.TryTurn(ctx, "inbox")
	if err != nil || !ok {
		return err
	}
	defer release()
	left, err := r.look(ctx)
	if ctx.Err() != nil { // this process ends
		return nil
	}
	look := inbox.Look{Left: left}
	if failed, ok := errors.AsType[*lookError](err); ok {
		look.Code = failed.step
		if said, ok := errors.AsType[*imap.Error](err); ok {
			look.Words = withoutNames(said.Text, r.user)
		}
		r.Log.LogAttrs(ctx, slog.LevelWarn, "inbox_not_read", slog.String("code", failed.step), slog.String("answer", look.Words))
	} else if err != nil {
		return err
	}
	return r.Inbox.Looked(ctx, look)
}

// open logs in and chooses the folder; the caller closes.
func (r *IMAP) open(ctx context.Context) (c *imapclient.Client, chosen *imap.SelectData, err error) {
	dialer := net.Dialer{Timeout: commandTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", r.address)
	if err != nil {
		return nil, nil, &lookError{lookConnect, err}
	}
	if r.tls != nil {
		over := tls.Client(conn, r.tls)
		limited, cancel := context.WithTimeout(ctx, commandTimeout)
		err := over.HandshakeContext(limited)
		cancel()
		if err != nil {
			_ = conn.Close()
			return nil, nil, &lookError{lookTLS, err}
		}
		conn = over
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	c = imapclient.New(conn, nil)
	step := lookConnect
	if err = c.WaitGreeting(); err == nil {
		step = lookLogin
		err = c.Login(r.user, r.password).Wait()
	}
	if err == nil {
		step = lookFolder
		chosen, err = c.Select(r.folder, nil).Wait()
	}
	if err != nil {
		stop()
		_ = c.Close()
		return nil, nil, &lookError{step, err}
	}
	return c, chosen, nil
}

// look is one session. It returns how many mails stay in the mailbox.
func (r *IMAP) look(ctx context.Context) (left int, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	c, chosen, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		_ = c.Logout().Wait()
		_ = c.Close()
	}()
	if r.stuck.validity != chosen.UIDValidity {
		r.stuck = stuck{validity: chosen.UIDValidity, uids: map[imap.UID]bool{}, later: map[imap.UID]bool{}}
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return int(chosen.NumMessages), &lookError{lookRead, err}
	}
	uids := r.stuck.order(found.AllUIDs())
	left = len(uids)
	var failed error // the first of one mail, or to move
	tried := 0       // of those that could not be taken before
	for some := range slices.Chunk(uids, movedAtOnce) {
		var done []imap.UID
		for _, uid := range some {
			there := r.stuck.uids[uid]
			if !there && r.stuck.later[uid] {
				if tried++; tried > triedAgain {
					break
				}
				r.stuck.after = uid
			}
			if !there {
				there, err = r.take(ctx, c, uid)
				if err != nil { // the next time others come first
					r.stuck.later[uid] = true
					failed = cmp.Or(failed, err)
					if !ofOne(err) {
						return left, err
					}
					continue
				}
				delete(r.stuck.later, uid)
				if !there { // another program was first
					left--
					continue
				}
			}
			done = append(done, uid)
			r.stuck.uids[uid] = true
		}
		if len(done) == 0 {
			continue
		}
		if err := r.move(c, imap.UIDSetNum(done...)); err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		left -= len(done)
		for _, uid := range done {
			delete(r.stuck.uids, uid)
		}
	}
	return left, failed
}

// order puts mails that could not be taken when they were last tried behind all others, those that were tried least lately first.
func (s stuck) order(uids []imap.UID) []imap.UID {
	turn := func(uid imap.UID) int {
		switch {
		case !s.later[uid]:
			return 0
		case uid > s.after:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(uids, func(a, b imap.UID) int { return turn(a) - turn(b) })
	return uids
}

// ofOne reports whether what went wrong says something of one mail alone: the server would not hand it out, or there is no room for it.
func ofOne(err error) bool {
	_, said := errors.AsType[*imap.Error](err)
	return said || errors.Is(err, errEmpty) || fault.Is(err, fault.Limited) || fault.Is(err, fault.Invalid)
}

var errEmpty = errors.New("mail: the server hands out nothing of a mail that has a size")

// take stores a mail, and reports whether it was there.
func (r *IMAP) take(ctx context.Context, c *imapclient.Client, uid imap.UID) (there bool, err error) {
	sizes, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return false, &lookError{lookRead, err}
	}
	if len(sizes) == 0 {
		return false, nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	size := sizes[0].RFC822Size
	if size > inbox.MaxMail {
		section.Partial = &imap.SectionPartial{Size: headOfLarge}
	}
	fetch := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	var raw []byte
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		there = true
		for item := message.Next(); item != nil; item = message.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			if raw, err = io.ReadAll(io.LimitReader(body.Literal, inbox.MaxMail+1)); err != nil {
				_ = fetch.Close()
				return false, &lookError{lookRead, err}
			}
		}
	}
	if err := fetch.Close(); err != nil {
		return false, &lookError{lookRead, err}
	}
	if there && len(raw) == 0 && size > 0 {
		return false, &lookError{lookRead, errEmpty}
	}
	if !there || len(raw) == 0 {
		return there, nil
	}
	came := inbox.Came{Raw: raw}
	if section.Partial != nil {
		came.Size = size
	}
	if _, err := r.Inbox.Receive(ctx, came); err != nil {
		if fault.Is(err, fault.Limited) {
			return false, &lookError{lookFull, err}
		}
		return false, &lookError{lookStore, err}
	}
	return true, nil
}

// move moves mails to the folder beside, which is made when it is missing. Where the server cannot move, they are copied, and deleted once
// that went well.
func (r *IMAP) move(c *imapclient.Client, uids imap.UIDSet) error {
	err := r.moveTo(c, uids, archive)
	for _, name := range []string{archive, "INBOX." + archive, "INBOX/" + archive} { // as servers put folders under the one of incoming mails
		if err == nil {
			return nil
		}
		_ = c.Create(name, nil).Wait() // it may be there
		err = r.moveTo(c, uids, name)
	}
	if err != nil {
		return &lookError{lookMove, err}
	}
	return nil
}

func (r *IMAP) moveTo(c *imapclient.Client, uids imap.UIDSet, folder string) error {
	caps := c.Caps()
	if caps.Has(imap.CapMove) && !r.copies {
		_, err := c.Move(uids, folder).Wait()
		return err
	}
	if _, err := c.Copy(uids, folder).Wait(); err != nil {
		return err
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := c.Store(uids, deleted, nil).Close(); err != nil || !caps.Has(imap.CapUIDPlus) { // others may have marked mails that are not ours
		return err
	}
	return c.UIDExpunge(uids).Close()
}

// Mailbox is what Check has found.
type Mailbox struct {
	Mails int
	Moves bool // the server can move mails, or delete those alone that are named
	Full  bool // or nearly so, as far as its server says (RFC 9208): it soon takes no mail any more
}

// Check logs in, looks whether the folder is there, and changes nothing. words are the server's, without names.
func (r *IMAP) Check(ctx context.Context) (m Mailbox, step, words string, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	c, chosen, err := r.open(ctx)
	if err != nil {
		if failed, ok := errors.AsType[*lookError](err); ok {
			step = failed.step
		}
		if said, ok := errors.AsType[*imap.Error](err); ok {
			words = withoutNames(said.Text, r.user)
		}
		return m, step, words, err
	}
	defer func() {
		_ = c.Logout().Wait()
		_ = c.Close()
	}()
	caps := c.Caps()
	m = Mailbox{Mails: int(chosen.NumMessages), Moves: caps.Has(imap.CapMove) || caps.Has(imap.CapUIDPlus)}
	if caps.Has(imap.CapQuota) {
		quotas, _ := c.GetQuotaRoot(r.folder).Wait() // a server that does not tell is none that is full
		for _, q := range quotas {
			for _, of := range q.Resources {
				m.Full = m.Full || of.Limit > 0 && of.Usage*20 >= of.Limit*19
			}
		}
	}
	return m, "", "", nil
}

// Package inbox owns what a mail is that somebody was sent: one in a file of its own or several in an mbox, its parts and
// character sets, which of its words are the sender's own, and who vouches for the sender.
//
// It promises bounds for all that it reads, that one mail which cannot be read costs no other, that the texts it returns can be
// shown (valid UTF-8, without control and direction characters), and that only the domain of a sender's address vouches for it
// (DKIM), and for the words it returns only where the signature covers all by which they are read.
// It must not know what a mail is taken for: whoever takes mails calls Read and makes of them what it needs.
package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/emersion/go-message/charset" // so that it knows every character set
	"github.com/emersion/go-message/mail"
	"golang.org/x/text/language"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter/importer"
	"github.com/undersigned/undersigned/internal/text"
)

// Limits of what is read.
const (
	Limit       = 128 << 20 // bytes of a file
	maxMessages = 10_000    // of a file
	maxMessage  = 30 << 20  // bytes of one, with what is attached
	maxHeader   = 256 << 10 // bytes of the header of one, and of those of all its parts
	maxDepth    = 10        // parts within parts
	maxParts    = 100       // of one
	maxText     = 64 << 10  // bytes of text that are kept
)

// Mail is a mail that somebody has sent. Everything in it was written by its sender, or by somebody who claims to be that,
// unless Vouched is Signed.
type Mail struct {
	Number   int // in its file, from 1
	Name     string
	Address  string // of the sender; "" if there is not exactly one
	At       time.Time
	ID       string // of the message, without <>
	Subject  string
	Language string // that the text seems to be in (BCP 47), "" if that cannot be told
	Text     string // what the sender wrote: without quotations and signature
	Vouched  Vouch

	Fault *fault.Error // why nobody can have meant anything by it, or it cannot be read
}

// File is a file of mails.
type File struct {
	SHA256 string // lower-case hex
	Mails  []Mail
}

// IsFile reports whether a name is one of a file that Read reads.
func IsFile(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".eml", ".mbox", ".mbx":
		return true
	}
	return false
}

// Read reads a mail (RFC 5322) or an mbox file of several (RFC 4155 and what programs write in its place). A mail that cannot be
// read is there with its fault; the others are read. Keys of signatures are looked up by lookup.
func Read(ctx context.Context, name string, data []byte, lookup account.LookupTXT) (*File, error) {
	if len(data) > Limit {
		return nil, fault.New(fault.TooLarge, "import.too_large", "Size", len(data), "Limit", Limit)
	}
	sum := sha256.Sum256(data)
	f := &File{SHA256: hex.EncodeToString(sum[:])}
	v := voucher{lookup: lookup, known: map[string]answer{}}
	var forms [][][]byte // of each mail, how it may have been before it was put into the file
	if isMbox(data) {
		for raw := range splitMbox(data) {
			if len(forms) == maxMessages {
				return nil, fault.New(fault.TooLarge, "reply.too_many", "Limit", maxMessages)
			}
			forms = append(forms, unquoted(raw))
		}
	} else {
		if ext := strings.ToLower(filepath.Ext(name)); ext != ".eml" && ext != "" {
			return nil, fault.New(fault.Invalid, "reply.no_mbox")
		}
		forms = [][][]byte{{data}}
	}
	for i, variants := range forms {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m := readOne(ctx, variants, &v)
		m.Number = i + 1
		f.Mails = append(f.Mails, m)
	}
	return f, nil
}

// readOne reads a mail in the form in which its signature holds; if it holds in none, in the first.
func readOne(ctx context.Context, forms [][]byte, v *voucher) (m Mail) {
	for i, raw := range forms {
		if len(raw) > maxMessage {
			return Mail{Vouched: Unsigned, Fault: fault.New(fault.TooLarge, "reply.too_large", "Limit", maxMessage)}
		}
		raw = withCRLF(raw)
		one := parse(raw, func(part) {})
		if one.Address != "" {
			one.Vouched = v.vouch(ctx, raw, one.Address)
		}
		if i == 0 || one.Vouched == Signed {
			m = one
		}
		if m.Vouched == Signed {
			break
		}
	}
	return m
}

// withCRLF ends each line as mail does: files are often kept with the line ends of their system. What has them so is returned as it is.
func withCRLF(raw []byte) []byte {
	if bytes.Count(raw, []byte{'\n'}) == bytes.Count(raw, []byte("\r\n")) {
		return raw
	}
	out := make([]byte, 0, len(raw)+bytes.Count(raw, []byte{'\n'}))
	for i, c := range raw {
		if c == '\n' && (i == 0 || raw[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// parse reads one mail, and calls see for each of its parts.
func parse(raw []byte, see func(p part)) Mail {
	m := Mail{Vouched: Unsigned}
	whole, err := readPart(raw, maxHeader)
	if err != nil {
		m.Fault = fault.New(fault.Invalid, "reply.damaged").Because(err)
		return m
	}
	h := mail.Header{Header: whole.header}
	m.At, _ = h.Date()
	if m.ID, err = h.MessageID(); err != nil {
		m.ID = strings.Trim(h.Get("Message-Id"), " <>")
	}
	if m.Subject, err = h.Subject(); err != nil {
		m.Subject = h.Get("Subject")
	}
	m.ID, m.Subject = shown(m.ID), shown(m.Subject)
	// Of two senders a signature may name the one, and what is shown the other.
	if from, err := h.AddressList("From"); err == nil && len(from) == 1 && len(h.Values("From")) == 1 {
		m.Name, m.Address = shown(from[0].Name), from[0].Address
	} else {
		m.Fault = fault.New(fault.Invalid, "reply.sender").On("email")
	}
	if readHeader(raw).isAutomatic() {
		m.Fault = fault.New(fault.Invalid, "reply.automatic")
	}
	var t texts
	walk(whole, func(p part) bool {
		t.take(p)
		see(p)
		return true
	})
	text := strings.Join(t.plain, "\n")
	if strings.TrimSpace(text) == "" {
		text = textOfHTML(strings.Join(t.html, "\n"))
	}
	m.Text = ownWords(text)
	if m.Language = importer.Language(m.Text); m.Language == "" { // a few words tell nothing
		if tags, _, err := language.ParseAcceptLanguage(h.Get("Content-Language")); err == nil && len(tags) > 0 {
			base, _ := tags[0].Base()
			m.Language = base.String()
		}
	}
	return m
}

// shown is a line of a header as it can be shown.
func shown(s string) string {
	if s = text.Shown.Line(strings.ToValidUTF8(s, "\ufffd")); len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "")
	}
	return s
}

// texts are those of a mail: one may be there as plain text and again as HTML.
type texts struct {
	plain, html []string
	size        int
}

// take takes the text of a part. What is damaged ends it; what was read before that is kept.
func (t *texts) take(p part) {
	if !p.isText() {
		return
	}
	into := &t.plain
	if p.kind == "text/html" {
		into = &t.html
	}
	data, _ := io.ReadAll(io.LimitReader(p.body(), int64(max(0, 8*maxText-t.size)))) // tags and quotations take room too
	t.size += len(data)
	*into = append(*into, strings.ToValidUTF8(string(data), "\ufffd"))
}

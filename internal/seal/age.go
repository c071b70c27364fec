package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipients can open what is encrypted to them; whoever holds a recipient alone cannot.
type Recipients []age.Recipient

// ParseRecipients reads age recipients, age1…, one a line; lines that begin with # are comments.
func ParseRecipients(text string) (Recipients, error) {
	var all Recipients
	hybrid := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case strings.HasPrefix(line, "AGE-SECRET-KEY-"):
			return nil, errors.New("this is an identity, the secret half of a key: name its recipient, which begins with age1; keep the identity away from here")
		}
		var r age.Recipient
		var err error
		if strings.HasPrefix(line, "age1pq1") {
			hybrid++
			r, err = age.ParseHybridRecipient(line)
		} else {
			r, err = age.ParseX25519Recipient(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%.24q is no age recipient: give one that begins with age1, whole; undersigned keys identity FILE makes one", line)
		}
		all = append(all, r)
	}
	if hybrid > 0 && hybrid < len(all) {
		return nil, errors.New("recipients of the classic kind (age1…) and of the post-quantum kind (age1pq1…) cannot be mixed: " +
			"the file would be no safer than with the classic ones alone; use one kind, or make a file for each")
	}
	return all, nil
}

// Encrypt returns a writer whose Close ends the file; it keeps no more than a chunk of 64 KiB.
func (r Recipients) Encrypt(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, r...) }

// Identities open what was encrypted to their recipients.
type Identities []age.Identity

// maxIdentities bounds a file of identities.
const maxIdentities = 1 << 20

// ReadIdentities reads files of age identities, AGE-SECRET-KEY-1….
func ReadIdentities(files ...string) (Identities, error) {
	var all Identities
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, maxIdentities))
		_ = f.Close() // it was only read
		if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(text, []byte("age-encryption.org/")) || bytes.HasPrefix(text, []byte("-----BEGIN AGE")) {
			return nil, fmt.Errorf("%s is protected by a passphrase: decrypt it first (age -d %s), and remove the copy afterwards", file, file)
		}
		identities, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s holds no age identity: it needs a line that begins with AGE-SECRET-KEY-", file)
		}
		all = append(all, identities...)
	}
	return all, nil
}

// What Decrypt says of a file that it cannot open.
var (
	ErrNotEncrypted  = errors.New("it is no file that age has encrypted, or its beginning is damaged; nothing was written")
	ErrOtherIdentity = errors.New("it was encrypted to other recipients: none of the identities opens it; nothing was written")
)

// Decrypt returns what was encrypted. A file that was cut off or changed shows only while it is read, as an error that is
// not io.EOF.
func (i Identities) Decrypt(r io.Reader) (io.Reader, error) {
	plain, err := age.Decrypt(r, i...)
	if _, other := errors.AsType[*age.NoIdentityMatchError](err); other {
		return nil, ErrOtherIdentity
	}
	if err != nil {
		return nil, ErrNotEncrypted
	}
	return plain, nil
}

// NewIdentity makes an age identity and returns its file and its recipient.
func NewIdentity(postQuantum bool) (file, recipient string, err error) {
	var identity, public fmt.Stringer
	if postQuantum {
		i, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", "", err
		}
		identity, public = i, i.Recipient()
	} else {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return "", "", err
		}
		identity, public = i, i.Recipient()
	}
	return fmt.Sprintf("# public key: %s\n%s\n", public, identity), public.String(), nil
}

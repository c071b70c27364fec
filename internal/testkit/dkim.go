package testkit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// Keys are the keys by which domains sign mails, as DNS has them: records by name.
type Keys map[string]string

// Lookup returns the record of a name.
func (k Keys) Lookup(_ context.Context, name string) ([]string, error) {
	if record, ok := k[name]; ok {
		return []string{record}, nil
	}
	return nil, errors.New("no such name")
}

// Signed has a domain sign a mail, and publishes its key.
func (k Keys) Signed(t testing.TB, domain, message string, change ...func(*dkim.SignOptions)) string {
	t.Helper()
	seed := sha256.Sum256([]byte(domain))
	private := ed25519.NewKeyFromSeed(seed[:])
	o := dkim.SignOptions{Domain: domain, Selector: "s1", Signer: private, HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization: dkim.CanonicalizationRelaxed}
	for _, c := range change {
		c(&o)
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(strings.ReplaceAll(message, "\n", "\r\n")), &o); err != nil {
		t.Fatal(err)
	}
	k["s1._domainkey."+domain] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	return out.String()
}

package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM signs mails (RFC 6376).
type DKIM struct{ options dkim.SignOptions }

// NewDKIM reads a PKCS #8 key, RSA or Ed25519, from a PEM file.
func NewDKIM(domain, selector, file string) (*DKIM, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--dkim-key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("--dkim-key: %s is not a PEM file", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, fmt.Errorf("--dkim-key: %s holds no PKCS #8 key; make one with: openssl genpkey -algorithm ed25519", file)
	}
	return &DKIM{dkim.SignOptions{Domain: domain, Selector: selector, Signer: signer,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
			"Content-Language", "Auto-Submitted", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"}}}, nil
}

func (d *DKIM) sign(message []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(message), &d.options); err != nil {
		return nil, fmt.Errorf("mail: dkim: %w", err)
	}
	return out.Bytes(), nil
}

// Record returns the name and the value of the DNS record (TXT) by which receivers check signatures (RFC 6376, 3.6.1; RFC
// 8463 for Ed25519).
func (d *DKIM) Record() (name, value string, err error) {
	kind, public := "rsa", []byte(nil)
	switch key := d.options.Signer.Public().(type) {
	case ed25519.PublicKey:
		kind, public = "ed25519", key
	default:
		if public, err = x509.MarshalPKIXPublicKey(key); err != nil {
			return "", "", fmt.Errorf("mail: dkim: %w", err)
		}
	}
	return d.options.Selector + "._domainkey." + d.options.Domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

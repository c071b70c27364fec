package mail

import (
	"bytes"
	"crypto"
	"crypto/x509"
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
			"Content-Language", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"}}}, nil
}

func (d *DKIM) sign(message []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(message), &d.options); err != nil {
		return nil, fmt.Errorf("mail: dkim: %w", err)
	}
	return out.Bytes(), nil
}

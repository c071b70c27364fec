package tlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/undersigned/undersigned/verify"
)

// privateKey returns the Ed25519 key of a note's signing key, PRIVATE+KEY+name+hash+base64(0x01 ‖ seed).
func privateKey(secret string) (name string, key ed25519.PrivateKey, err error) {
	parts := strings.SplitN(secret, "+", 5)
	if len(parts) != 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" {
		return "", nil, errors.New("not a signing key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != 1 {
		return "", nil, errors.New("not an Ed25519 signing key")
	}
	return parts[2], ed25519.NewKeyFromSeed(raw[1:]), nil
}

func verifierOf(secret string) (string, error) {
	name, key, err := privateKey(secret)
	if err != nil {
		return "", err
	}
	if _, err := note.NewSigner(secret); err != nil {
		return "", err // the hash in it is wrong
	}
	return note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
}

// promiseSigner signs with the log's key under the name of promises (verify.PromiseKey).
func promiseSigner(k Key) (note.Signer, error) {
	_, key, err := privateKey(k.secret)
	if err != nil {
		return nil, err
	}
	text, err := verify.PromiseKey(k.verifier)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, err
	}
	return &signer{v, key}, nil
}

type signer struct {
	note.Verifier // for name and hash
	key           ed25519.PrivateKey
}

// Sign returns the signature of a note's text.
func (s *signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key, text), nil }

package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/text"
)

// Argon2id as OWASP's password storage cheat sheet has it: 46 MiB, one pass, one lane.
const (
	argonMemory = 46 << 10 // KiB
	argonTime   = 1
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// hashing bounds the memory that sign-ins take together.
var hashing = make(chan struct{}, 2)

// Bounds of a password, in characters. ASVS 5.0 asks for 8 at least and 64 at most or more.
const (
	MinPassword = 12
	MaxPassword = 200
)

// checkPassword refuses what is guessed first. words are the user's own: name, address, organisation.
func checkPassword(password string, words ...string) *fault.Error {
	n := utf8.RuneCountInString(password)
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	lower := strings.ToLower(password)
	switch {
	case n < MinPassword:
		return fault.New(fault.Invalid, "password.short", "Limit", MinPassword).On("password")
	case n > MaxPassword:
		return fault.New(fault.Invalid, "password.long", "Limit", MaxPassword).On("password")
	case len(different) < 5:
		return fault.New(fault.Invalid, "password.weak").On("password")
	}
	for _, text := range words {
		for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == '@' || r == '.' }) {
			if rest := strings.ReplaceAll(lower, word, ""); len(word) >= 4 && utf8.RuneCountInString(rest) < MinPassword/2 {
				return fault.New(fault.Invalid, "password.weak").On("password")
			}
		}
	}
	return nil
}

// hashPassword returns the PHC string of a password.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(stretch(password, salt, argonTime, argonMemory, argonLanes)))
}

func stretch(password string, salt []byte, time, memory uint32, lanes uint8) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, time, memory, lanes, argonKey)
}

// nobodysPassword is compared with when there is no such user, so that this takes as long.
var nobodysPassword = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))

// isPassword reports whether the password is the one that was hashed.
func isPassword(hash, password string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > 4*MaxPassword {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil || version != argon2.Version {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	return err == nil && subtle.ConstantTimeCompare(want, stretch(password, salt, passes, memory, lanes)) == 1
}

// Second factor: a code of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds).
const (
	totpSecret = 20 // bytes
	totpPeriod = 30 // seconds
)

// App is the secret that an authenticator app is to take over, in a form that was not sent yet.
type App struct {
	Sealed string // the form brings it back
	Secret string // for typing, base32 in groups of four
	URL    string // otpauth://
	Path   string // of the QR code, for an SVG whose unit is a module of it
	Size   int    // of the QR code, in modules
}

// NewApp makes a secret for an authenticator app. site names the entry there.
func (s *Service) NewApp(site string) (a App, err error) {
	secret := make([]byte, totpSecret)
	rand.Read(secret)
	return s.appOf(secret, site)
}

// appOf shows a secret again, for a form that comes back with a mistake.
func (s *Service) appOf(secret []byte, site string) (a App, err error) {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	if a.Sealed, err = s.carry("totp", secret); err != nil {
		return a, err
	}
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:min(i+4, len(text))])
	}
	a.Secret = strings.Join(groups, " ")
	label := strings.NewReplacer(":", " ", "/", " ", "%", " ", "?", " ", "#", " ").Replace(site)
	a.URL = "otpauth://totp/" + strings.ReplaceAll(label, " ", "%20") + "?secret=" + text + "&issuer=" + strings.ReplaceAll(label, " ", "%20")
	code, err := qr.Encode(a.URL, qr.M, qr.Auto)
	if err != nil {
		return a, fmt.Errorf("account: QR code: %w", err)
	}
	a.Size = code.Bounds().Dx()
	var path strings.Builder
	for y := range a.Size {
		for x := range a.Size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	a.Path = path.String()
	return a, nil
}

// SameApp returns the secret that a form brought back, or a new one when it came too late.
func (s *Service) SameApp(sealed, site string) (App, error) {
	var secret []byte
	if s.take("totp", sealed, &secret) != nil || len(secret) != totpSecret {
		return s.NewApp(site)
	}
	return s.appOf(secret, site)
}

// totpStep returns the step whose code was typed, one back or ahead for clocks that differ; 0 when it is none after last.
func totpStep(secret []byte, typed string, now time.Time, last int64) int64 {
	typed = strings.Map(dropSpace, text.LatinDigits(typed))
	current := now.Unix() / totpPeriod
	found := int64(0)
	for step := current - 1; step <= current+1; step++ {
		code, err := hotp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix,
			Algorithm: otp.AlgorithmSHA1})
		if err == nil && step > last && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			found = step
		}
	}
	return found
}

// dropSpace takes out what people put between the parts of a code.
func dropSpace(r rune) rune {
	if r == '-' || r == ' ' || r == '\u00a0' {
		return -1
	}
	return r
}

// recoveryCodes is how many codes a round has, recoveryBytes how long each is before it is written down.
const (
	recoveryCodes = 10
	recoveryBytes = 10
)

// recovery returns the codes of a round. They are derived, so they are stored nowhere.
func (s *Service) recovery(user, round int64) (codes []string) {
	for i := range recoveryCodes {
		var b [24]byte
		binary.BigEndian.PutUint64(b[:], uint64(user))
		binary.BigEndian.PutUint64(b[8:], uint64(round))
		binary.BigEndian.PutUint64(b[16:], uint64(i))
		text := strings.ToLower(base32.StdEncoding.EncodeToString(s.Keys.Tag("recovery code", string(b[:]))[:recoveryBytes]))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
	}
	return codes
}

// recoveryIndex returns which of the unused codes was typed, -1 for none.
func (s *Service) recoveryIndex(user, round, used int64, typed string) int {
	typed = strings.ToLower(strings.Map(dropSpace, typed))
	found := -1
	for i, code := range s.recovery(user, round) {
		if hmac.Equal([]byte(strings.ReplaceAll(code, "-", "")), []byte(typed)) && used&(1<<i) == 0 {
			found = i
		}
	}
	return found
}

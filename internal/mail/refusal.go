package mail

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Answer is what a relay answered where a mail needed another answer.
type Answer struct {
	Step     string // the command it answers: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT or DATA
	Code     int    // of three digits (RFC 5321, 4.2)
	Enhanced string // as 5.1.1 (RFC 3463), "" for none
	Text     string // its words, of which each line is one; they may name the recipient
}

// Error says what the answer is without its words, which may hold an address.
func (a *Answer) Error() string {
	return strings.TrimSpace("mail relay answers " + a.Step + " with " + strconv.Itoa(a.Code) + " " + a.Enhanced)
}

// Refusal is an answer about the recipient that no other try would change.
type Refusal struct{ Code int }

func (r *Refusal) Error() string { return "mail refused with code " + strconv.Itoa(r.Code) }

// gone are the enhanced codes that say of a recipient, for good, that no mail reaches it. All others are about the relay, its rules, its
// state or the message: the operator's to mend, and no reason to let go of a signer. Sources: RFC 3463, 3.2 and 3.3; RFC 7505, 4.2;
// the names are those of IANA's registry of enhanced status codes.
var gone = []string{
	"5.1.1",  // bad destination mailbox address
	"5.1.2",  // bad destination system address: no such domain
	"5.1.3",  // bad destination mailbox address syntax
	"5.1.6",  // destination mailbox has moved, no forwarding address
	"5.1.10", // recipient address has null MX
	"5.2.1",  // mailbox disabled, not accepting messages
}

// mailboxCodes are the codes that can say the same without an enhanced one (RFC 5321, 4.2.3: mailbox unavailable, user not local, mailbox
// name not allowed). Relays answer with them to much else, so their words must name the mailbox.
var mailboxCodes = []int{550, 551, 553}

var (
	namesMailbox = anyOf(`\b(user|recipient|mailbox|addressee) (is )?(unknown|unavailable|disabled|not found|does not exist|doesn't exist|not exist)`,
		`\b(unknown|no such|invalid|bad|non-?existent) (local )?(user|recipient|mailbox|person)`,
		`mailbox name not allowed`, `user not local`, `unrouteable address`)
	isNot = anyOf(`unknown`, `no such`, `\bnot? (a |here|found|exist|valid|available|accepted|deliver)`, `does ?n.t exist`, `unavailable`, `disabled`,
		`inactive`, `no longer`, `rejected`)
	namesOther = anyOf(`sender`, `relay`, `helo`, `ehlo`, `quota`, `limit`, `\brates?\b`, `too many`, `too much`, `exceed`, `policy`, `denied`, `block`,
		`black ?list`, `listed`, `spam`, `reputation`, `authenti`, `not verified`, `unverified`, `\bsize\b`, `too large`, `\bspf\b`, `\bdkim\b`,
		`\bdmarc\b`, `\btls\b`, `\bdns\b`, `\bptr\b`, `reverse`, `\bfrom\b`, `header`, `content`, `suspend`, `\byour\b`)
)

// anyOf matches what any of the patterns does, whatever the case.
func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile("(?i)" + strings.Join(patterns, "|"))
}

// refuses reports whether an answer is about the recipient, for good.
func (a *Answer) refuses(to string) bool {
	switch {
	case a.Code < 500 || a.Step != stepRecipient && a.Step != stepData:
		return false
	case a.Enhanced != "" && a.Enhanced != "5.0.0": // which says nothing (RFC 3463, 3.1)
		return slices.Contains(gone, a.Enhanced)
	case !slices.Contains(mailboxCodes, a.Code) || namesOther.MatchString(a.Text):
		return false
	}
	local, _, _ := strings.Cut(to, "@")
	if named := containsWord(a.Text, to) || isNot.MatchString(a.Text) && containsWord(a.Text, local); named || a.Step == stepData {
		return named // after DATA the message itself may be what is not taken
	}
	return namesMailbox.MatchString(a.Text)
}

// IsGone reports whether what a notice says of a mail that did not arrive, an enhanced code and the words of a server, is about the
// recipient, for good.
func IsGone(status, says string) bool {
	code, _ := strconv.Atoi(says[:min(len(says), 3)])
	if code < 500 || code > 599 {
		code = mailboxCodes[0]
		if status != "" && status[0] != '5' {
			return false
		}
	}
	a := Answer{Step: stepRecipient, Code: code, Enhanced: status, Text: says}
	return a.refuses("")
}

// slows says that the relay takes fewer mails than come: nothing about this one.
var slows = anyOf(`too (many|much|fast)`, `\brates?\b`, `limit`, `quota`, `throttl`, `slow down`, `exceed`)

// isFull says the same without an enhanced code.
var isFull = anyOf(`(mailbox|user|recipient|account|inbox|storage).*(quota|full|exceed|over)`,
	`(quota|full|exceed|over).*(mailbox|user|recipient|account|inbox|storage)`)

// isGrey says that a mail is taken only when it comes again.
var isGrey = anyOf(`gr[ae]y`)

// isAboutMailbox reports whether an answer is about single mailboxes: their state, or that they take a mail only when it comes again.
func (a *Answer) isAboutMailbox() bool {
	if a.Step != stepRecipient && a.Step != stepData || a.isAboutAll() {
		return false
	}
	_, detail, _ := strings.Cut(a.Enhanced, ".")
	return strings.HasPrefix(detail, "1.") || strings.HasPrefix(detail, "2.") || a.Code < 500 && isGrey.MatchString(a.Text) ||
		a.Enhanced == "" && isFull.MatchString(a.Text)
}

// isAboutAll reports whether an answer stops every mail and not only the one that met it: every command before RCPT is the same for all,
// but for the size and the script that MAIL can name.
func (a *Answer) isAboutAll() bool {
	switch a.Step {
	case stepRecipient, stepData:
		aboutMailbox := strings.HasPrefix(a.Enhanced, "4.2.") || // a mailbox that is full or gets too much (RFC 3463, 3.3)
			a.Step == stepRecipient && a.Enhanced == "" && isFull.MatchString(a.Text)
		return a.Code < 500 && !aboutMailbox && slows.MatchString(a.Text)
	case stepSender:
		return a.Code != 552 && a.Enhanced != "5.3.4" && a.Enhanced != "5.6.7"
	}
	return true
}

// Words are the relay's own words in one line, with what could name somebody left out: addresses of mail and of machines, and both
// sides of the recipient's @.
func (a *Answer) Words(to string) string {
	return withoutNames(strings.TrimSpace(strconv.Itoa(a.Code)+" "+a.Enhanced)+" "+a.Text, to)
}

// withoutNames is a text of a server in one line, without what could name the owner of an address or anybody else.
func withoutNames(text, of string) string {
	named := namesOf(of)
	var words []string
	for word := range strings.FieldsSeq(text) {
		if namesSomebody(word) || slices.ContainsFunc(named, func(name string) bool { return containsWord(word, name) }) {
			word = "…"
		}
		words = append(words, strings.Map(shown, strings.ToValidUTF8(word, "…")))
	}
	line := []rune(strings.Join(words, " "))
	if len(line) > maxWords {
		line = append(line[:maxWords-1], '…')
	}
	return string(line)
}

// namesOf returns what of an address tells whose it is: its domain in both forms and those above that are no suffix, and what stands before
// the @, whole, without what follows a plus, and in its parts.
func namesOf(address string) (names []string) {
	local, domain, _ := strings.Cut(address, "@")
	untagged, _, _ := strings.Cut(local, "+")
	for _, name := range append(strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._-+", r) }), local, untagged) {
		if utf8.RuneCountInString(name) > 2 {
			names = append(names, name)
		}
	}
	ascii, err := idna.ToASCII(domain)
	if err != nil {
		ascii = domain
	}
	unicode, err := idna.ToUnicode(domain)
	if err != nil {
		unicode = domain
	}
	for _, d := range []string{ascii, unicode} {
		for strings.Contains(d, ".") {
			names = append(names, d)
			_, d, _ = strings.Cut(d, ".")
		}
	}
	return names
}

const maxWords = 400 // runes that are kept of an answer

func shown(r rune) rune {
	if unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r) {
		return r
	}
	return -1
}

// encodedAt is an @ as it stands in links of relays that explain themselves.
var encodedAt = regexp.MustCompile(`(?i)%40|=40|&#0*64;|&#x0*40;`)

// namesSomebody reports whether a word holds an address of mail, or one of a machine. What looks like a part of one is taken for it.
func namesSomebody(word string) bool {
	if strings.Contains(word, "@") || encodedAt.MatchString(word) {
		return true
	}
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return strings.ContainsRune("[]()<>{},;=/\"'?&", r) }) {
		part = strings.Trim(part, ".")
		if _, err := netip.ParseAddr(strings.TrimPrefix(part, "IPv6:")); err == nil {
			return true
		}
		if address, err := netip.ParseAddrPort(part); err == nil && address.IsValid() {
			return true
		}
		if _, err := netip.ParseAddr(strings.TrimSuffix(part, ":")); err == nil {
			return true
		}
	}
	return false
}

// containsWord reports whether a text holds a word, whatever its case, that is no part of a longer one.
func containsWord(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	for at := 0; word != ""; {
		n := strings.Index(text[at:], word)
		if n < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+n])
		after, _ := utf8.DecodeRuneInString(text[at+n+len(word):])
		if !partOfWord(before) && !partOfWord(after) {
			return true
		}
		at += n + len(word)
	}
	return false
}

func partOfWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

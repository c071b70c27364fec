package inbox

import (
	"io"
	"regexp"
	"strings"

	"github.com/undersigned/undersigned/internal/mailbox"
)

// What says what a mail is.
type What string

// What a mail can be.
const (
	Bounce    What = "bounce"    // a mail of ours did not arrive, for good
	Delayed   What = "delayed"   // it has not arrived yet
	Arrived   What = "arrived"   // it has, or was seen
	Automatic What = "automatic" // a machine has answered, as while somebody is out of office
	Ending    What = "ending"    // whoever was mailed wants no more of these mails
	Reply     What = "reply"     // somebody has written it
	Unsure    What = "unsure"    // it may be a notice that a mail of ours did not arrive: only a person can tell
)

// Sorted is a mail with what it is. All of it follows from its bytes and from who it was handed over for.
type Sorted struct {
	Mail

	What    What
	To      mailbox.Return // the mail of ours that it answers; Sent is 0 where that cannot be told
	Status  string         // of a bounce: such as 5.1.1 (RFC 3463), "" where it does not say
	Says    string         // of a bounce: the server's words
	ReplyID string         // of the message, as it came, to be named in an answer; "" for one that cannot be
	Noisy   bool           // a list, a machine or nobody has sent it: it is never answered
	Files   []Attachment
}

// Attachment is a part of a mail that is kept as it came.
type Attachment struct {
	Number int // counts the parts of a mail that are attached, from 1
	Name   string
	Type   string
	Size   int
}

// Known returns the mail of ours whose return address an address is.
type Known func(address string) (mailbox.Return, bool)

// Sort says what a mail is. recipient is whom it was handed over for, "" where only its header says it. Who vouches for it is not asked.
func Sort(raw []byte, recipient string, known Known) Sorted {
	raw = withCRLF(raw)
	var p found
	s := Sorted{Mail: parse(raw, p.read), What: Reply}
	h := readHeader(raw)
	s.To = answers(h, broughtFor, recipient, known)
	s.ReplyID = replyID(h)
	empty := strings.ReplaceAll(h.get("return-path"), " ", "") == "<>"
	s.Noisy = empty || h.isNoisy() || s.Address == "" || isMachine(s.Address)
	s.Files = p.files
	if s.To.Sent == 0 { // what a notice is about may hold the address that it was sent to by another
		s.To = answers(p.returned, sentFrom, "", known)
	}
	daemon := empty && (daemonName.MatchString(s.Address) || h.has("x-failed-recipients"))
	code := statusIn(s.Text)
	switch {
	// A mail changes something by itself only in the form of RFC 3464, or sent by nobody, from a mail server, with a code of a failure for good.
	case p.hasStatus:
		s.What = p.what
		s.Status, s.Says = p.status, p.says
	case daemon && strings.HasPrefix(code, "5.") && (bounceSubject.MatchString(s.Subject) || h.has("x-failed-recipients")):
		s.What, s.Status, s.Says = Bounce, code, firstLine(s.Text, code)
	case daemon && delaySubject.MatchString(s.Subject):
		s.What = Delayed
	case p.report == "disposition-notification":
		s.What = Arrived
	case p.report == "feedback-report" && s.To.Sent != 0: // who was mailed has called it spam
		s.What = Ending
	case (empty || isMachine(s.Address)) && bounceSubject.MatchString(s.Subject) || h.has("x-failed-recipients"):
		s.What, s.Status, s.Says = Unsure, code, firstLine(s.Text, code)
	case s.To.Ends:
		s.What = Ending
	case (s.To.Sent == mailbox.ToAddressee || s.To.Sent == mailbox.ToOffice) && !h.repliesByItself() && !outOfOffice.MatchString(s.Subject):
		// A clerk's words may go through a machine, too.
	case h.isAutomatic() || outOfOffice.MatchString(s.Subject):
		s.What = Automatic
	case endWords.MatchString(s.Subject) || endWords.MatchString(s.Text):
		s.What = Ending
	}
	if s.What != Reply {
		s.Noisy = true
	}
	return s
}

// The headers in which the servers that brought a mail say for whom it came, and those in which its sender does, in the order in which they
// are believed. What a sender writes is believed too: nobody can make up an address of ours.
var broughtFor = []string{"x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc", "resent-to"}

// In a mail of ours that came back our addresses stand here.
var sentFrom = []string{"return-path", "reply-to"}

// answers returns the mail of ours that a header names by its return address.
func answers(h header, names []string, recipient string, known Known) mailbox.Return {
	if r, ok := known(recipient); ok {
		return r
	}
	for _, name := range names {
		for _, value := range h.all(name) {
			for address := range strings.FieldsFuncSeq(value, func(c rune) bool { return strings.ContainsRune("<>,;:\" \t()", c) }) {
				if r, ok := known(address); ok {
					return r
				}
			}
		}
	}
	return mailbox.Return{}
}

// found is what the parts of a mail say of what it is.
type found struct {
	report    string // of multipart/report: which
	hasStatus bool
	what      What
	status    string
	says      string
	returned  header // of the mail that a notice is about
	files     []Attachment
}

// read takes a part. Only the mail itself is a report, and only the part that follows in it says of what: whoever writes may attach a notice.
func (f *found) read(p part) {
	if p.kind == "multipart/report" && p.depth == 0 {
		f.report = strings.ToLower(p.params["report-type"])
	}
	switch p.kind {
	case "message/delivery-status", "message/global-delivery-status":
		if f.report == "delivery-status" && p.depth == 1 && !f.hasStatus {
			f.hasStatus = true
			f.readStatus(p.body())
		}
	case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
		if f.returned == nil {
			head, _ := io.ReadAll(io.LimitReader(p.body(), maxHeader))
			f.returned = readHeader(withCRLF(head))
		}
	}
	if keeps(p) {
		n, _ := io.Copy(io.Discard, p.body())
		f.files = append(f.files, Attachment{len(f.files) + 1, p.name(), p.kind, int(n)})
	}
}

const maxRecipients = 200 // of a notice, that are looked at

// readStatus reads what a notice says of each recipient (RFC 3464, 2.3). Of several the worst counts.
func (f *found) readStatus(body io.Reader) {
	data, _ := io.ReadAll(io.LimitReader(body, maxHeader))
	rank := map[What]int{"": 0, Arrived: 1, Delayed: 2, Bounce: 3}
	left := maxRecipients
	for group := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n\n") {
		if strings.TrimSpace(group) == "" {
			continue
		}
		if left--; left < 0 {
			break
		}
		h := readHeader(withCRLF([]byte(group + "\n\n")))
		what := What("")
		switch strings.ToLower(h.get("action")) {
		case "failed":
			what = Bounce
		case "delayed":
			what = Delayed
		case "delivered", "relayed", "expanded":
			what = Arrived
		}
		if rank[what] > rank[f.what] {
			f.what, f.status, f.says = what, statusIn(h.get("status")), ""
			if kind, says, ok := strings.Cut(h.get("diagnostic-code"), ";"); ok && strings.EqualFold(strings.TrimSpace(kind), "smtp") {
				f.says = shown(strings.TrimSpace(says))
			}
		}
	}
	if f.what == "" { // a notice that says nothing of anybody
		f.what = Arrived
	}
}

// statusCode is a code of RFC 3463.
var statusCode = regexp.MustCompile(`(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|$)`)

func statusIn(text string) string {
	if found := statusCode.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// firstLine is the line of a text that holds a word.
func firstLine(text, word string) string {
	for line := range strings.Lines(text) {
		if word != "" && strings.Contains(line, word) {
			return shown(strings.TrimSpace(line))
		}
	}
	return ""
}

// What machines call their mails, in the languages that servers here speak.
var (
	bounceSubject = anyOf(`undeliver`, `delivery (status|failure|has failed|incomplete)`, `deliver(y|ed) fail`, `fail(ure|ed) (notice|delivery)`,
		`delivery problem`, `returned? mail`, `returned to sender`, `could not (be )?deliver`, `not delivered`, `(mail|message) delivery (failed|system)`,
		`non remis`, `échec (de|d’|d')`, `non distribu`, `unzustellbar`, `nicht zugestellt`, `تحویل نشد`, `برگشت`,
		`تعذر (تسليم|التسليم)`, `لم يتم (تسليم|التسليم)`)
	delaySubject = anyOf(`delay`, `warning`, `still being retried`, `retard`, `verzöger`, `تأخیر`, `تأخر`)
	outOfOffice  = anyOf(`^\s*(re:\s*)?(automatic reply|auto(matic)?[- ]?(reply|response|answer)|autoreply|out of (the )?office)`,
		`^\s*(re:\s*)?away from (the|my) (office|desk)`,
		`^\s*(réponse automatique|absen(ce|t) (du|de) bureau|message d[’']absence|abwesenheit|automatische antwort|پاسخ خودکار|رد تلقائي|الرد التلقائي)`)
	endWords = anyOf(`^\s*(unsubscribe|remove me|stop|désinscription|me désinscrire|désabonnement|désabonner)[\s.!]*$`,
		`^\s*(لغو اشتراک|لغو عضویت|إلغاء الاشتراك)[\s.!]*$`)
	daemonName = anyOf(`^(mailer-?daemon|postmaster|mail-?daemon|microsoftexchange[0-9a-f]*)([+.=-][^@]*)?@`)
	machine    = anyOf(daemonName.String(), `^(no-?reply|do-?not-?reply|bounces?)([+.=-][^@]*)?@`)
)

// anyOf matches what any of the patterns does, whatever the case.
func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile("(?i)" + strings.Join(patterns, "|"))
}

// isMachine reports whether nobody reads what is sent to an address.
func isMachine(address string) bool { return machine.MatchString(address) }

var messageID = regexp.MustCompile(`^<[!#-;=?-~]{1,250}>$`) // printable ASCII without " < >

// replyID is the id of a message where it has the form of one.
func replyID(h header) string {
	if id := strings.TrimSpace(h.get("message-id")); messageID.MatchString(id) {
		return id
	}
	return ""
}

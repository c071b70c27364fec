package delivery

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// Position is what an office says of a demand in a word. It stands beside the status of the cell and is no part of it.
type Position string

// The positions.
const (
	Agrees     Position = "agrees"    // with what is shown
	Disagrees  Position = "disagrees" // with what is shown
	HasDone    Position = Position(SaysDone)
	UnderWay   Position = "under_way"
	WillDo     Position = Position(Promised)
	WillDoPart Position = Position(Partly)
	WillNotDo  Position = Position(Refused)
	NotTheirs  Position = Position(NotCompetent)
	NoComment  Position = "no_comment"
)

// Positions are all of them, in the order in which forms offer them.
var Positions = []Position{Agrees, Disagrees, HasDone, UnderWay, WillDo, WillDoPart, WillNotDo, NotTheirs, NoComment}

// StatedState says how far a statement of an office is.
type StatedState string

// The states.
const (
	Typed         StatedState = "typed" // and not confirmed from the office's mailbox
	StatedHeld    StatedState = "held"  // confirmed, and looked at for personal data
	StatedShown   StatedState = "published"
	StatedRefused StatedState = "refused"   // its text is destroyed; that there was one, and why it is not shown, is public
	StatedBack    StatedState = "withdrawn" // by the office
)

// StatedReason says why a statement is not shown.
type StatedReason string

// The reasons. There is no other.
const (
	PersonalData StatedReason = "personal_data" // of somebody else
	Unlawful     StatedReason = "unlawful"
	NotFromThem  StatedReason = "not_theirs"
	Unreadable   StatedReason = "unreadable" // the keys that it was sealed with are lost; nobody chooses it
)

// StatedReasons are those that an editor can choose.
var StatedReasons = []StatedReason{PersonalData, Unlawful, NotFromThem}

const (
	// StatedWithin is how many days a statement is looked at before everybody is told that it waits.
	StatedWithin = 7

	// MaxStated is how long the text of a statement may be, in characters.
	MaxStated = 4000

	// MaxStatedFile is how large its file may be, in bytes.
	MaxStatedFile = 10 << 20

	typedFor = 72 * time.Hour // until a statement that nobody confirms is deleted, and the mail that takes one back is good for nothing
)

// Stated is what an office stated of one demand that is asked of it.
type Stated struct {
	ID                     int64
	Addressee              int
	Position               Position
	Text, Language         string
	Evidence               Evidence // a web address, of one that was entered a response; "" for none
	File, FileType, SHA256 string   // of an entered one it is what came, for editors alone; "" for none
	Entered                bool     // by an editor, from what the office sent otherwise
	State                  StatedState
	Reason                 StatedReason
	At                     time.Time // when the office confirmed it, or when it came
	DecidedAt              time.Time
	Leaving                bool // the office was sent a mail by which it can be taken back

	demand, link int64 // the link that it was typed with, or that last asked to take it back
	letter       letter.ID
	body         []byte // sealed
	hash, token  []byte // of the mail that confirms; the token is sealed
	createdAt    time.Time
	leftAt       time.Time // when that mail was asked for; zero for never
}

// lookedAtBy is the last day on which nobody is told that a statement waits.
func (x Stated) lookedAtBy() time.Time { return atDay(x.At).AddDate(0, 0, StatedWithin) }

// Late reports whether a statement has waited so long to be looked at that everybody is told.
func (x Stated) Late(now time.Time) bool {
	return x.State == StatedHeld && now.Sub(x.At) >= StatedWithin*24*time.Hour
}

// statedBody is what is sealed of a statement until it is decided about.
type statedBody struct {
	Text     string   `json:"text"`
	Evidence Evidence `json:"evidence,omitempty"`
}

const statedTable = "office_statement"

const statedColumns = `id, letter_id, addressee, demand_id, link_id, position, language, at, state, reason, decided_at, body, text, evidence,
	file_name, file_type, file_sha256, token_hash, token, created_at, left_at`

var (
	qInsertStated = store.Q("office_statement.insert", `
		INSERT INTO office_statement (id, letter_id, addressee, demand_id, link_id, position, language, at, state, reason, body, text, evidence, file_name,
			file_type, file_sha256, file, token_hash, token, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, '', '', $11, $12, $13, $14, $15, $16, $17)`)
	qListStated    = store.Q("office_statement.list", `SELECT `+statedColumns+` FROM office_statement WHERE letter_id = $1 ORDER BY at, id`)
	qFindStated    = store.Q("office_statement.find", `SELECT `+statedColumns+` FROM office_statement WHERE id = $1`)
	qStatedFile    = store.Q("office_statement.file", `SELECT file FROM office_statement WHERE id = $1`)
	qConfirmStated = store.Q("office_statement.confirm", `
		UPDATE office_statement SET state = 'held', at = $1, token_hash = NULL, token = NULL WHERE id = $2 AND state = 'typed'`)
	qPublishStated = store.Q("office_statement.publish", `
		UPDATE office_statement SET state = 'published', decided_at = $1, text = $2, evidence = $3, body = NULL WHERE id = $4 AND state = 'held'`)
	qRefuseStated = store.Q("office_statement.refuse", `
		UPDATE office_statement SET state = 'refused', reason = $1, decided_at = $2, body = NULL, text = '', evidence = '', file_name = '', file_type = '',
			file_sha256 = '', file = NULL, token_hash = NULL, token = NULL WHERE id = $3 AND state IN ('held', 'published', 'withdrawn')`)
	qWithdrawStated = store.Q("office_statement.withdraw", `
		UPDATE office_statement SET state = 'withdrawn', decided_at = $1, body = NULL, file_name = '', file_type = '', file_sha256 = '', file = NULL,
			token_hash = NULL, token = NULL WHERE id = $2 AND state = 'published'`)
	qDropHeld    = store.Q("office_statement.drop_held", `DELETE FROM office_statement WHERE id = $1 AND state = 'held'`)
	qLeaveStated = store.Q("office_statement.leave", `
		UPDATE office_statement SET token_hash = $1, token = $2, link_id = $3, left_at = $4 WHERE id = $5 AND state IN ('held', 'published')`)
	qEndLeaving = store.Q("office_statement.end_leaving", `
		UPDATE office_statement SET token_hash = NULL, token = NULL WHERE link_id = $1 AND state <> 'typed'`)
	qForgetLeaving = store.Q("office_statement.forget_leaving", `
		UPDATE office_statement SET token_hash = NULL, token = NULL WHERE state IN ('held', 'published') AND left_at < $1`)
	qDropStated   = store.Q("office_statement.drop", `DELETE FROM office_statement WHERE id = $1 AND state = 'typed'`)
	qKeepStated   = store.Q("office_statement.keep", `UPDATE office_statement SET token_hash = NULL, token = NULL WHERE id = $1`)
	qDropTyped    = store.Q("office_statement.drop_typed", `DELETE FROM office_statement WHERE link_id = $1 AND state = 'typed'`)
	qCountTyped   = store.Q("office_statement.count_typed", `SELECT COUNT(*) FROM office_statement WHERE link_id = $1 AND state = 'typed'`)
	qForgetTyped  = store.Q("office_statement.forget_typed", `DELETE FROM office_statement WHERE state = 'typed' AND created_at < $1`)
	qGiveUpTyped  = store.Q("office_statement.give_up_typed", `DELETE FROM office_statement WHERE state = 'typed'`)
	qGiveUpStated = store.Q("office_statement.give_up", `
		UPDATE office_statement SET state = CASE WHEN state = 'held' THEN 'refused' ELSE state END,
			reason = CASE WHEN state = 'held' THEN 'unreadable' ELSE reason END, decided_at = COALESCE(decided_at, $1), body = NULL, file_name = '',
			file_type = '', file_sha256 = '', file = NULL, token_hash = NULL, token = NULL`)
)

func scanStated(row store.Row) (x Stated, err error) {
	var at, created int64
	var decided, left *int64
	err = row.Scan(&x.ID, &x.letter, &x.Addressee, &x.demand, &x.link, &x.Position, &x.Language, &at, &x.State, &x.Reason, &decided, &x.body,
		&x.Text, &x.Evidence, &x.File, &x.FileType, &x.SHA256, &x.hash, &x.token, &created, &left)
	x.At, x.createdAt, x.DecidedAt = time.UnixMicro(at).UTC(), time.UnixMicro(created).UTC(), store.Instant(decided)
	x.leftAt = store.Instant(left)
	x.Entered, x.Leaving = x.link == 0, x.State != Typed && x.hash != nil
	return x, err
}

// statedIn returns what offices stated of a letter, as somebody may know it. What is not confirmed nobody sees; of what is held the public
// learns when it has waited too long; of what is entered the file is for editors.
func statedIn(tx *store.Tx, l letter.ID, v View) ([]Stated, error) {
	list, err := store.List(tx, qListStated, scanStated, l)
	list = slices.DeleteFunc(list, func(x Stated) bool {
		return x.State == Typed || v == ForPublic && x.State == StatedHeld && !x.Late(tx.Now())
	})
	if v == ForPublic {
		for i := range list {
			list[i] = list[i].public()
		}
	}
	return list, err
}

// public is a statement without what only editors may know.
func (x Stated) public() Stated {
	x.body, x.hash, x.token, x.Leaving = nil, nil, nil, false
	if x.State == StatedHeld {
		x.Position, x.Language = "", ""
	}
	if x.State == StatedRefused {
		x.Position, x.Language = "", ""
	}
	if x.Entered || x.State != StatedShown {
		x.File, x.FileType, x.SHA256 = "", "", ""
	}
	return x
}

// LastStated returns the last statement of the office that stands, false for none.
func (c Cell) LastStated() (Stated, bool) {
	for _, x := range slices.Backward(c.Stated) {
		if x.State == StatedShown {
			return x, true
		}
	}
	return Stated{}, false
}

// Saying is a statement as it is typed.
type Saying struct {
	Demand         string // number
	Position       Position
	Text, Language string
	Evidence       Evidence
	File           *File

	Addressee int       // of one that an editor enters
	At        time.Time // when that came
	Publish   bool      // at once: only the operator of the command line may
}

// read checks what was typed, and its file.
func (y *Saying) read() error {
	var faults fault.List
	if !slices.Contains(Positions, y.Position) {
		faults = append(faults, fault.New(fault.Invalid, "stated.position").On("position"))
	}
	if y.Text = plainText(y.Text); len([]rune(y.Text)) > MaxStated {
		faults = append(faults, fault.New(fault.TooLarge, "stated.text", "Limit", MaxStated).On("text"))
	}
	if !i18n.IsLanguage(y.Language) {
		faults = append(faults, fault.New(fault.Invalid, "language").On("language"))
	}
	if y.Evidence = Evidence(strings.TrimSpace(string(y.Evidence))); y.Evidence != "" && y.Addressee == 0 && !isAddress(string(y.Evidence)) {
		faults = append(faults, fault.New(fault.Invalid, "earlier.source").On("evidence"))
	}
	if y.File != nil {
		f, err := y.File.read("file")
		if err == nil && len(f.Content) > MaxStatedFile {
			err = fault.List{fault.New(fault.TooLarge, "file.large", "Limit", MaxStatedFile>>20).On("file")}
		}
		if err != nil {
			faults = append(faults, fault.All(err)...)
		}
		y.File = &f
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// plainText is a text of several lines as it is kept: each without what a line must not hold, and no more than one empty one in a row.
func plainText(typed string) string {
	var lines []string
	for line := range strings.SplitSeq(text.LineEnds(typed), "\n") {
		line = text.Written.Line(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// insertStated stores a statement, sealed, as one that is typed or held.
func (s *Service) insertStated(tx *store.Tx, l letter.Letter, x Stated, y Saying) error {
	body, err := json.Marshal(statedBody{y.Text, y.Evidence})
	if err != nil {
		return err
	}
	var file []byte
	if y.File != nil {
		x.File, x.FileType, x.SHA256 = y.File.Name, y.File.Type, sumOf(y.File.Content)
		file = s.Keys.Seal(statedTable+" file", x.ID, y.File.Content)
	}
	_, err = tx.Exec(qInsertStated, x.ID, l.ID, x.Addressee, x.demand, x.link, x.Position, x.Language, x.At.UnixMicro(), x.State,
		s.Keys.Seal(statedTable, x.ID, body), x.File, x.FileType, x.SHA256, file, x.hash, x.token, tx.Now().UnixMicro())
	return err
}

// openStated puts what is sealed of a statement in its place.
func (s *Service) openStated(x Stated) (Stated, error) {
	if len(x.body) == 0 {
		return x, nil
	}
	plain, err := s.Keys.Open(statedTable, x.ID, x.body)
	if err != nil {
		return x, err
	}
	var b statedBody
	err = json.Unmarshal(plain, &b)
	x.Text, x.Evidence = b.Text, b.Evidence
	return x, err
}

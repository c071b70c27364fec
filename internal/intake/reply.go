package intake

import (
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
)

// ReplyMail asks somebody whose mail was taken as a signature to confirm it: anybody may have sent that mail. Its job is written
// with the pending row.
type ReplyMail struct {
	Pending int64 `json:"pending"`
}

// Kind names the job.
func (ReplyMail) Kind() string { return "mail.reply" }

// compareAsked leaves out a line whose address was sent a mail about the letter within a week: the same mails are often read
// again, with others that came since.
func (line *PlannedLine) compareAsked(tx *store.Tx) error {
	mailed, err := line.box.Mailed(tx)
	if mailed {
		line.Outcome, line.Reason = Duplicate, Asked
	}
	return err
}

// ask stores the submission of a line with the mail that asks, and returns 1, or 0 when the address gets no more mails for now.
func (line *PlannedLine) ask(tx *store.Tx, b Batch, x signing.Asked) (int, error) {
	mail, err := line.box.Spend(tx)
	if err != nil || !mail {
		return 0, err
	}
	if err := x.Insert(tx); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(qInsertBatchLine, b.Letter, b.ID, line.Line, line.Kind, int64(0), x.ID()); err != nil {
		return 0, err
	}
	return 1, job.Enqueue(tx, ReplyMail{Pending: x.ID()})
}

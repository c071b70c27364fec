package signing

import (
	"context"
	"fmt"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

const (
	maxQuestion = 1000 // characters
	maxAsked    = 50   // signers at once
)

// QuestionMail asks the signer of a held signature something. Who asks does not learn whom, unless the signer answers.
type QuestionMail struct {
	Letter    letter.ID `json:"letter"`
	Signature int64     `json:"signature"`
	User      int64     `json:"user"`            // who asks, and whom the answer reaches
	Text      []byte    `json:"text"`            // sealed
	Spent     bool      `json:"spent,omitempty"` // the address had its questions: nothing is sent
}

// Kind names the job.
func (QuestionMail) Kind() string { return "mail.question" }

// Ask mails a question to the signers of held signatures, within how many questions each address may be sent. Whether one was
// spent shows in nothing: by it, an address that was asked before elsewhere would tell which held signature is its own.
func (hs Holds) Ask(ctx context.Context, l letter.ID, ids []int64, by int64, question string) error {
	typed, f := text.Line("question", question, maxQuestion)
	switch {
	case f != nil:
		return f
	case typed == "":
		return fault.New(fault.Invalid, "question.empty").On("question")
	case len(ids) > maxAsked:
		return fault.New(fault.TooLarge, "question.limit", "Limit", maxAsked).On("id")
	}
	key, err := hs.signing.Letters.Key(ctx, l)
	if err != nil {
		return err
	}
	type asked struct {
		id  int64
		box mailbox.Box
	}
	var list []asked
	for _, id := range ids {
		x, err := hs.signing.find(ctx, l, id)
		if err != nil {
			return err
		}
		if x.State != StateHeld {
			return fault.New(fault.Conflict, "signature.not_held")
		}
		p, err := hs.signing.particularsOf(ctx, x)
		if err != nil {
			return err
		}
		a, f := text.ParseAddress(p.Email)
		if f != nil {
			return fault.New(fault.Conflict, "question.no_address").On("id") // it came on a list
		}
		list = append(list, asked{id, hs.signing.Mailboxes.Of(key, l, a)})
	}
	return hs.signing.DB.Update(ctx, func(tx *store.Tx) error {
		for _, x := range list {
			mail, err := x.box.SpendForQuestions(tx)
			if err != nil {
				return err
			}
			if err := job.Enqueue(tx, QuestionMail{l, x.id, by, key.Seal("question", x.id, []byte(typed)), !mail}); err != nil {
				return err
			}
		}
		return account.Record(tx, account.Entry{User: by, Letter: l, Act: "signature.asked", Object: fmt.Sprint(len(list))})
	})
}

// Question returns what the mail needs, false when it must not be sent any more.
func (hs Holds) Question(ctx context.Context, m QuestionMail) (e Envelope, text string, send bool, err error) {
	if m.Spent {
		return e, "", false, nil
	}
	e, send, err = hs.signing.EnvelopeOf(ctx, m.Letter, m.Signature)
	if err != nil || !send {
		return e, "", false, err
	}
	key, err := hs.signing.Letters.Key(ctx, m.Letter)
	if err != nil {
		return e, "", false, fault.Except(err, fault.Gone)
	}
	opened, err := key.Open("question", m.Signature, m.Text)
	return e, string(opened), err == nil, err
}

package app

import (
	"context"
	"errors"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/delivery"
	"github.com/undersigned/undersigned/internal/document"
	"github.com/undersigned/undersigned/internal/handout"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/invitation"
	"github.com/undersigned/undersigned/internal/job"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/mail"
	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/news"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// Services are the use cases of an instance, each knowing those it needs.
type Services struct {
	Accounts  *account.Service
	Mailboxes *mailbox.Service
	Inbox     *inbox.Service
	Letters   *letter.Service
	Roll      *roll.Service
	Signing   *signing.Service
	Log       *tlog.Log

	Invitations *invitation.Service
	News        *news.Service
	Intake      *intake.Service
	Documents   *document.Service
	Handouts    *handout.Service
	Deliveries  *delivery.Service
}

// NewServices returns the services on a database. lookup asks the DNS.
func NewServices(db *store.DB, keys *seal.Keys, log *tlog.Log, lookup account.LookupTXT) Services {
	s := Services{Accounts: account.New(db, keys), Letters: letter.New(db, keys), Roll: &roll.Service{DB: db}, Log: log}
	s.Accounts.Lookup = lookup
	s.Mailboxes = &mailbox.Service{DB: db, Keys: keys}
	s.Inbox = &inbox.Service{DB: db, Keys: keys, Mailboxes: s.Mailboxes, Lookup: lookup, Gone: mail.IsGone}
	s.Signing = signing.New(db, keys, s.Letters, s.Mailboxes, log, lookup)
	s.Invitations = &invitation.Service{DB: db, Letters: s.Letters, Mailboxes: s.Mailboxes}
	s.News = &news.Service{DB: db, Keys: keys, Letters: s.Letters, Mailboxes: s.Mailboxes, Signing: s.Signing}
	s.Intake = &intake.Service{DB: db, Letters: s.Letters, Mailboxes: s.Mailboxes, Signing: s.Signing, Inbox: s.Inbox}
	s.Documents = &document.Service{Letters: s.Letters, Roll: s.Roll, Signing: s.Signing}
	s.Handouts = &handout.Service{DB: db, Letters: s.Letters, Signing: s.Signing}
	s.Deliveries = &delivery.Service{DB: db, Keys: keys, Letters: s.Letters, Documents: s.Documents, Signing: s.Signing, Handouts: s.Handouts}
	s.Documents.Standing = s.Deliveries.Lines
	s.News.Became = s.Deliveries.Facts
	s.Signing.Invited, s.Signing.Erased = s.Invitations.Answered, s.Invitations.Forget
	s.Signing.Vouchers = s.Invitations.Vouchers
	s.Signing.Unfollow = func(tx *store.Tx, l letter.ID, address string) error {
		if err := s.Inbox.Forget(tx, l, address); err != nil {
			return err
		}
		return s.News.Unfollow(tx, l, address)
	}
	s.Inbox.Takers = s.takers()
	s.Letters.RegisterActs(s.Accounts)
	s.Signing.RegisterActs(s.Accounts)
	s.Invitations.RegisterActs(s.Accounts)
	s.Intake.RegisterActs(s.Accounts)
	s.Handouts.RegisterActs(s.Accounts)
	s.Deliveries.RegisterActs(s.Accounts)
	return s
}

// Register hands what the services do in the background to the runner; byClock is for what cannot be undone and follows from the
// time alone.
func (s Services) Register(r *job.Runner, byClock ...job.Option) {
	s.Letters.Register(r, byClock...)
	s.News.Register(r)
	s.Intake.Register(r)
	s.Handouts.Register(r)
	s.Deliveries.Register(r, byClock...)
	s.Inbox.Register(r)
}

// takers say what follows from what comes back of each kind of mail. That a mail did not arrive ends something only where nobody is at its
// address, but for what goes to an addressee, who then has not got it.
func (s Services) takers() map[mailbox.Sent]inbox.Taker {
	ifGone := func(fn func(ctx context.Context, r mailbox.Return) error) func(context.Context, mailbox.Return, bool) error {
		return func(ctx context.Context, r mailbox.Return, gone bool) error {
			if !gone {
				return nil
			}
			return fn(ctx, r)
		}
	}
	unfollow := func(ctx context.Context, r mailbox.Return) error {
		return s.News.Refused(ctx, news.DigestMail{Letter: r.Letter, Follower: r.ID})
	}
	invited := inbox.Taker{
		Bounced: ifGone(func(ctx context.Context, r mailbox.Return) error {
			return s.Invitations.Refused(ctx, invitation.Mail{Letter: r.Letter, Invitation: r.ID, Reminder: r.Sent == mailbox.Reminder})
		}),
		Ended: func(ctx context.Context, r mailbox.Return) error {
			return s.Invitations.Unsubscribe(ctx, r.Letter, r.ID)
		},
	}
	return map[mailbox.Sent]inbox.Taker{
		mailbox.Confirmation: {
			Bounced: ifGone(func(ctx context.Context, r mailbox.Return) error { return s.Signing.Refused(ctx, r.ID) }),
			Ended: func(ctx context.Context, r mailbox.Return) error {
				e, _, err := s.Signing.Envelope(ctx, r.ID)
				if err == nil && e.Address == "" { // it is confirmed or over
					err = inbox.ErrLook
				}
				if err != nil {
					return err
				}
				return s.News.EndAddress(ctx, e.Address)
			},
		},
		mailbox.ToSigner: {}, // signatures stand, whether their signers read mail or not
		mailbox.Following: {
			Bounced: ifGone(func(ctx context.Context, r mailbox.Return) error {
				return s.News.NotAsked(ctx, news.FollowMail{Letter: r.Letter, Asked: r.ID})
			}),
			Ended: func(ctx context.Context, r mailbox.Return) error {
				ended, err := s.News.EndAsked(ctx, news.FollowMail{Letter: r.Letter, Asked: r.ID})
				if err == nil && !ended {
					err = inbox.ErrLook
				}
				return err
			},
		},
		mailbox.ToFollower: {Bounced: ifGone(unfollow), Ended: unfollow},
		mailbox.Followed: {
			Bounced: ifGone(unfollow),
			Ended: func(ctx context.Context, r mailbox.Return) error {
				return s.News.EndAll(ctx, news.FollowedMail{Letter: r.Letter, Follower: r.ID})
			},
		},
		mailbox.Invitation: invited,
		mailbox.Reminder:   invited,
		mailbox.ToReader: {
			Bounced: ifGone(func(ctx context.Context, r mailbox.Return) error { return s.Letters.Circulations.Refused(ctx, r.ID) }),
			Ended: func(ctx context.Context, r mailbox.Return) error {
				e, _, err := s.Letters.Circulations.Envelope(ctx, letter.ReaderMail{Reader: r.ID})
				if err != nil || e.Address == "" {
					return err
				}
				return s.Mailboxes.UnsubscribeAddress(ctx, e.Address)
			},
		},
		mailbox.ToEditor:    {}, // whoever runs the site looks after its users
		mailbox.ToAddressee: {Bounced: func(ctx context.Context, r mailbox.Return, _ bool) error { return s.Deliveries.CameBack(ctx, r.ID) }},
		mailbox.ToOffice: {Bounced: func(ctx context.Context, r mailbox.Return, _ bool) error {
			return s.Deliveries.OfficeCameBack(ctx, r.ID)
		}},
		mailbox.Call: {}, // it is written to, and nothing is sent from it
	}
}

// Adopt puts what an instance has from before it had a log into it, and drafts into the format that is written today, and notes whom
// letters address. It runs before anything else does, and several processes may run it at once.
func (s Services) Adopt(ctx context.Context) error {
	for _, adopt := range []func(context.Context) error{s.Letters.Editions.Renew, s.Letters.Log.Adopt, s.Letters.AdoptAddressees, s.Intake.Adopt,
		s.Signing.Adopt} {
		if err := adopt(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Retain deletes what must not be kept longer: letters end, then each package looks after its own rows. It is safe to run at any
// time and in several processes.
func (s Services) Retain(ctx context.Context) error {
	gathered := s.News.Gather(ctx) // which needs the keys that go with letters
	_, err := s.Letters.Retain(ctx)
	return errors.Join(gathered, err, s.News.Retain(ctx), s.Signing.Retain(ctx), s.Invitations.Retain(ctx), s.Intake.Retain(ctx), s.Handouts.Retain(ctx),
		s.Deliveries.Retain(ctx), s.Mailboxes.Retain(ctx, letter.KeptAfterClose), s.Inbox.Retain(ctx))
}

// GiveUp destroys what was sealed with keys that are lost, in a database that a backup has brought back without them, and gives
// every open letter a data key of the keys at hand. It is safe to run again.
func (s Services) GiveUp(ctx context.Context) (lost signing.Lost, err error) {
	for _, giveUp := range []func(context.Context) error{s.Mailboxes.GiveUp, s.Letters.Covers.GiveUp, s.Invitations.GiveUp, s.News.GiveUp,
		s.Intake.GiveUp, s.Handouts.GiveUp, s.Deliveries.GiveUp, s.Inbox.GiveUp} {
		if err := giveUp(ctx); err != nil {
			return lost, err
		}
	}
	if lost, err = s.Signing.GiveUp(ctx); err != nil {
		return lost, err
	}
	return lost, s.Letters.RenewKeys(ctx)
}

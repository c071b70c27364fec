package signing

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// standing is how one of the signatures that a submission becomes begins: why it is held, "" if it is not, and how we know
// of it.
type standing struct {
	held  string
	basis Basis
}

// standings says how each signature of a submission begins, in the order of the kind's parts.
func (s *Service) standings(ctx context.Context, row pending, l letter.Letter, p particulars, key *seal.LetterKey, a text.Address, mailbox, exact []byte) ([]standing, error) {
	reason, err := s.holdReason(ctx, row, p, key, mailbox, exact)
	if err != nil {
		return nil, err
	}
	var list []standing
	for _, kind := range row.kind.parts() {
		x := standing{reason, BasisEmail}
		if kind == Organisation {
			known, err := s.mandated(ctx, row.letter, p.Organisation, a)
			switch {
			case err != nil:
				return nil, err
			case known != "":
				x.basis = known
			case l.Mandate:
				x.held = firstOf(x.held, HeldMandate)
			}
		}
		list = append(list, x)
	}
	return list, nil
}

// holdReason says why a signature needs somebody's look before it counts; "" if it does not.
func (s *Service) holdReason(ctx context.Context, row pending, p particulars, key *seal.LetterKey, mailbox, exact []byte) (reason string, err error) {
	if slices.ContainsFunc([]string{p.Name, p.Organisation}, text.Misleads) {
		return HeldLookAlike, nil
	}
	if row.kind != Person {
		alike, err := s.looksLikeAnother(ctx, p.Organisation)
		if err != nil || alike {
			return HeldLookAlike, err
		}
	}
	names := [2][]byte{mailbox, mailbox}
	for i, kind := range row.kind.parts() {
		name, _, _ := p.shown(kind)
		names[i] = listedName(key, name)
	}
	listed := sync.OnceValue(func() map[string]bool { return listedTags(key, p, row.kind) }) // few names are on a list
	err = s.DB.Look(ctx, func(tx *store.Tx) error {
		reason = ""
		for other, err := range store.Each(tx, qFindByMailbox, scanMailbox, row.letter, mailbox, names[0], names[1]) {
			switch {
			case err != nil:
				return err
			case !other.stands() || string(other.tag) == string(exact) || row.kind != Both && other.kind != row.kind:
			case other.mailbox == string(mailbox) || listed()[string(other.kind)+string(other.tag)]:
				reason = HeldDuplicate // another spelling of the address, or a name that came on a list and says nothing that differs
			}
		}
		return nil
	})
	if err == nil && reason == "" {
		reason = s.suspect(row, p.Email)
	}
	return reason, err
}

// vouchedAs reports whether a signature counts for the organisation that another names, and it is known that its signer may.
func (o Own) vouchedAs(tx *store.Tx, x signed) (bool, error) {
	if !o.counts() || o.Basis != BasisVoucher && o.Basis != BasisDomain {
		return false, nil
	}
	var name []byte
	err := tx.Row(qFindName, o.Letter, o.ID).Scan(&name)
	if errors.Is(err, store.ErrNoRow) {
		return false, nil
	}
	return err == nil && len(name) > 0 && string(name) == string(x.name), err
}

// twin says that an organisation of the same name, spelling aside, counts already from another address, which is looked for
// where organisations need a mandate, else why it is held anyway.
func twin(tx *store.Tx, l letter.ID, x signed, exact []byte, held string) (string, error) {
	if held == HeldLookAlike { // its name is not what it seems
		return held, nil
	}
	var n int
	if err := tx.Row(qCountNamed, l, x.name, exact).Scan(&n); err != nil || n == 0 {
		return held, err
	}
	return HeldTwin, nil
}

// listedTags returns the tags that a line of a list would have which says the same as the signer, or less.
func listedTags(key *seal.LetterKey, p particulars, kind Kind) map[string]bool {
	tags := map[string]bool{}
	for _, kind := range kind.parts() {
		name, _, affiliation := p.shown(kind)
		for _, tag := range [][]byte{listedTag(key, name, affiliation, p.Country), listedTag(key, name, affiliation, ""), listedTag(key, name, "", p.Country), listedTag(key, name, "", "")} {
			tags[string(kind)+string(tag)] = true
		}
	}
	return tags
}

// mailboxRow is a signature that came from some spelling of a mailbox.
type mailboxRow struct {
	mailbox string
	kind    Kind
	tag     []byte
	state   State
	reason  string
}

// stands reports whether the signature still says something about its mailbox: it was not withdrawn, or its signer had been
// removed before.
func (m mailboxRow) stands() bool { return m.state != StateWithdrawn || m.reason == HeldRemoved }

func scanMailbox(row store.Row) (m mailboxRow, err error) {
	var mailbox []byte
	err = row.Scan(&mailbox, &m.kind, &m.tag, &m.state, &m.reason)
	m.mailbox = string(mailbox)
	return m, err
}

// directory is what is known of the instance's organisations: their folded names by skeleton, and their domains by the key
// of each name.
type directory struct {
	names, domains map[string][]string
	loaded         time.Time
}

// directoryFor is how long the directory is believed: who has just proved a domain may sign the next moment.
const directoryFor = 5 * time.Second

// loadDirectory reads the directory again when it is no longer believed.
func (s *Service) loadDirectory(ctx context.Context) (directory, error) {
	now := s.DB.Now()
	s.mu.Lock()
	d := s.directory
	s.mu.Unlock()
	if d.names != nil && now.Sub(d.loaded) < directoryFor && !now.Before(d.loaded) {
		return d, nil
	}
	all, err := s.Letters.Organisations(ctx)
	if err != nil {
		return d, err
	}
	d = directory{map[string][]string{}, map[string][]string{}, now}
	for _, o := range all {
		for known := range maps.Values(o.Names) {
			look, name := text.Skeleton(known), account.NameKey(known)
			d.names[look] = append(d.names[look], text.Fold(known))
			if o.Domain != "" {
				d.domains[name] = append(d.domains[name], o.Domain)
			}
		}
	}
	s.mu.Lock()
	s.directory = d
	s.mu.Unlock()
	return d, nil
}

// looksLikeAnother reports whether an eye takes the name for that of an organisation of the directory, where a letter's
// leads stand too, though it is spelt with other letters.
func (s *Service) looksLikeAnother(ctx context.Context, name string) (bool, error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return false, err
	}
	names := d.names[text.Skeleton(name)]
	return len(names) > 0 && !slices.Contains(names, text.Fold(name)), nil
}

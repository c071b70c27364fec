package signing

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/undersigned/undersigned/internal/i18n"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// holdReason says why a signature needs somebody's look before it counts; "" if it does not.
func (s *Service) holdReason(ctx context.Context, row pending, p particulars, key *seal.LetterKey, mailbox, exact []byte) (reason string, err error) {
	if slices.ContainsFunc([]string{p.Name, p.Organisation}, misleads) {
		return HeldLookAlike, nil
	}
	if row.kind != Person {
		twin, err := s.looksLikeAnother(ctx, p.Organisation)
		if err != nil {
			return "", err
		}
		if twin {
			return HeldLookAlike, nil
		}
	}
	names := [2][]byte{mailbox, mailbox}
	for i, kind := range row.kind.parts() {
		name, _, _ := p.shown(kind)
		names[i] = listedName(key, name)
	}
	listed := sync.OnceValue(func() map[string]bool { return listedTags(key, p, row.kind) }) // few names are on a list
	err = s.DB.View(ctx, func(tx *store.Tx) error {
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

// directory is what the names of the instance's organisations look like: the folded names by skeleton.
type directory struct {
	names  map[string][]string
	loaded time.Time
}

// looksLikeAnother reports whether an eye takes the name for that of an organisation of the directory, where a letter's
// leads stand too, though it is spelt with other letters. The directory is read again once a minute.
func (s *Service) looksLikeAnother(ctx context.Context, name string) (bool, error) {
	now := s.DB.Now()
	s.mu.Lock()
	d := s.directory
	s.mu.Unlock()
	if d.names == nil || now.Sub(d.loaded) >= time.Minute || now.Before(d.loaded) {
		all, err := s.Letters.Organisations(ctx)
		if err != nil {
			return false, err
		}
		d = directory{map[string][]string{}, now}
		for _, o := range all {
			for known := range maps.Values(o.Names) {
				look := skeleton(known)
				d.names[look] = append(d.names[look], i18n.Fold(known))
			}
		}
		s.mu.Lock()
		s.directory = d
		s.mu.Unlock()
	}
	names := d.names[skeleton(name)]
	return len(names) > 0 && !slices.Contains(names, i18n.Fold(name)), nil
}

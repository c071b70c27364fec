package signing

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/text"
)

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
	all, err := s.Letters.Directory.List(ctx)
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

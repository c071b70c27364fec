package delivery

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/store"
)

// Exhibit is a file that something rests on, named by the hex SHA-256 of its bytes.
type Exhibit struct {
	Hash, Name, Type string
	Size             int64
	Content          []byte // nil in a list
	AddedAt          time.Time
}

// MaxFile is how large a file that goes with a delivery, a response or a claim may be, in bytes.
const MaxFile = 50 << 20

var (
	qInsertExhibit = store.Q("exhibit.insert", `
		INSERT INTO exhibit (sha256, name, type, size, content, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING`)
	qFindExhibit  = store.Q("exhibit.find", `SELECT sha256, name, type, size, created_at, content FROM exhibit WHERE sha256 = $1`)
	qListExhibits = store.Q("exhibit.list", `SELECT sha256, name, type, size, created_at FROM exhibit ORDER BY created_at, sha256`)
	qListNames    = store.Q("exhibit.list_names", `
		SELECT DISTINCT x.sha256, x.name FROM exhibit x JOIN cell_entry e ON x.sha256 = substr(e.evidence, 9)
		WHERE e.letter_id = $1 AND e.evidence LIKE 'exhibit:%'`)
	qHasExhibit = store.Q("exhibit.has", `SELECT COUNT(*) FROM exhibit WHERE sha256 = $1`)

	hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func scanExhibit(row store.Row) (x Exhibit, err error) {
	var at int64
	err = row.Scan(&x.Hash, &x.Name, &x.Type, &x.Size, &at)
	x.AddedAt = time.UnixMicro(at).UTC()
	return x, err
}

// exhibitNames returns what the files are called that entries of a letter rest on, by hash.
func exhibitNames(tx *store.Tx, l letter.Letter, entries []Entry) (map[string]string, error) {
	names := map[string]string{}
	for _, e := range entries {
		if hash, is := e.Evidence.Exhibit(); is {
			names[hash] = ""
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	list, err := store.List(tx, qListNames, func(row store.Row) (x Exhibit, err error) { return x, row.Scan(&x.Hash, &x.Name) }, l.ID)
	for _, x := range list {
		if _, rests := names[x.Hash]; rests { // others are not for whoever looks
			names[x.Hash] = x.Name
		}
	}
	return names, err
}

func hasExhibit(tx *store.Tx, hash string) (bool, error) {
	var n int
	err := tx.Row(qHasExhibit, hash).Scan(&n)
	return n > 0, err
}

// AddExhibit stores a file and returns it with its hash; the same bytes twice change nothing.
func (s *Service) AddExhibit(ctx context.Context, f File) (x Exhibit, err error) {
	if f, err = f.read("file"); err != nil {
		return x, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		x, err = addExhibit(tx, f)
		return err
	})
	return x, err
}

func addExhibit(tx *store.Tx, f File) (Exhibit, error) {
	x := Exhibit{Hash: sumOf(f.Content), Name: f.Name, Type: f.Type, Size: int64(len(f.Content)), AddedAt: tx.Now()}
	_, err := tx.Exec(qInsertExhibit, x.Hash, x.Name, x.Type, x.Size, f.Content, tx.Now().UnixMicro())
	return x, err
}

// Exhibit returns an exhibit with its bytes.
func (s *Service) Exhibit(ctx context.Context, hash string) (x Exhibit, err error) {
	if !hashPattern.MatchString(hash) {
		return x, fault.New(fault.NotFound, "page.unknown")
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		var at int64
		err := tx.Row(qFindExhibit, hash).Scan(&x.Hash, &x.Name, &x.Type, &x.Size, &at, &x.Content)
		x.AddedAt = time.UnixMicro(at).UTC()
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "page.unknown")
		}
		return err
	})
	return x, err
}

// Exhibits lists all exhibits, without their bytes.
func (s *Service) Exhibits(ctx context.Context) (list []Exhibit, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, qListExhibits, scanExhibit)
		return err
	})
	return list, err
}

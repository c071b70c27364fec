package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/text"
)

// File is a file that goes with a delivery or a response. Its type is what its first bytes say, whatever it is called: it is
// handed out as that, to be saved and never to be shown within a page.
type File struct {
	Role       FileRole
	Name, Type string
	Copy       string // drawn at random, hex
	Commitment string // hex SHA-256 of the copy number's bytes and the file: what the log says of it
	Content    []byte // nil in a list

	made     bool // the letter for the addressee, as it is made here
	delivery int64
	number   int
}

// FileRole says what a file of a delivery is.
type FileRole string

// The roles.
const (
	Pack  FileRole = "pack"  // what was handed over
	Proof FileRole = "proof" // that it was
)

// read checks a file as it comes and returns it as it is kept: a name without its folder, and the type that its content has.
func (f File) read(field string) (File, error) {
	if len(f.Content) == 0 {
		return f, fault.List{fault.New(fault.Invalid, "file.empty").On(field)}
	}
	if len(f.Content) > MaxFile {
		return f, fault.List{fault.New(fault.TooLarge, "file.large", "Limit", MaxFile>>20).On(field)}
	}
	name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	if f.Name = text.Written.Line(name); f.Name == "" || f.Name == "." || f.Name == "/" {
		f.Name = "file"
	}
	if runes := []rune(f.Name); len(runes) > 120 {
		f.Name = string(runes[len(runes)-120:]) // the end says the kind
	}
	f.Type, _, _ = strings.Cut(http.DetectContentType(f.Content), ";")
	if f.Type == "application/zip" && strings.HasSuffix(strings.ToLower(f.Name), ".docx") {
		f.Type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	}
	return f, nil
}

// commit sets the commitment to a file.
func (f *File) commit() {
	number, _ := hex.DecodeString(f.Copy)
	h := sha256.New()
	h.Write(number)
	h.Write(f.Content)
	f.Commitment = hex.EncodeToString(h.Sum(nil))
}

var (
	qInsertFile = store.Q("delivery_file.insert", `
		INSERT INTO delivery_file (letter_id, delivery_id, number, role, name, type, made, copy, commitment, made_at, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	qSetFile = store.Q("delivery_file.set", `
		UPDATE delivery_file SET copy = $1, commitment = $2, made_at = $3, content = $4 WHERE letter_id = $5 AND delivery_id = $6 AND number = $7`)
	qListFiles = store.Q("delivery_file.list", `
		SELECT delivery_id, number, role, name, type, made, copy, commitment FROM delivery_file WHERE letter_id = $1 ORDER BY delivery_id, number`)
	qFindFile = store.Q("delivery_file.find", `
		SELECT delivery_id, number, role, name, type, made, copy, commitment, content FROM delivery_file WHERE letter_id = $1 AND delivery_id = $2 AND number = $3`)
)

func (f *File) fields(more ...any) []any {
	return append([]any{&f.delivery, &f.number, &f.Role, &f.Name, &f.Type, &f.made, &f.Copy, &f.Commitment}, more...)
}

func scanFile(row store.Row) (f File, err error) { return f, row.Scan(f.fields()...) }

// fileTable ties a sealed file to its delivery.
func fileTable(delivery int64) string { return fmt.Sprintf("delivery_file %d", delivery) }

func (s *Service) putFile(tx *store.Tx, d Delivery, number int, f File) error {
	sealed, err := s.seal(tx, d, number, f)
	if err != nil {
		return err
	}
	_, err = tx.Exec(qInsertFile, d.letter, d.ID, number, f.Role, f.Name, f.Type, f.made, f.Copy, f.Commitment, tx.Now().UnixMicro(), sealed)
	return err
}

// setFile puts other bytes in the place of a file.
func (s *Service) setFile(tx *store.Tx, d Delivery, number int, f File) error {
	sealed, err := s.seal(tx, d, number, f)
	if err != nil {
		return err
	}
	_, err = tx.Exec(qSetFile, f.Copy, f.Commitment, tx.Now().UnixMicro(), sealed, d.letter, d.ID, number)
	return err
}

// seal seals a file: what was handed over with the letter's key, since names that are not public stand in it, and anything else, or once
// that key is gone, with the instance's.
func (s *Service) seal(tx *store.Tx, d Delivery, number int, f File) ([]byte, error) {
	if f.Role == Pack {
		switch key, err := s.Letters.KeyIn(tx, d.letter); {
		case err == nil:
			return key.Seal(fileTable(d.ID), int64(number), f.Content), nil
		case !fault.Is(err, fault.Gone):
			return nil, err
		}
	}
	return s.Keys.Seal(fileTable(d.ID), int64(number), f.Content), nil
}

// open opens what seal sealed.
func (s *Service) open(tx *store.Tx, d Delivery, number int, f File) ([]byte, error) {
	if len(f.Content) == 0 {
		return nil, fault.New(fault.Gone, "file.gone")
	}
	if f.Role == Pack {
		key, err := s.Letters.KeyIn(tx, d.letter)
		if err == nil {
			if content, err := key.Open(fileTable(d.ID), int64(number), f.Content); err == nil {
				return content, nil
			}
		} else if !fault.Is(err, fault.Gone) {
			return nil, err
		}
	}
	content, err := s.Keys.Open(fileTable(d.ID), int64(number), f.Content)
	if err != nil && f.Role == Pack { // with the letter's key, which is gone
		return nil, fault.New(fault.Gone, "file.gone")
	}
	return content, err
}

func (s *Service) findFile(tx *store.Tx, d Delivery, number int) (f File, err error) {
	err = tx.Row(qFindFile, d.letter, d.ID, number).Scan(f.fields(&f.Content)...)
	if errors.Is(err, store.ErrNoRow) {
		return f, fault.New(fault.NotFound, "page.unknown")
	}
	if err != nil {
		return f, err
	}
	f.Content, err = s.open(tx, d, number, f)
	return f, err
}

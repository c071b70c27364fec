package letter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/store"
)

// Limits of a picture, and of a document.
const (
	MaxPictureBytes  = 5 << 20
	MaxDocumentBytes = 10 << 20
	maxPicturePixels = 40_000_000
)

// PDF is the type of a stored document.
const PDF = "application/pdf"

// Picture is a stored picture or document, named by the hex SHA-256 of its bytes.
type Picture struct {
	Hash, Type    string // Type is image/png, image/jpeg, image/gif or PDF
	Width, Height int    // pixels; 0 for a document
	Data          []byte
}

// Media are the pictures and documents that texts and updates link to.
type Media struct{ db *store.DB }

var (
	qPutMedia = store.Q("media.put", `
		INSERT INTO media (hash, type, width, height, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (hash) DO NOTHING`)
	qFindMedia = store.Q("media.find", `SELECT hash, type, width, height, data FROM media WHERE hash = $1`)
)

// PutPicture stores a PNG, JPEG or GIF, without what it says beside what it shows, and returns the hash of what is stored.
func (m Media) PutPicture(ctx context.Context, data []byte) (hash string, err error) {
	if len(data) > MaxPictureBytes {
		return "", fault.New(fault.TooLarge, "picture.large").On("picture")
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if pixels := config.Width * config.Height; err != nil || pixels < 1 || pixels > maxPicturePixels {
		return "", fault.New(fault.Invalid, "picture.format").On("picture").Because(err)
	}
	if data, err = withoutMetadata(format, data); err != nil {
		return "", fault.New(fault.Invalid, "picture.format").On("picture").Because(err)
	}
	return m.put(ctx, Picture{Type: "image/" + format, Width: config.Width, Height: config.Height, Data: data})
}

// PutDocument stores a PDF to which a text links as /media/HASH, and returns its hash: so what is attached is part of what
// is signed. It is stored as it is.
func (m Media) PutDocument(ctx context.Context, data []byte) (hash string, err error) {
	if len(data) > MaxDocumentBytes {
		return "", fault.New(fault.TooLarge, "document.large").On("document")
	}
	if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data[max(0, len(data)-2048):], []byte("%%EOF")) {
		return "", fault.New(fault.Invalid, "document.format").On("document")
	}
	return m.put(ctx, Picture{Type: PDF, Data: data})
}

func (m Media) put(ctx context.Context, p Picture) (hash string, err error) {
	sum := sha256.Sum256(p.Data)
	hash = hex.EncodeToString(sum[:])
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPutMedia, hash, p.Type, p.Width, p.Height, p.Data, tx.Now().UnixMicro())
		return err
	})
	return hash, err
}

// Find returns a stored picture or document.
func (m Media) Find(ctx context.Context, hash string) (p Picture, err error) {
	err = m.db.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(qFindMedia, hash).Scan(&p.Hash, &p.Type, &p.Width, &p.Height, &p.Data)
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "page.unknown")
		}
		return err
	})
	return p, err
}

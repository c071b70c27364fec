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

// Limits of a picture.
const (
	MaxPictureBytes  = 5 << 20
	maxPicturePixels = 40_000_000
)

// Picture is a stored picture, named by the hex SHA-256 of its bytes.
type Picture struct {
	Hash, Type    string // Type is image/png, image/jpeg or image/gif
	Width, Height int    // pixels
	Data          []byte
}

var (
	qPutMedia = store.Q("media.put", `
		INSERT INTO media (hash, type, width, height, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (hash) DO NOTHING`)
	qFindMedia = store.Q("media.find", `SELECT hash, type, width, height, data FROM media WHERE hash = $1`)
)

// PutPicture stores a PNG, JPEG or GIF and returns its hash.
func (s *Service) PutPicture(ctx context.Context, data []byte) (hash string, err error) {
	if len(data) > MaxPictureBytes {
		return "", fault.New(fault.TooLarge, "picture.large").On("picture")
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if pixels := config.Width * config.Height; err != nil || pixels < 1 || pixels > maxPicturePixels {
		return "", fault.New(fault.Invalid, "picture.format").On("picture").Because(err)
	}
	sum := sha256.Sum256(data)
	hash = hex.EncodeToString(sum[:])
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qPutMedia, hash, "image/"+format, config.Width, config.Height, data, tx.Now().UnixMicro())
		return err
	})
	return hash, err
}

// FindPicture returns a stored picture.
func (s *Service) FindPicture(ctx context.Context, hash string) (p Picture, err error) {
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(qFindMedia, hash).Scan(&p.Hash, &p.Type, &p.Width, &p.Height, &p.Data)
		if errors.Is(err, store.ErrNoRow) {
			return fault.New(fault.NotFound, "page.unknown")
		}
		return err
	})
	return p, err
}

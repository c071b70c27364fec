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
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

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
	p, wrong := readPicture(data)
	if wrong != nil {
		return "", wrong.On("picture")
	}
	return m.put(ctx, p)
}

// readPicture returns what a PNG, JPEG or GIF shows, without what it says beside.
func readPicture(data []byte) (Picture, *fault.Error) {
	if len(data) > MaxPictureBytes {
		return Picture{}, fault.New(fault.TooLarge, "picture.large")
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	pixels := config.Width * config.Height
	if err != nil || pixels < 1 {
		return Picture{}, fault.New(fault.Invalid, "picture.format").Because(err)
	}
	if pixels > maxPicturePixels {
		return Picture{}, fault.New(fault.Invalid, "picture.pixels", "Limit", maxPicturePixels/1_000_000)
	}
	if data, err = withoutMetadata(format, data); err != nil {
		return Picture{}, fault.New(fault.Invalid, "picture.format").Because(err)
	}
	return Picture{Type: "image/" + format, Width: config.Width, Height: config.Height, Data: data}, nil
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

// Annex is a document that a text links to. Its address is its hash and stands in the text, so what is annexed is signed with it.
type Annex struct{ Name, Hash string }

var mediaHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Annexes returns the documents that a text links to, each once, in the order of the text. A picture's address begins otherwise.
func (t Text) Annexes() (list []Annex) {
	doc, source := t.Tree()
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		l, ok := n.(*ast.Link)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		hash, ok := strings.CutPrefix(string(l.Destination), "/media/")
		if ok && mediaHash.MatchString(hash) && !slices.ContainsFunc(list, func(a Annex) bool { return a.Hash == hash }) {
			list = append(list, Annex{strings.TrimSuffix(plainText(l, source), " (PDF)"), hash})
		}
		return ast.WalkContinue, nil
	})
	return list
}

// Pictures returns the hashes of the stored pictures that the texts of an edition show, each once.
func (e Edition) Pictures() (hashes []string) {
	for _, language := range e.Languages() {
		doc, _ := e.Texts[language].Tree()
		_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if image, ok := n.(*ast.Image); ok && entering {
				if ref := pictureRef.FindSubmatch(image.Destination); ref != nil && !slices.Contains(hashes, string(ref[1])) {
					hashes = append(hashes, string(ref[1]))
				}
			}
			return ast.WalkContinue, nil
		})
	}
	return hashes
}

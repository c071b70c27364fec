package app

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

// A backup is an age file; in it, compressed by gzip, stand a line of JSON that says what it is, and a dump (package store).
const backupFormat = 1

// Backup says what a backup is.
type Backup struct {
	Format      int          `json:"undersigned_backup"`
	ID          string       `json:"id"` // random
	Made        time.Time    `json:"made"`
	Engine      store.Engine `json:"engine"`       // it came from; it restores into either
	InstanceKey string       `json:"instance_key"` // fingerprint of the key that opens what is sealed in it
	LogKey      string       `json:"log_key"`      // verifier key of its log
	LogSize     int64        `json:"log_size"`     // leaves of the log that are in it, at least
	LogShown    int64        `json:"log_shown"`    // of these, that the public had been shown

	Where  string    `json:"-"` // the database it was read from, as the command line names it
	Newest time.Time `json:"-"` // when the last signature was confirmed that is in it for certain, zero without any
}

// Counts says how much an instance holds.
type Counts struct {
	Letters    int `json:"letters"`
	Signatures int `json:"signatures"`
}

// Backup writes everything that the database holds, all of one moment, while others go on writing. The keys are not in it.
func (a *App) Backup(ctx context.Context, w io.Writer, to seal.Recipients) (Backup, error) {
	id := make([]byte, 8)
	rand.Read(id)
	log, err := a.Log.State(ctx)
	if err != nil {
		return Backup{}, err
	}
	b := Backup{Format: backupFormat, ID: hex.EncodeToString(id), Made: a.DB.Now().Truncate(time.Second), Engine: a.DB.Engine(),
		InstanceKey: a.Signing.Keys.Fingerprint(), LogKey: a.Log.Key(), LogSize: log.Checkpoint.Size, LogShown: log.Published.Size}
	place, err := placeNote(a.o.Instance, 0)
	if err != nil {
		return b, err
	}
	b.Where = place.Where()
	if b.Newest, err = a.newest(ctx); err != nil {
		return b, err
	}
	sealed, err := to.Encrypt(w)
	if err != nil {
		return b, err
	}
	packed, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed) // half the time for three hundredths more bytes: most is sealed
	if err != nil {
		return b, err
	}
	if err := json.NewEncoder(packed).Encode(b); err != nil {
		return b, err
	}
	if err := a.DB.Dump(ctx, packed); err != nil {
		return b, err
	}
	return b, errors.Join(packed.Close(), sealed.Close())
}

// Counts counts letters, drafts too, and signatures in every state.
func (a *App) Counts(ctx context.Context) (c Counts, err error) {
	err = a.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(qCountAll).Scan(&c.Letters, &c.Signatures) })
	return c, err
}

func (a *App) newest(ctx context.Context) (at time.Time, err error) {
	var last *int64
	err = a.DB.Look(ctx, func(tx *store.Tx) error { return tx.Row(qNewest).Scan(&last) })
	if last != nil {
		at = time.UnixMicro(*last).UTC()
	}
	return at, err
}

// backupReader reads what was packed, and keeps what was wrong with the file, other than its end.
type backupReader struct {
	sealed, packed io.Reader
	damage         error
}

// Read reads the packed text.
func (b *backupReader) Read(p []byte) (int, error) { return b.note(b.packed.Read(p)) }

func (b *backupReader) note(n int, err error) (int, error) {
	if err != nil && err != io.EOF {
		b.damage = err
	}
	return n, err
}

// unpacking reads the sealed text under the compression.
type unpacking struct{ *backupReader }

func (u unpacking) Read(p []byte) (int, error) { return u.note(u.sealed.Read(p)) }

// openBackup reads what a backup says of itself; its dump is to be read from the reader.
func openBackup(r io.Reader, with seal.Identities) (b Backup, in *backupReader, err error) {
	in = &backupReader{}
	if in.sealed, err = with.Decrypt(r); err != nil {
		return b, nil, err
	}
	line, err := in.begin()
	switch {
	case in.damage != nil:
		return b, nil, in.damaged()
	case err != nil:
		return b, nil, errNoBackup
	}
	switch err := json.Unmarshal(line, &b); {
	case err != nil || b.Format < 1:
		return b, nil, errNoBackup
	case b.Format != backupFormat:
		return b, nil, fmt.Errorf("the backup has the format %d, this program reads %d: use the version that made it, or a later one", b.Format, backupFormat)
	}
	return b, in, nil
}

var errNoBackup = errors.New("it is no backup of an instance, or its beginning is damaged; nothing was restored")

// begin reads the first line.
func (b *backupReader) begin() (line []byte, err error) {
	if b.packed, err = gzip.NewReader(unpacking{b}); err != nil {
		return nil, err
	}
	// One byte at a time, since the dump begins right after it.
	for c := [1]byte{}; len(line) == 0 || line[len(line)-1] != '\n'; line = append(line, c[0]) {
		if _, err := io.ReadFull(b, c[:]); err != nil {
			return nil, err
		}
		if len(line) > maxBackupLine {
			return nil, errNoBackup
		}
	}
	return line, nil
}

const maxBackupLine = 4096

func (b *backupReader) damaged() error {
	return fmt.Errorf("the backup is damaged or cut off (%w); nothing was restored", b.damage)
}

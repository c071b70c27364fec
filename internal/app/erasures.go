package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/signing"
)

// The ledger of erasures, DATA/erasures, is a copy of the table that outlives the database: a backup is older than some
// erasures, and a restore erases again what the ledger names. It holds ids only, and lines are only ever added:
//
//	undersigned-erasures/v1
//	LETTER SIGNATURE SUBMISSION MICROSECONDS REPLACED-BY
//	LETTER SIGNATURE SUBMISSION MICROSECONDS REPLACED-BY WHAT
//
// The first of these is of a signature that was erased whole. WHAT is the reason of one that ended, or the listing that a name
// was hidden under.
const (
	ledgerFile = "erasures"
	ledgerHead = "undersigned-erasures/v1\n"
)

// ledgerEvery is how often the ledger is compared with the table.
const ledgerEvery = time.Minute

// parseLedger reads a ledger, and how many of its bytes are whole lines: what follows the last of them is a line that a
// crash has cut off, and is not read.
func parseLedger(r io.Reader) (all []signing.Erasure, whole int64, err error) {
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			return all, whole, nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, 0, err
		}
		if number == 1 && string(line) != ledgerHead {
			return nil, 0, errors.New("it is no ledger of erasures")
		}
		if number > 1 {
			e, ok := parseErasure(string(line))
			if !ok {
				return nil, 0, fmt.Errorf("line %d is damaged", number)
			}
			all = append(all, e)
		}
		whole += int64(len(line))
	}
}

func parseErasure(line string) (signing.Erasure, bool) {
	var n [5]int64
	text := strings.TrimSuffix(line, "\n")
	for i := range n {
		var field string
		field, text, _ = strings.Cut(text, " ")
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil || v < 0 {
			return signing.Erasure{}, false
		}
		n[i] = v
	}
	e := signing.Erasure{Letter: letter.ID(n[0]), Signature: n[1], Pending: n[2], At: time.UnixMicro(n[3]).UTC(), ReplacedBy: n[4], What: text}
	return e, signing.KnownErasure(text) && string(appendErasure(nil, e)) == line
}

func appendErasure(b []byte, e signing.Erasure) []byte {
	b = fmt.Appendf(b, "%d %d %d %d %d", e.Letter, e.Signature, e.Pending, e.At.UnixMicro(), e.ReplacedBy)
	if e.What != "" {
		b = append(append(b, ' '), e.What...)
	}
	return append(b, '\n')
}

// lineOf is what tells one line of the ledger from the others.
type lineOf struct {
	letter    letter.ID
	signature int64
	what      string
	at        int64 // a name may be hidden again and again; what is erased is erased once
}

func keyOf(e signing.Erasure) lineOf {
	k := lineOf{letter: e.Letter, signature: e.Signature, what: e.What}
	if e.What != "" {
		k.at = e.At.UnixMicro()
	}
	return k
}

// readLedgers reads the ledger of a data folder, if it has one, and others, which must be there.
func readLedgers(dir string, others []string) (all []signing.Erasure, err error) {
	own := filepath.Join(dir, ledgerFile)
	for _, name := range append([]string{own}, others...) {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) && name == own {
			continue
		}
		if err != nil {
			return nil, err
		}
		some, whole, err := parseLedger(bytes.NewReader(text))
		if err == nil && whole == 0 {
			err = errors.New("it is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("the ledger %s: %w; whoever was erased or hidden since the backup would come back, so nothing was restored: "+
				"give a whole copy with --erasures, and move this one away", name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// RecordErasures brings the ledger up to date with the table. It reads both only when there is something new.
func (a *App) RecordErasures(ctx context.Context) error {
	n, err := a.Signing.Erasures.Count(ctx)
	if err != nil || n == a.recorded {
		return err
	}
	if err := updateLedger(a.Folder(), func(fn func(signing.Erasure) error) error { return a.Signing.Erasures.Each(ctx, fn) }); err != nil {
		return fmt.Errorf("the ledger %s: %w", filepath.Join(a.Folder(), ledgerFile), err)
	}
	a.recorded = n
	return nil
}

// updateLedger adds what the ledger of a data folder lacks, on stable storage. A lock keeps processes from adding at once.
func updateLedger(dir string, each func(fn func(signing.Erasure) error) error) (err error) {
	f, err := os.OpenFile(filepath.Join(dir, ledgerFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	there, whole, err := parseLedger(f)
	if err != nil {
		return err
	}
	known := make(map[lineOf]bool, len(there))
	for _, e := range there {
		known[keyOf(e)] = true
	}
	var added []byte
	if whole == 0 {
		added = []byte(ledgerHead)
	}
	err = each(func(e signing.Erasure) error {
		if !known[keyOf(e)] {
			added = appendErasure(added, e)
		}
		return nil
	})
	if err != nil || len(added) == 0 {
		return err
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	if _, err := f.WriteAt(added, whole); err != nil {
		return err
	}
	if err := f.Sync(); err != nil || whole > 0 {
		return err
	}
	folder, err := os.Open(dir) // the file is new: its name must be on stable storage too
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

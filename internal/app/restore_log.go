package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
	"github.com/undersigned/undersigned/verify"
)

const formerKey = "log_former"

// FormerLogs returns the logs that this instance's log goes on from, the oldest first; none unless it was restored.
func (a *App) FormerLogs(ctx context.Context) (former []tlog.Former, err error) {
	err = a.DB.View(ctx, func(tx *store.Tx) error {
		former, err = formerLogs(tx)
		return err
	})
	return former, err
}

func formerLogs(tx *store.Tx) (former []tlog.Former, err error) {
	var text []byte
	err = tx.Row(qFindInstance, formerKey).Scan(&text)
	if errors.Is(err, store.ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return former, json.Unmarshal(text, &former)
}

func originOf(verifier string) string {
	origin, _, _ := strings.Cut(verifier, "+")
	return origin
}

// checkLog looks, before anything is written, at whether the log can go on as it is to. It returns the checkpoint from
// outside, nil when a log of another name is to go on.
func (r Restore) checkLog(b Backup) (*verify.Checkpoint, error) {
	if r.Since == "" {
		if r.Instance.Origin == originOf(b.LogKey) {
			return nil, fmt.Errorf("--origin: without --since the log goes on under another name than %s: give another, or none; nothing was restored",
				r.Instance.Origin)
		}
		if r.Instance.Origin != "" {
			return nil, tlog.CheckOrigin(r.Instance.Origin)
		}
		return nil, nil
	}
	text, err := os.ReadFile(r.Since)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	c, err := tlog.OpenKnown(text, b.LogKey)
	if err != nil {
		return nil, fmt.Errorf("--since %s is no checkpoint of the log %s (%w); nothing was restored", r.Since, originOf(b.LogKey), err)
	}
	if c.Size > b.LogSize {
		return nil, fmt.Errorf("--since: the public has seen %d leaves of the log, and the backup holds %d: restore a later backup, or leave --since away, "+
			"and a log of another name goes on from this one; nothing was restored", c.Size, b.LogSize)
	}
	if c.Size < b.LogShown {
		return nil, fmt.Errorf("--since: that checkpoint is of %d leaves, and the public had seen %d when the backup was made: it does not say what was "+
			"shown after that. Give the last checkpoint there was, or leave --since away, and a log of another name goes on from this one; nothing was restored",
			c.Size, b.LogShown)
	}
	key, err := tlog.ReadKey(r.Instance.Data)
	if errors.Is(err, fs.ErrNotExist) || err == nil && key.Verifier() != b.LogKey {
		return nil, fmt.Errorf("--since continues the log %s, and %s/keys has no %s of it: put that file back (undersigned keys import FILE --identity FILE), "+
			"or leave --since away, and a log of another name goes on from this one; nothing was restored", originOf(b.LogKey), r.Instance.Data, tlog.KeyFile)
	}
	return &c, err
}

// goOn lets the log go on: under its name if a checkpoint from outside says that the public has seen no more than the
// backup holds, else under another name and key. It may run again.
func (r Restore) goOn(ctx context.Context, db *store.DB, since *verify.Checkpoint, report *RestoreReport) error {
	var known []byte
	if err := db.View(ctx, func(tx *store.Tx) error { return tx.Row(qFindInstance, "log_key").Scan(&known) }); err != nil {
		return err
	}
	succeeded := string(known) != report.Backup.LogKey // an interrupted run has got so far
	report.Origin = originOf(string(known))
	if succeeded {
		report.Former = originOf(report.Backup.LogKey)
	}
	switch {
	case since != nil && succeeded:
		return fmt.Errorf("--since: an interrupted run without it has given the log another name, %s: leave it away", report.Origin)
	case since != nil:
		key, err := tlog.ReadKey(r.Instance.Data)
		if err != nil {
			return err
		}
		log, err := tlog.Open(ctx, db, key)
		if err != nil {
			return err
		}
		if err := log.Extends(ctx, *since); err != nil {
			return fmt.Errorf("--since: %w: keep both files for whoever looks into that, and leave --since away, so that a log of another name goes on", err)
		}
		return nil
	case succeeded:
		return nil
	}
	origin := r.Instance.Origin
	if origin == "" {
		origin = tlog.NewOrigin()
	}
	// Whatever key is there belongs to a log that may have been seen.
	if _, err := seal.SetAside(r.Instance.Data, tlog.KeyFile); err != nil {
		return err
	}
	key, err := tlog.OpenKey(r.Instance.Data, origin)
	if err != nil {
		return err
	}
	report.Origin, report.Former = origin, originOf(report.Backup.LogKey)
	return db.Update(ctx, func(tx *store.Tx) error { return succeed(tx, report.Backup.LogKey, key) })
}

// succeed hands the log to a key of another name, and records the one before.
func succeed(tx *store.Tx, verifier string, key tlog.Key) error {
	last, err := tlog.Succeed(tx, verifier, key)
	if err != nil {
		return err
	}
	former, err := formerLogs(tx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(append(former, tlog.Former{Key: verifier, Checkpoint: string(last), At: tx.Now().Truncate(time.Second)}))
	if err != nil {
		return err
	}
	for name, value := range map[string][]byte{"log_key": []byte(key.Verifier()), "log_origin": []byte(key.Origin()), formerKey: text} {
		if _, err := tx.Exec(qPutInstance, name, value); err != nil {
			return err
		}
	}
	return nil
}

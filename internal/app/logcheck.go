package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// maxProblems bounds what a check of the log lists.
const maxProblems = 100

// CheckLog reads the whole log of one moment and everything that hangs on it: the database's own structure, every leaf and
// tile, the signed checkpoints, the row, the public name and the sealed data of every signature, the texts, the numbers. It
// returns how far the log is, and what is wrong.
func (a *App) CheckLog(ctx context.Context) (state tlog.State, problems []error, err error) {
	problem := func(err error) {
		switch {
		case len(problems) < maxProblems:
			problems = append(problems, err)
		case len(problems) == maxProblems:
			problems = append(problems, errors.New("and more"))
		}
	}
	if err := a.DB.CheckFile(ctx); err != nil {
		problem(err) // and what can still be read is told too
	}
	err = a.DB.View(ctx, func(tx *store.Tx) error {
		check := a.Signing.NewCheck(tx, problem)
		if state, err = a.Log.Check(tx, check.Leaf, problem); err != nil {
			return err
		}
		return check.End()
	})
	if err != nil && ctx.Err() == nil {
		problem(fmt.Errorf("it cannot be read to its end: %w", err))
		err = nil
	}
	return state, problems, err
}

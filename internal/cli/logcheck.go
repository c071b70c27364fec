package cli

import (
	"fmt"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type logCommand struct {
	Check logCheck `cmd:"" help:"Read the whole log and everything that hangs on it, and say what is wrong."`
	Key   logKey   `cmd:"" help:"Print the key that checkpoints are signed with, for auditors."`

	Checkpoint logCheckpoint `cmd:"" help:"Print the last checkpoint that the public was shown; once the server has stopped, it is the last there will be."`
}

type logCheck struct {
	config.Instance
	JSON bool `help:"Print one JSON object."`
}

// Run checks the log; it may run beside a server.
func (c *logCheck) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		state, problems, err := a.CheckLog(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			told := []string{}
			for _, p := range problems {
				told = append(told, p.Error())
			}
			err = e.printJSON(map[string]any{"origin": state.Checkpoint.Origin, "size": state.Checkpoint.Size, "root": state.Checkpoint.Root,
				"published": state.Published.Size, "problems": told})
		} else {
			e.printf("log %s: %d leaves, %d published\n", state.Checkpoint.Origin, state.Checkpoint.Size, state.Published.Size)
			for _, p := range problems {
				e.printf("problem: %s\n", p)
			}
		}
		switch {
		case err != nil:
			return err
		case len(problems) > 0:
			return fmt.Errorf("the log check found problems: %d", len(problems))
		}
		if err := a.LogChecked(e.ctx); err != nil {
			return err
		}
		if !c.JSON {
			e.printf("Leaves, tiles, checkpoints, signatures, names, sealed data, texts and numbers agree.\n")
		}
		return nil
	})
}

type logCheckpoint struct {
	config.Instance
	JSON bool `help:"Print one JSON object."`
}

// Run prints the checkpoint as it is served.
func (c *logCheckpoint) Run(e *environment) error {
	return e.withExisting(c.Instance, func(a *app.App) error {
		state, err := a.Log.State(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return e.printJSON(map[string]any{"size": state.Published.Size, "root": state.Published.Root, "signed": string(state.Signed())})
		}
		e.printf("%s", state.Signed())
		return nil
	})
}

type logKey struct {
	config.Instance
	JSON bool `help:"Print one JSON object."`
}

// Run prints the key as a policy file has it.
func (c *logKey) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		if c.JSON {
			return e.printJSON(map[string]string{"key": a.Log.Key()})
		}
		e.printf("log %s\nquorum none\n", a.Log.Key())
		return nil
	})
}

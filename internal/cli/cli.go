// Package cli owns the command line: one file a subcommand, each a struct whose fields are its flags.
//
// It promises one line that says what is wrong and what to do, exit code 1 for a failure and 2 for wrong usage, and with
// --json an output that programs can read. It must not hold a rule: it opens an App and calls it.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/i18n"
)

// grammar is the whole command line.
type grammar struct {
	Demo         demoCommand         `cmd:"" help:"Serve a working instance with sample letters; nothing to configure."`
	Serve        serveCommand        `cmd:"" help:"Serve an instance."`
	Import       importCommand       `cmd:"" help:"Read letters and lists of signatories from files."`
	Letter       letterCommand       `cmd:"" help:"List, show, set up, publish and close letters."`
	Update       updateCommand       `cmd:"" help:"Publish, list and remove updates: articles about what has happened since a letter was published."`
	Organisation organisationCommand `cmd:"" help:"Write and list the directory of organisations."`
	Member       memberCommand       `cmd:"" help:"Let people into the editors' desk: members of organisations and their links."`
	Addressee    addresseeCommand    `cmd:"" help:"Say who a letter goes to."`
	Delivery     deliveryCommand     `cmd:"" help:"Hand a letter over."`
	Response     responseCommand     `cmd:"" help:"Enter and publish what came back."`
	Statement    statementCommand    `cmd:"" help:"What the office of an addressee states itself."`
	Demand       demandCommand       `cmd:"" help:"Note and show where demands stand."`
	Exhibit      exhibitCommand      `cmd:"" help:"Store files that something rests on."`
	Signature    signatureCommand    `cmd:"" help:"List, release and remove signatures."`
	Export       exportCommand       `cmd:"" help:"Write letters and lists of signatories to files."`
	Verify       verifyCommand       `cmd:"" help:"Check the numbers, names and texts of any server or bundle against its log, or a receipt."`
	Log          logCommand          `cmd:"" help:"Check this instance's log, and print its key."`
	Backup       backupCommand       `cmd:"" help:"Write an encrypted backup of the database, beside a running server; the keys are not in it."`
	Restore      restoreCommand      `cmd:"" help:"Fill an empty instance, of either engine, from a backup."`
	Keys         keysCommand         `cmd:"" help:"Export, import and list the instance's keys."`
	Mail         mailCommand         `cmd:"" help:"Take mails that come in; say who is sent none any more, and lift it."`
	Doctor       doctorCommand       `cmd:"" help:"Look for what is likely to be wrong with the instance and the settings of its server, and say how to mend it."`
	Bench        benchCommand        `cmd:"" help:"Measure signing, confirming and reading beside the bare limits of the machine."`
	Migrate      migrateCommand      `cmd:"" help:"Create the instance or bring its database up to this version."`
}

// environment is what commands run with.
type environment struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	lines          logWriter // the log's
}

// log returns the logger of a server: one JSON line an event.
func (e *environment) log() *slog.Logger { return slog.New(slog.NewJSONHandler(&e.lines, nil)) }

// Main runs the command line and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var g grammar
	exit := -1
	parser, err := kong.New(&g, kong.Name("undersigned"), kong.Description("Open letters that ask an authority to act: signed, counted, delivered and followed."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }), kong.UsageOnError(), kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		panic(err) // a tag of the grammar is wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		command := commandOf(err)
		fmt.Fprintf(stderr, "undersigned: %v\nTry: undersigned %s--help\n", err, command)
		if command == receiveCommand { // a mail server would send the mail back, which an option that has another name now is no reason for
			return tempFail
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	e := &environment{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr, lines: logWriter{out: stderr}}
	err = parsed.Run(e)
	_ = e.lines.flush()
	if err != nil {
		fmt.Fprintf(stderr, "undersigned: %s\n", describe(err))
		switch {
		case errors.Is(err, errTemporary): // whatever is wrong
			return tempFail
		case errors.Is(err, errUsage):
			return 2
		case errors.Is(err, errTooLarge):
			return dataErr
		}
		return 1
	}
	return 0
}

var (
	errUsage = errors.New("wrong usage")

	// errTemporary says to a program that has called this one to do so again later.
	errTemporary = errors.New("try again later")

	// errTooLarge says to such a program that it never will be taken, so that whoever sent it is told.
	errTooLarge = errors.New("this mail is too large, only its beginning has arrived")
)

// What such a program knows these by (EX_TEMPFAIL and EX_DATAERR of sysexits.h).
const (
	tempFail = 75
	dataErr  = 65
)

// receiveCommand is the command that mail servers call.
const receiveCommand = "mail receive "

func commandOf(err error) string {
	if p, ok := errors.AsType[*kong.ParseError](err); ok && p.Context != nil {
		if command := p.Context.Command(); command != "" {
			name, _, _ := strings.Cut(command, " <")
			return name + " "
		}
	}
	return ""
}

// describe says what a user may see in English, and an internal error as it is: whoever types commands runs the instance.
func describe(err error) string {
	faults := fault.All(err)
	if len(faults) == 0 {
		return err.Error()
	}
	english := i18n.Find(i18n.Default)
	var lines []string
	for _, f := range faults {
		line := english.T("fault."+f.Key, f.Pairs()...)
		if f.Field != "" {
			line = f.Field + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// open opens the instance for a command.
func (e *environment) open(instance config.Instance) (*app.App, error) {
	return app.Open(e.ctx, app.Options{Instance: instance})
}

// with opens the instance, runs fn and closes it.
func (e *environment) with(instance config.Instance, fn func(a *app.App) error) error {
	a, err := e.open(instance)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// printJSON writes one compact object on a line.
func (e *environment) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (e *environment) printf(format string, args ...any) { fmt.Fprintf(e.stdout, format, args...) }

// done says in a line that something was done, unless err says that it was not.
func (e *environment) done(err error, format string, args ...any) error {
	if err == nil {
		e.printf(format, args...)
	}
	return err
}

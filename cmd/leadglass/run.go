package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"leadglass/internal/campaign"
	"leadglass/internal/plain"
	"leadglass/internal/publish"
)

// commandLine is the whole command line: the global flags and one field a
// command, each in a file of its own.
type commandLine struct {
	Store    string `help:"Where surveys are kept: a file, or a PostgreSQL database as postgres://USER@HOST/DATABASE." default:"leadglass.db" env:"LEADGLASS_STORE" placeholder:"FILE"`
	Quiet    bool   `short:"q" help:"No progress and no hints, only results and errors."`
	LogLevel string `help:"Log to stderr from this level on: debug, info, warn, error, off." enum:"debug,info,warn,error,off" default:"warn"`
	LogAddr  bool   `name:"log-addresses" help:"Log addresses and host names too, and what names them."`
	NoColor  bool   `help:"No colours (also by NO_COLOR in the environment)."`

	Check    checkCommand    `cmd:"" help:"Assess single archives now."`
	Survey   surveyCommands  `cmd:"" help:"Survey a scope into the store; list, show and cancel surveys."`
	Worker   workerCommand   `cmd:"" help:"Run a worker that joins surveys in a PostgreSQL store."`
	Report   reportCommand   `cmd:"" help:"Report on a survey."`
	Diff     diffCommand     `cmd:"" help:"Say what has changed between two surveys."`
	Trend    trendCommand    `cmd:"" help:"Show the figures of several surveys of one scope."`
	Cases    casesCommand    `cmd:"" help:"List, show and mark single systems over surveys."`
	Recheck  recheckCommand  `cmd:"" help:"Examine single systems of a survey again."`
	Contacts contactsCommand `cmd:"" help:"Find and import contacts of those who can fix."`
	Export   exportCommand   `cmd:"" help:"Write exposed systems for IntelMQ, MISP, STIX, DefectDojo and others; confidential."`
	Disclose discloseCommand `cmd:"" help:"Prepare and track encrypted notifications."`
	Scope    scopeCommand    `cmd:"" help:"Look at scope files."`
	Lab      labCommand      `cmd:"" help:"Run a simulated fleet of archives on this machine."`
	Demo     demoCommand     `cmd:"" help:"Simulated fleet, survey, score and report in one go."`
	Products productsCommand `cmd:"" help:"List the products that are recognised."`
	Checks   checksCommand   `cmd:"" help:"List the checks and the rule of the grades."`
	Version  versionCommand  `cmd:"" help:"Show the version and the licences."`
}

// app is what every command is given.
type app struct {
	*commandLine
	// out and err are for people and for programs; what steers a terminal does
	// not get through to out.
	out, err io.Writer
	// painted is stdout as it is, for text whose colours are our own.
	painted io.Writer
	log     *slog.Logger
	// ownStore: --store was given, and not only its default or the environment.
	ownStore bool
	// resolver resolves the names of a scope; nil for the system's.
	resolver campaign.Resolver
	// live: stderr is a terminal, so that a status line can be kept there.
	live bool
	// color: stdout is a terminal that may be coloured.
	color bool
	// now is the clock by which a scope's validity is judged; nil for the system's.
	now func() time.Time
}

const description = `Leadglass surveys the medical image archives of a scope you are authorised for:
which archives answer, how they are exposed, and how many studies and images
are open, counted without reading a patient's data.

It never retrieves an image, writes to an archive, or guesses a password.

Exit codes: 0 done; 1 failed; 2 usage, or refused (scope, validity,
unauthorised target); 3 done but incomplete; 4 --fail-on verdict met.`

// run is the program: it parses args, runs the command and returns the exit
// code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cl commandLine
	exited := -1
	parser, err := kong.New(&cl, kong.Name("leadglass"), kong.Description(description),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(withDefault), kong.UsageOnError(), formats())
	if err != nil {
		fmt.Fprintln(stderr, "leadglass:", err)
		return exitFailed
	}
	k, err := parser.Parse(usualWords(args))
	switch {
	case exited >= 0: // help was printed
		return exited
	case err != nil:
		fmt.Fprintln(stderr, "leadglass:", plain.Text(usageMessage(err)))
		return exitUsage
	}
	a := &app{commandLine: &cl, out: plain.NewWriter(stdout), painted: stdout, err: stderr, log: logger(stderr, cl.LogLevel, cl.LogAddr),
		live: isTerminal(stderr) && !cl.Quiet, color: isTerminal(stdout) && !cl.NoColor && os.Getenv("NO_COLOR") == ""}
	a.ownStore = slices.ContainsFunc(k.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == "store" })
	k.BindTo(ctx, (*context.Context)(nil))
	return a.finish(k.Run(a))
}

// formats are the variables of the command line that list formats of documents.
func formats() kong.Vars {
	return kong.Vars{"report_formats": strings.Join(publish.Report().Formats(), ","), "diff_formats": strings.Join(publish.Comparison().Formats(), ",")}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// logger logs to w from a level on. What is logged never holds a value of a
// patient attribute. Addresses and host names stand in the attributes "target"
// and "detail" alone, which are left out unless addresses is set.
func logger(w io.Writer, level string, addresses bool) *slog.Logger {
	if level == "off" {
		return slog.New(slog.DiscardHandler)
	}
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // the parser admits known levels only
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		if !addresses && (attr.Key == "target" || attr.Key == "detail") {
			return slog.Attr{}
		}
		return attr
	}}))
}

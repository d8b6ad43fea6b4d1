// Command sibai runs a 400-number business: see `sibai --help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"sibai/internal/build"
	"sibai/internal/config"
	"sibai/internal/explain"
	"sibai/internal/fault"
)

// cli is the command line. Each command lives in a file of its name.
type cli struct {
	Config string            `short:"c" placeholder:"FILE" env:"SIBAI_CONFIG" help:"Settings file (YAML). Without it: defaults, environment and flags."`
	Set    map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"One setting, such as --set data=/var/lib/sibai. May be given again."`
	Data   string            `placeholder:"DIR" help:"Data directory; the same as --set data=DIR."`
	Lang   string            `enum:"zh,en," default:"" help:"Language of what is printed: zh or en. Default: zh when LANG says so, else en."`

	Demo      demoCmd      `cmd:"" help:"Show the main job: real callers call 400 numbers over SIP, and every call is charged and explained."`
	Serve     serveCmd     `cmd:"" help:"Run a node: take calls, charge them, serve the pages."`
	Apply     applyCmd     `cmd:"" help:"Make an installation as a site file describes it: trunks, customers, plans, numbers."`
	Explain   explainCmd   `cmd:"" help:"Say what happened in a call, why, and what it cost, line by line."`
	Whatif    whatifCmd    `cmd:"" help:"Rate the calls of a period, or a declared volume, under any plan, and say which plan suits."`
	Statement statementCmd `cmd:"" help:"List what moved on a customer's account in a month, and why, between opening and closing balance."`
	Key       keyCmd       `cmd:"" help:"Make, list and revoke the keys by which other programs use the API."`
	Audit     auditCmd     `cmd:"" help:"Check the books: every promise of charging, on the store as it is now."`
	Doctor    doctorCmd    `cmd:"" help:"Check ports, disk, clock, store and settings, and say how to mend what is wrong."`
	Export    exportCmd    `cmd:"" help:"Write the whole installation into a file, to move it between SQLite and PostgreSQL."`
	Import    importCmd    `cmd:"" help:"Read an export into an empty store, and check every row and the books."`
	Spool     spoolCmd     `cmd:"" help:"List the calls that ended while the store was away and wait to be booked."`
	Number    numberCmd    `cmd:"" help:"The inventory of numbers: take them in, find them, grade them, and say what became of each."`
	Notices   noticesCmd   `cmd:"" help:"List what customers and you should know: balances that ran low, stages of arrears, numbers that were given up."`
	Outbox    outboxCmd    `cmd:"" help:"E-mails to customers: who is written to, what was sent, what waits; send again or drop."`
	Bill      billCmd      `cmd:"" help:"Take what is due without a call now: fees, minimum consumption, expiry, arrears; or with --preview say what it would be."`
	TopUp     topUpCmd     `cmd:"" name:"topup" help:"Book money that came in from a customer."`
	Staff     staffCmd     `cmd:"" help:"The operator's people: let them in, list them, dismiss them."`
	Member    memberCmd    `cmd:"" help:"The people who act for a customer."`
	Traces    tracesCmd    `cmd:"" help:"Say what people did and looked at, the newest first."`
	Order     orderCmd     `cmd:"" help:"Orders of numbers: place, sign, pay, review, open; see what became of each."`
	Pay       payCmd       `cmd:"" help:"Payments over payment providers: ask for one, see what became of it, give it back."`
	RealName  realnameCmd  `cmd:"" name:"realname" help:"Real-name verification: applications, documents, reviews, and numbers that rules stop."`
	Refund    refundCmd    `cmd:"" help:"Book money that goes back to a customer, from its cash."`
	Reverse   reverseCmd   `cmd:"" help:"Undo a top-up or a refund that was booked by mistake."`
	Renew     renewCmd     `cmd:"" help:"Take the fee of a number's next term now; it begins where the running one ends."`
	Bench     benchCmd     `cmd:"" help:"Measure what this machine carries."`
	Conf      configCmd    `cmd:"" name:"config" help:"Print the settings in force, as a file that --config reads."`
	Version   versionCmd   `cmd:"" help:"Print version and build."`
}

// errFailed ends the process with status 1; what is wrong was printed already.
var errFailed = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	var c cli
	k, err := parser(&c, args, kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err != nil {
		panic(err) // the command line's own definition is wrong
	}
	command, err := k.Parse(args)
	k.FatalIfErrorf(err)
	err = command.Run()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
	default:
		fmt.Fprintln(os.Stderr, c.describe(err))
	}
	return 1
}

// describe says an error in the user's language, with the remedy where one is
// known; several errors at once each on lines of their own.
func (c *cli) describe(err error) string {
	lang := c.faults()
	var invalid *fault.Invalid
	if errors.As(err, &invalid) {
		return invalid.Text(lang)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, c.describe(e))
		}
		return strings.Join(lines, "\n")
	}
	var known *fault.Error
	if !errors.As(err, &known) {
		return "sibai: " + err.Error()
	}
	where := known.Where
	if where == "" {
		where = "sibai"
	}
	text := where + ": " + known.Text(lang)
	if remedy := known.Remedy(lang); remedy != "" {
		text += "\n  → " + remedy
	}
	return text
}

// faults is the language for package fault.
func (c *cli) faults() fault.Lang {
	if c.language() == explain.ZH {
		return fault.Chinese
	}
	return fault.English
}

func (c *cli) language() explain.Lang {
	switch {
	case c.Lang != "":
		return explain.Lang(c.Lang)
	case strings.HasPrefix(os.Getenv("LC_ALL")+os.Getenv("LANG"), "zh"):
		return explain.ZH
	}
	return explain.EN
}

// load reads the settings.
func (c *cli) load() (config.Config, error) {
	set := map[string]string{}
	for k, v := range c.Set {
		set[k] = v
	}
	if c.Data != "" {
		set["data"] = c.Data
	}
	return config.Load(c.Config, os.Environ(), set)
}

func logger(cfg config.Config) *slog.Logger { return slog.New(cfg.Log.Handler(os.Stderr)) }

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println(build.Get())
	return nil
}

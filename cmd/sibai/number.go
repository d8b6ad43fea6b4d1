package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/explain"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/inventory"
	"sibai/internal/number"
)

type numberCmd struct {
	Import   numberImportCmd   `cmd:"" help:"Take the numbers of a CSV or Excel file into the inventory."`
	Generate numberGenerateCmd `cmd:"" help:"Take every number from one to another into the inventory."`
	Search   numberSearchCmd   `cmd:"" help:"Find numbers for sale, the cheapest grade first."`
	History  numberHistoryCmd  `cmd:"" help:"Say what became of a number since it came into the inventory."`
	State    numberStateCmd    `cmd:"" help:"Give a single number another state by hand, with a reason."`
	Grade    numberGradeCmd    `cmd:"" help:"Give a single number another grade, with a reason, and say what was said of it before."`
	Grades   numberGradesCmd   `cmd:"" help:"Print the table of grades as CSV, or replace it."`
}

type numberImportCmd struct {
	File    string `arg:"" help:"CSV or Excel (.xlsx) whose heading names the columns number and, where another carrier carries them, serving (unicom, telecom, mobile). - reads standard input."`
	Preview bool   `short:"n" help:"Only say what would be taken in."`
}

func (cmd *numberImportCmd) Run(ctx context.Context, c *cli) error {
	from, err := input(cmd.File)
	if err != nil {
		return err
	}
	defer from.Close()
	items, err := inventory.ReadNumbers(from)
	if err != nil {
		return fault.Wrap(err, fault.NumbersFileInvalid, "file", cmd.File, "reason", oneLine(err))
	}
	return stock(ctx, c, items, "import", cmd.Preview)
}

type numberGenerateCmd struct {
	First   string `arg:"" help:"The first number, such as 400-826-0000."`
	Last    string `arg:"" help:"The last number, of the same segment."`
	Preview bool   `short:"n" help:"Only say what would be taken in."`
}

func (cmd *numberGenerateCmd) Run(ctx context.Context, c *cli) error {
	first, err := number.Parse(cmd.First)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", cmd.First)
	}
	last, err := number.Parse(cmd.Last)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", cmd.Last)
	}
	list, ok := number.Between(first, last)
	if !ok {
		return fault.New(fault.NumbersRangeInvalid, "first", cmd.First, "last", cmd.Last)
	}
	items := make([]inventory.Item, len(list))
	for i, digits := range list {
		items[i] = inventory.Item{Digits: digits}
	}
	return stock(ctx, c, items, "generate", cmd.Preview)
}

// stock takes numbers in, so many at once that calls need not wait for long.
func stock(ctx context.Context, c *cli, items []inventory.Item, why string, preview bool) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var sum inventory.Taken
	for len(items) > 0 {
		part := items[:min(inventory.MaxItems, len(items))]
		items = items[len(part):]
		out, err := app.Operate(ctx, cfg, app.Order{Do: app.DoStock, Items: part, Why: why, Preview: preview}, logger(cfg))
		if err != nil {
			return err
		}
		sum.Added += out.Taken.Added
		sum.Known = append(sum.Known, out.Taken.Known...)
	}
	zh := c.language() == explain.ZH
	words := [2]string{"taken in: %d; in the inventory already: %d\n", "入库 %d 个，已在库中 %d 个\n"}
	if preview {
		words = [2]string{"a preview, nothing was written: %d would be taken in, %d are in the inventory already\n", "预览，没有写入：将入库 %d 个，已在库中 %d 个\n"}
	}
	fmt.Printf(words[map[bool]int{true: 1}[zh]], sum.Added, len(sum.Known))
	return nil
}

type numberHistoryCmd struct {
	Number string `arg:"" help:"The number, such as 400-123-4567."`
}

func (cmd *numberHistoryCmd) Run(ctx context.Context, c *cli) error {
	digits, err := number.Parse(cmd.Number)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", cmd.Number)
	}
	return inventoryOf(ctx, c, func(s *inventory.Service) error {
		list, err := s.History(ctx, digits)
		for _, e := range list {
			was := string(e.Was)
			if was == "" {
				was = "–"
			}
			who := ""
			if e.Who != "" {
				who = "  " + e.Who
			}
			fmt.Printf("%s  %s → %s  (%s)%s\n", e.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), was, e.State, e.Why, who)
		}
		return err
	})
}

type numberStateCmd struct {
	Number string `arg:"" help:"The number, such as 400-123-4567."`
	State  string `arg:"" help:"active, suspended, closing, quarantine (its customer has it no more) or available. Freezes: sibai realname freeze."`
	Why    string `help:"The reason; it is kept."`
	Who    string `env:"USER" help:"Who does so; it is kept."`
}

func (cmd *numberStateCmd) Run(ctx context.Context, c *cli) error {
	digits, err := number.Parse(cmd.Number)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", cmd.Number)
	}
	_, err = c.operate(ctx, app.Order{Do: app.DoMove, Number: digits, State: number.State(cmd.State), Why: cmd.Why, Who: cmd.Who})
	return err
}

type numberGradeCmd struct {
	Number  string `arg:"" help:"The number, such as 400-123-4567."`
	Grade   string `arg:"" optional:"" help:"Code of a grade in the table, plain, or table for that of the table again. Left out: only say what was said before."`
	Fee     string `placeholder:"YUAN" help:"A fee of its own for the number, with --minimum; no discount changes it."`
	Minimum string `placeholder:"YUAN" help:"A monthly minimum of its own, with --fee."`
	Why     string `help:"The reason; it is kept."`
	Who     string `env:"USER" help:"Who says so; it is kept."`
}

func (cmd *numberGradeCmd) Run(ctx context.Context, c *cli) error {
	digits, err := number.Parse(cmd.Number)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", cmd.Number)
	}
	if cmd.Grade != "" || cmd.Fee != "" || cmd.Minimum != "" {
		if cmd.Grade == "table" {
			cmd.Grade = ""
		}
		word, err := inventory.WordOf(cmd.Grade, cmd.Fee, cmd.Minimum)
		if err != nil {
			return err
		}
		if _, err := c.operate(ctx, app.Order{Do: app.DoGrade, Number: digits, Word: word, Why: cmd.Why, Who: cmd.Who}); err != nil {
			return err
		}
	}
	return inventoryOf(ctx, c, func(s *inventory.Service) error {
		list, err := s.Overrides(ctx, digits)
		for _, o := range list {
			said := o.Grade
			if said == "" {
				said = "table"
			}
			if o.Priced {
				said += "  ¥" + o.Fee.String() + " + ¥" + o.Minimum.String()
			}
			fmt.Printf("%s  %s  %s  (%s)\n", o.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), said, o.Why, o.Who)
		}
		return err
	})
}

type numberGradesCmd struct {
	Replace string `placeholder:"FILE" help:"Replace the table by this CSV: code, name, english, form, fee, minimum, in the order in which forms are tried; amounts in yuan."`
}

func (cmd *numberGradesCmd) Run(ctx context.Context, c *cli) error {
	if cmd.Replace == "" {
		return inventoryOf(ctx, c, func(s *inventory.Service) error {
			grades, err := s.Grades(ctx)
			return errors.Join(err, inventory.WriteGrades(os.Stdout, grades))
		})
	}
	from, err := input(cmd.Replace)
	if err != nil {
		return err
	}
	defer from.Close()
	grades, err := inventory.ReadGrades(from)
	if err != nil {
		return fault.Wrap(err, fault.NumbersFileInvalid, "file", cmd.Replace, "reason", oneLine(err))
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	_, err = app.Operate(ctx, cfg, app.Order{Do: app.DoGrades, Grades: grades}, logger(cfg))
	return err
}

// inventoryOf reads the inventory of what is stored.
func inventoryOf(ctx context.Context, c *cli, f func(*inventory.Service) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return err
	}
	return f(inventory.New(store.Catalog, ids.Next, nil))
}

func input(file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(file)
}

// oneLine is an error of several lines as one.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func encodeLine(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

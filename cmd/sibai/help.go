package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"sibai/internal/explain"
)

// asked is the language that a command line wants, before it is read: help may
// be all that it is for.
func asked(args []string) explain.Lang {
	c := cli{}
	for i, arg := range args {
		if text, ok := strings.CutPrefix(arg, "--lang="); ok {
			c.Lang = text
		} else if arg == "--lang" && i+1 < len(args) {
			c.Lang = args[i+1]
		}
	}
	return c.language()
}

// inChinese puts the help of every command, argument and flag into Chinese.
func inChinese(k *kong.Kong) {
	eachHelp(k.Model.Node, func(text *string) {
		if zh, ok := chineseHelp[*text]; ok {
			*text = zh
		}
	})
}

// eachHelp visits the help texts of a command and of those below it.
func eachHelp(n *kong.Node, f func(*string)) {
	f(&n.Help)
	for _, flag := range n.Flags {
		f(&flag.Help)
	}
	for _, value := range n.Positional {
		f(&value.Help)
	}
	for _, child := range n.Children {
		eachHelp(child, f)
	}
}

// frame are the words that kong puts around the help texts, as a line begins or
// ends with them.
var frame = []string{
	"Usage: ", "用法：",
	"\nArguments:\n", "\n参数：\n",
	"\nFlags:\n", "\n选项：\n",
	"\nCommands:\n", "\n命令：\n",
	"<command>", "<命令>",
	"[flags]", "[选项]",
	"\nRun \"", "\n运行 \"",
	"\" for more information on a command.", "\" 查看一个命令的说明。",
}

// printChinese prints help with the frame in Chinese, too.
func printChinese(options kong.HelpOptions, ctx *kong.Context) error {
	var page bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &page
	err := kong.DefaultHelpPrinter(options, ctx)
	ctx.Stdout = out
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, strings.NewReplacer(frame...).Replace(page.String()))
	return err
}

// parser reads command lines into c, and helps in the language asked for.
func parser(c *cli, args []string, more ...kong.Option) (*kong.Kong, error) {
	zh := asked(args) == explain.ZH
	if zh {
		more = append(slices.Clone(more), kong.Help(printChinese))
	}
	k, err := kong.New(c, append([]kong.Option{
		kong.Name("sibai"), kong.Writers(os.Stdout, os.Stderr), kong.UsageOnError(),
		kong.Description("Sibai (四百): numbers, calls and charging of a 400-number business in one program.\n\nStart with: sibai demo"),
	}, more...)...)
	if err == nil && zh {
		inChinese(k)
	}
	return k, err
}

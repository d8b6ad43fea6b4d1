package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
)

// Every help text has its Chinese, and no Chinese is left over.
func TestHelpInChinese(t *testing.T) {
	t.Parallel()
	k, err := parser(&cli{}, []string{"--lang=en"})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"Show context-sensitive help.": true}
	eachHelp(k.Model.Node, func(text *string) {
		if used[*text] = true; *text != "" && chineseHelp[*text] == "" {
			t.Errorf("no Chinese for %q", *text)
		}
	})
	for text := range chineseHelp {
		if !used[text] {
			t.Errorf("left over: %q", text)
		}
	}
	if len(used) < 80 {
		t.Errorf("only %d texts were found", len(used))
	}
}

// What is printed for zh has no English sentence left.
func TestHelpPageInChinese(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "bill", "number", "number search"} {
		args := append([]string{"--lang", "zh"}, append(strings.Fields(command), "--help")...)
		var page bytes.Buffer
		k, err := parser(&cli{}, args, kong.Writers(&page, &page), kong.Exit(func(int) {}))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = k.Parse(args) // it prints, and would exit
		text := page.String()
		if !strings.Contains(text, "用法：sibai") || !strings.Contains(text, "选项：") {
			t.Errorf("%s\n%s", command, text)
		}
		for _, english := range []string{"Usage", "Flags:", "Commands:", "Arguments:", "Show ", "Print ", "Run \""} {
			if strings.Contains(text, english) {
				t.Errorf("%s has %q:\n%s", command, english, text)
			}
		}
		if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: %s", command, text)
		}
	}
}

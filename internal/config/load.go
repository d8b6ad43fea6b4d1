package config

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Prefix is what the name of every environment variable starts with; the rest
// is the key in capitals with _ for each dot: SIBAI_HTTP_LISTEN.
const Prefix = "SIBAI_"

// Load reads the settings: defaults, then the file (none if path is empty),
// then environ (as os.Environ gives it), then overrides by key. What it
// returns has been validated.
func Load(path string, environ []string, overrides map[string]string) (Config, error) {
	cfg := Default()
	keys := Keys()
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return cfg, fmt.Errorf("config file %s does not exist: create it, or leave out --config to run on defaults", path)
			}
			return cfg, fmt.Errorf("config file %s: %w", path, err)
		}
	}
	var unknown Problems
	for _, key := range k.Keys() {
		if !slices.Contains(keys, key) {
			unknown = append(unknown, unknownKey(path+": "+key, key, keys))
		}
	}
	variables := map[string]string{}
	for _, key := range keys {
		variables[Variable(key)] = key
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := variables[name]; !ok && strings.HasPrefix(name, Prefix) && !reserved(name) {
			unknown = append(unknown, unknownKey("environment "+name, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, Prefix), "_", ".")), keys))
		}
	}
	err := k.Load(env.Provider(".", env.Opt{
		Prefix: Prefix, EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) { return variables[name], parse(variables[name], value) },
	}), nil)
	if err != nil {
		return cfg, fmt.Errorf("environment: %w", err)
	}
	flags := make(map[string]any, len(overrides))
	for key, value := range overrides {
		if !slices.Contains(keys, key) {
			unknown = append(unknown, unknownKey("--set "+key, key, keys))
			continue
		}
		flags[key] = parse(key, value)
	}
	if err := k.Load(confmap.Provider(flags, "."), nil); err != nil {
		return cfg, fmt.Errorf("flags: %w", err)
	}
	for _, f := range Fields(cfg) {
		if what, remedy := misfit(f, k.Get(f.Key)); what != "" {
			unknown = append(unknown, Problem{Key: f.Key, What: what, Remedy: remedy})
		}
	}
	if len(unknown) > 0 {
		return cfg, unknown
	}
	if err := k.Unmarshal("", &cfg); err != nil {
		return cfg, fmt.Errorf("settings do not fit: %w", err)
	}
	return cfg, cfg.Validate()
}

// misfit says why a value cannot be taken for a setting; an absent one fits.
func misfit(f Field, value any) (what, remedy string) {
	if value == nil {
		return "", ""
	}
	text := fmt.Sprint(value)
	var err error
	switch f.Value.(type) {
	case int:
		remedy = "write a whole number"
		_, err = strconv.Atoi(text)
	case bool:
		remedy = "write true or false"
		_, err = strconv.ParseBool(text)
	case time.Duration:
		remedy = "write a length of time such as 30s, 500ms or 2m"
		_, err = time.ParseDuration(text)
	}
	if err != nil {
		return fmt.Sprintf("%q does not fit", text), remedy
	}
	return "", ""
}

// parse splits the text of a setting that is a list at its commas.
func parse(key, value string) any {
	for _, f := range Fields(Config{}) {
		if _, list := f.Value.([]string); list && f.Key == key {
			return strings.Split(value, ",")
		}
	}
	return value
}

// reserved are variables of Sibai that are not settings: the test suite's.
func reserved(name string) bool { return strings.HasPrefix(name, Prefix+"TEST_") }

// Variable is the environment variable of a key.
func Variable(key string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func unknownKey(where, key string, keys []string) Problem {
	remedy := "`sibai config --reference` lists every setting"
	if near := nearest(key, keys); near != "" {
		remedy = "did you mean " + near + "? " + remedy
	}
	return Problem{Key: where, What: "there is no such setting", Remedy: remedy}
}

// nearest is the key that shares the longest run of letters at either end.
func nearest(key string, keys []string) string {
	best, score := "", 2
	for _, k := range keys {
		n, m := 0, 0
		for n < len(k) && n < len(key) && k[n] == key[n] {
			n++
		}
		for m < len(k)-n && m < len(key)-n && k[len(k)-1-m] == key[len(key)-1-m] {
			m++
		}
		if n+m > score {
			best, score = k, n+m
		}
	}
	return best
}

// Field is one setting and its manual.
type Field struct {
	Key, Doc string
	Value    any
}

// Fields lists every setting with its value in c, in the order of the manual.
func Fields(c Config) []Field {
	var out []Field
	walk("", reflect.ValueOf(c), &out)
	return out
}

func walk(prefix string, v reflect.Value, out *[]Field) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			walk(key+".", v.Field(i), out)
			continue
		}
		*out = append(*out, Field{Key: key, Doc: f.Tag.Get("doc"), Value: v.Field(i).Interface()})
	}
}

// Keys lists the name of every setting.
func Keys() []string {
	fields := Fields(Config{})
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
	}
	return keys
}

// YAML writes the configuration as a file that Load reads, each setting under
// its comment.
func YAML(c Config) string {
	var b strings.Builder
	section := ""
	for _, f := range Fields(c) {
		indent, name := "", f.Key
		if s, rest, ok := strings.Cut(f.Key, "."); ok {
			if s != section {
				fmt.Fprintf(&b, "\n%s:\n", s)
				section = s
			}
			indent, name = "  ", rest
		}
		fmt.Fprintf(&b, "%s# %s\n%s%s: %s\n", indent, f.Doc, indent, name, scalar(f.Value))
	}
	return b.String()
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case time.Duration:
		return v.String()
	}
	return fmt.Sprint(v)
}

// Reference writes the manual of all settings, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nGenerated by `make generate` from `internal/config`. A later source wins: defaults, the file given with\n`--config`, the environment, flags (`--set key=value`). `sibai config` prints what is in force.\n\n")
	b.WriteString("| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range Fields(Default()) {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", f.Key, Variable(f.Key), scalar(f.Value), f.Doc)
	}
	return b.String()
}

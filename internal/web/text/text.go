package text

import (
	"context"
	"embed"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed zh.yaml en.yaml
var files embed.FS

// catalogues has one localizer per language. They are read once, at start; a
// catalogue that cannot be read is a defect of the build, which the tests of
// this package meet first.
var catalogues = load()

func load() map[Lang]*i18n.Localizer {
	bundle := i18n.NewBundle(language.Chinese)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	for _, l := range Langs() {
		name := string(l) + ".yaml"
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		bundle.MustParseMessageFileBytes(data, name)
	}
	out := make(map[Lang]*i18n.Localizer)
	for _, l := range Langs() {
		out[l] = i18n.NewLocalizer(bundle, string(l))
	}
	return out
}

// T is the sentence of key in the language of ctx. Args are name, value pairs
// that fill its places; an int named Count chooses singular or plural and is for
// sentences that have both. A key that is not in the catalogue comes back as it is.
func T(ctx context.Context, key string, args ...any) string {
	config := &i18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		places := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			places[args[i].(string)] = args[i+1]
		}
		config.TemplateData = places
		if n, ok := places["Count"].(int); ok {
			config.PluralCount = n
		}
	}
	s, err := catalogues[From(ctx)].Localize(config)
	if err != nil {
		return key
	}
	return s
}

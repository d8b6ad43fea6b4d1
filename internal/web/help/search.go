package help

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// longest is how many characters of a question are looked at.
const longest = 100

// hit is an article that a question found.
type hit struct {
	article *article
	section *section // where it says so; nil when the title or its first paragraph does
	snippet []part   // some words around the find
	score   int
}

// part is a stretch of a snippet.
type part struct {
	text   string
	marked bool
}

// idle words say nothing about what is looked for. They are only left out when
// others remain.
var idle = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "be": true, "can": true, "do": true, "does": true, "for": true, "how": true,
	"i": true, "if": true, "in": true, "is": true, "it": true, "me": true, "my": true, "of": true, "on": true, "or": true,
	"the": true, "to": true, "what": true, "when": true, "which": true, "who": true, "why": true, "will": true, "with": true, "you": true, "your": true,
	"吗": true, "呢": true, "我": true,
}

// asking are the phrases of a Chinese question that say nothing about what is
// looked for, the longer first.
var asking = strings.NewReplacer("了怎么办", " ", "怎么办", " ", "为什么", " ", "怎么", " ", "怎样", " ", "如何", " ", "什么", " ", "我的", " ", "被", " ")

// term is a word of a question. Chinese has no spaces, so a longer run of
// characters is also tried by its pairs.
type term struct {
	word  string
	pairs []string
}

// terms takes a question apart.
func terms(question string) []term {
	runes := []rune(strings.ToLower(question))
	if len(runes) > longest {
		runes = runes[:longest]
	}
	var words []string
	kind := 0 // of the character before: 1 a letter or digit, 2 Chinese
	for _, r := range asking.Replace(string(runes)) {
		k := 0
		switch {
		case unicode.Is(unicode.Han, r):
			k = 2
		case unicode.IsLetter(r), unicode.IsDigit(r):
			k = 1
		}
		if k != 0 && k != kind {
			words = append(words, "")
		}
		if k != 0 {
			words[len(words)-1] += string(r)
		}
		kind = k
	}
	if telling := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return idle[w] || len(w) == 1 && w > "9" }); len(telling) > 0 {
		words = telling
	}
	slices.Sort(words)
	var out []term
	for _, w := range slices.Compact(words) {
		t := term{word: stem(w)}
		if rs := []rune(w); unicode.Is(unicode.Han, rs[0]) && len(rs) > 2 {
			for i := 0; i+2 <= len(rs); i++ {
				t.pairs = append(t.pairs, string(rs[i:i+2]))
			}
		}
		out = append(out, t)
	}
	return out
}

// stem cuts an English ending, so that "changing" also finds "change".
func stem(w string) string {
	for _, ending := range []string{"ing", "ed", "es", "s", "e"} {
		if cut, ok := strings.CutSuffix(w, ending); ok && len(cut) >= 4 {
			return cut
		}
	}
	return w
}

// What a word is worth, by where it stands.
const (
	inTitle   = 40
	inAlso    = 30
	inLead    = 12
	inHeading = 15
	inText    = 4 // for each of the first five times
)

// search answers with the articles that have at least half of the question's
// words, the best first. A word counts the more, the fewer articles have it.
func (s shelf) search(question string) []hit {
	words := terms(question)
	hits := make([]hit, len(s))
	sections := make([][]int, len(s)) // the score of each article's sections
	found := make([]int, len(s))      // how many of the words an article has
	marks := make([][]string, len(s))
	for i, a := range s {
		hits[i].article, sections[i] = a, make([]int, len(a.sections))
	}
	for _, t := range words {
		scores, parts, have := make([]int, len(s)), make([][]int, len(s)), 0
		for i, a := range s {
			parts[i] = make([]int, len(a.sections))
			var used []string
			if scores[i], used = a.score(t, parts[i]); scores[i] > 0 {
				have++
				found[i]++
				marks[i] = append(marks[i], used...)
			}
		}
		for i := range s {
			if scores[i] == 0 {
				continue
			}
			hits[i].score += scores[i] * len(s) / have
			for k, n := range parts[i] {
				sections[i][k] += n * len(s) / have
			}
		}
	}
	var out []hit
	for i, h := range hits {
		if found[i] == 0 || 2*found[i] < len(words) {
			continue
		}
		best, from := 0, h.article.lead
		for k, n := range sections[i] {
			if n > best {
				best, h.section = n, &h.article.sections[k]
				from = h.section.plain
			}
		}
		h.snippet = snippet(from, marks[i])
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(x, y hit) int { return cmp.Compare(y.score, x.score) })
	return out
}

// score is what t is worth in a, with the words that were found, and adds to
// the sections' own. A run of Chinese that is nowhere as a whole counts by its
// pairs, of which at least half must be there.
func (a *article) score(t term, sections []int) (score int, used []string) {
	if score = a.count(t.word, sections); score > 0 {
		return score, []string{t.word}
	}
	if len(t.pairs) == 0 {
		return 0, nil
	}
	trial := make([]int, len(sections))
	for _, pair := range t.pairs {
		if n := a.count(pair, trial); n > 0 {
			score += n
			used = append(used, pair)
		}
	}
	if 2*len(used) < len(t.pairs) {
		return 0, nil
	}
	for i := range sections {
		sections[i] += trial[i] / len(t.pairs)
	}
	return max(1, score/len(t.pairs)), used
}

func (a *article) count(word string, sections []int) (score int) {
	if begins(a.title, word) > 0 {
		score += inTitle
	}
	for _, w := range a.also {
		if begins(w, word) > 0 {
			score += inAlso
			break
		}
	}
	if begins(a.lead, word) > 0 {
		score += inLead
	}
	for i, s := range a.sections {
		n := min(5, begins(s.plain, word)) * inText
		if begins(s.title, word) > 0 {
			n += inHeading
		}
		sections[i] += n
		score += n
	}
	return score
}

// begins is how often word stands in s, in letters only where a word of s
// begins: "port" is not in "report".
func begins(s, word string) (n int) {
	for range places(fold(s), fold(word)) {
		n++
	}
	return n
}

// fold is s in small letters, character by character, so that places in it are
// places in s.
func fold(s string) []rune {
	runes := []rune(s)
	for i, r := range runes {
		runes[i] = unicode.ToLower(r)
	}
	return runes
}

// places are where word stands in s.
func places(s, word []rune) (at []int) {
	if len(word) == 0 {
		return nil
	}
	letters := !unicode.Is(unicode.Han, word[0])
	for i := 0; i+len(word) <= len(s); i++ {
		if slices.Equal(s[i:i+len(word)], word) && (!letters || i == 0 || !isWord(s[i-1])) {
			at = append(at, i)
		}
	}
	return at
}

func isWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Han, r)
}

// snippet is some characters of s around the first of the marks, each mark
// apart.
func snippet(s string, marks []string) []part {
	const before, length = 24, 120
	whole, low := []rune(s), fold(s)
	marked := make([]bool, len(whole))
	first := len(whole)
	for _, m := range marks {
		word := fold(m)
		for _, i := range places(low, word) {
			first = min(first, i)
			for k := range word {
				marked[i+k] = true
			}
		}
	}
	if first == len(whole) {
		first = 0
	}
	from := max(0, first-before)
	for from > 0 && isWord(whole[from]) && isWord(whole[from-1]) {
		from--
	}
	to := min(len(whole), from+length)
	for to < len(whole) && isWord(whole[to]) && isWord(whole[to-1]) {
		to++
	}
	var out []part
	if from > 0 {
		out = append(out, part{text: "…"})
	}
	for i := from; i < to; i++ {
		if i == from || marked[i] != marked[i-1] {
			out = append(out, part{marked: marked[i]})
		}
		out[len(out)-1].text += string(whole[i])
	}
	if to < len(whole) {
		out = append(out, part{text: "…"})
	}
	return out
}

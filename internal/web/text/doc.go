// Package text holds every sentence that pages show, in Chinese and English,
// and writes times and spans as each language does. Sentences live in zh.yaml
// and en.yaml; pages name them by key. Clocks and dates are Asia/Shanghai.
package text

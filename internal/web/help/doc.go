// Package help is the help centre: articles for people who rent a 400 number,
// in Chinese and English, with their list by theme and a search.
//
// The articles are Markdown files in this package, compiled into the program
// and read once at start. They are our own words; HTML in them is refused, so
// what a page shows is what goldmark makes of plain CommonMark. Search looks at
// every article, which is quick for so few, and needs no script.
//
// Prices, periods and periods' lengths differ from operator to operator and are
// data: an article may only name them as examples.
package help

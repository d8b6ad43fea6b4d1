// Package config is the settings of one Sibai process: what they are called,
// what they mean, and where each value came from. Later sources win: built-in
// defaults, then the file, then the environment (SIBAI_…), then flags.
//
// What an installation sells and to whom is not here but in its store; see
// package site.
package config

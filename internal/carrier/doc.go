// Package carrier speaks with carriers about real-name verification by files in
// a folder, which the carrier's system or a person empties and fills. It knows
// the form of the files and nothing of what an answer brings about: package
// realname decides.
//
//	out/rn_….json, out/rn_…/…   an application with its documents, in plain
//	in/*.csv, in/*.json         answers
//	done/                       answers that were dealt with
//	bad/                        those that could not be, each beside a .txt that says why
//
// docs/realname.md has the fields.
package carrier

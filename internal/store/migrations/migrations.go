// Package migrations carries the schema of every database that Sibai can use,
// one numbered file a step, in goose's format. Numbers are equal in all
// databases. A published file never changes: what is wrong is mended by the
// next one.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLite returns the steps for SQLite.
func SQLite() fs.FS { return folder("sqlite") }

// PostgreSQL returns the steps for PostgreSQL.
func PostgreSQL() fs.FS { return folder("postgres") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

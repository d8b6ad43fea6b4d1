package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Prefix is where the Handler is mounted.
const Prefix = "/static/"

//go:embed css js icon.svg vendor/*.css vendor/*.js
var embedded embed.FS

type file struct {
	hash   string // twelve hex digits of the content's SHA-256
	media  string
	plain  []byte
	zipped []byte
}

var files = load()

func load() map[string]file {
	out := make(map[string]file)
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		plain, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		zipped, err := compress(plain)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		out[name] = file{
			hash: hex.EncodeToString(sum[:6]), media: mediaType(name),
			plain: plain, zipped: zipped,
		}
		return nil
	})
	if err != nil {
		panic(err) // embedded files cannot fail to read
	}
	return out
}

// mediaType does not ask the machine's own mime table, which may say
// text/plain for scripts; nosniff would then block them.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func compress(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// URL is the address of a file named as it lies in this package, such as
// css/sibai.css. It panics for a file that is not there.
func URL(name string) string {
	f, ok := files[name]
	if !ok {
		panic(fmt.Sprintf("static: there is no file %s", name))
	}
	return Prefix + f.hash + "/" + name
}

// Handler serves GET and HEAD below Prefix. An address whose hash is not the
// file's own (a page from before an upgrade) gets the present file, which is
// then not kept.
func Handler(notFound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		f, ok := files[name]
		if !ok {
			notFound.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.media)
		h.Set("Vary", "Accept-Encoding")
		h.Set("Cache-Control", "no-cache")
		if hash == f.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body, tag := f.plain, `"`+f.hash+`"`
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			body, tag = f.zipped, `"`+f.hash+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", tag)
		if strings.Contains(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // the reader went away: nothing to mend
	})
}

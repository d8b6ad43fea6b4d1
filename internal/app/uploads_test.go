package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// What pretends to be a document is refused at its slot by a real node, with what is
// wrong with it, and what is one is kept under a name of our own.
func TestUploadTricks(t *testing.T) {
	t.Parallel()
	tea, _ := twoCustomers(t)
	var small, photo bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 400, 300))); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 400, 300)), nil); err != nil {
		t.Fatal(err)
	}
	archive := func(before string) []byte {
		var b bytes.Buffer
		b.WriteString(before)
		z := zip.NewWriter(&b)
		z.SetOffset(int64(len(before)))
		f, err := z.Create("run.js")
		if err == nil {
			_, err = f.Write([]byte("evil"))
		}
		if err == nil {
			err = z.SetComment("\n%%EOF\n")
		}
		if err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	huge := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 60_000)
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))

	link := tea.links["verify"]
	hand := func(name string, data []byte) (int, string) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		if err := form.WriteField("kind", "pledge"); err != nil {
			t.Fatal(err)
		}
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil || form.Close() != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tea.base+link.Path+"/document?"+link.RawQuery, &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		return tea.do(t, req)
	}
	for name, c := range map[string]struct {
		file string
		data []byte
	}{
		"a page as a picture":              {"a.png", []byte("<!doctype html><script>alert(1)</script>")},
		"a vector picture with a script":   {"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)},
		"a program":                        {"a.pdf", []byte("MZ\x90\x00\x03 %PDF-1.7")},
		"an archive":                       {"a.pdf", archive("")},
		"a PDF that is an archive as well": {"a.pdf", archive("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")},
		"a picture of 3.6 gigapixels":      {"a.png", huge},
		"a picture that is cut off":        {"a.jpg", photo.Bytes()[:photo.Len()/2]},
		"only the name of a picture":       {"a.png", []byte("\x89PNG\r\n\x1a\n")},
	} {
		status, body := hand(c.file, c.data)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="pledge-bad"`) {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := hand(`..\..\/etc/passwd.png`, small.Bytes()); status != http.StatusSeeOther {
		t.Errorf("a picture with a path for a name: %d", status)
	}
	_, page := tea.send(t, http.MethodGet, link.Path+"?"+link.RawQuery, nil)
	if strings.Contains(page, "etc/passwd") || strings.Contains(page, "..") {
		t.Error("the path of the file's name is kept")
	}
}

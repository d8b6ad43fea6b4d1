package vault_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sibai/internal/blob"
	"sibai/internal/fault"
	"sibai/internal/vault"
)

// picture is half red above and half blue below.
func picture(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{200, 20, 20, 255}
			if y >= h/2 {
				c = color.RGBA{20, 20, 200, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func jpegOf(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an Exif part with an orientation and a secret into a JPEG.
func withExif(data []byte, how uint16, secret string) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, 0x0112)
	tiff = append(tiff, 0, 3, 0, 0, 0, 1)
	tiff = binary.BigEndian.AppendUint16(tiff, how)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	part := append([]byte("Exif\x00\x00"), append(tiff, secret...)...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(part)+2))...)
	return append(append(out, part...), data[2:]...)
}

type world struct {
	*vault.Vault
	keys   vault.KeyFile
	folder string
}

func open(t *testing.T, scanner vault.Scanner) world {
	t.Helper()
	dir := t.TempDir()
	w := world{keys: vault.KeyFile(filepath.Join(dir, "keys")), folder: filepath.Join(dir, "blobs")}
	if _, err := w.keys.Add(); err != nil {
		t.Fatal(err)
	}
	w.Vault = vault.New(blob.Folder(w.folder), w.keys, scanner)
	return w
}

// What was kept is read again; on the disk there is nothing of it; and a bit
// that changed, a file of another name and another header are found.
func TestSealed(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	secret := []byte(strings.Repeat("周以宁 11010519491231002X ", 100))
	header, err := w.Put(t.Context(), "doc_one", secret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Put(t.Context(), "doc_two", secret)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.Get(t.Context(), "doc_one", header); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("read again: %v", err)
	}
	files, err := filepath.Glob(w.folder + "/*/*")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	var raw [2][]byte
	for i, f := range files {
		if raw[i], err = os.ReadFile(f); err != nil || bytes.Contains(raw[i], []byte("1101")) {
			t.Errorf("%s can be read, %v", f, err)
		}
	}
	if _, err := w.Get(t.Context(), "doc_one", other); fault.CodeOf(err) != fault.VaultBroken {
		t.Errorf("another's header: %v", err)
	}
	for name, content := range map[string][]byte{"swapped": raw[1], "cut": raw[0][:5], "flipped": append([]byte{raw[0][0] ^ 1}, raw[0][1:]...)} {
		if err := os.WriteFile(files[0], content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Get(t.Context(), "doc_one", header); fault.CodeOf(err) != fault.VaultBroken {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.Delete(t.Context(), "doc_one"); err != nil {
		t.Fatal(err)
	}
	if err := w.Delete(t.Context(), "doc_one"); err != nil {
		t.Errorf("deleted twice: %v", err)
	}
	if names, err := w.Names(t.Context()); err != nil || len(names) != 1 || names[0] != "doc_two" {
		t.Errorf("%v %v", names, err)
	}
	if _, err := w.Get(t.Context(), "doc_one", header); fault.CodeOf(err) != fault.VaultFailed {
		t.Errorf("gone: %v", err)
	}
	if _, err := w.Put(t.Context(), "../evil", secret); err == nil {
		t.Error("a path was taken as a name")
	}
}

// A new master key opens what the old one sealed; wrapped anew it needs the old
// one no more; without its key nothing is read.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	header, body, err := w.Seal("rn_x", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, err := w.Rewrap("rn_x", header); err != nil || changed {
		t.Errorf("wrapped by the newest already: %v %v", changed, err)
	}
	if _, err := w.keys.Add(); err != nil {
		t.Fatal(err)
	}
	if text, err := w.Open("rn_x", header, body); err != nil || string(text) != "secret" {
		t.Errorf("by the old key: %q %v", text, err)
	}
	again, changed, err := w.Rewrap("rn_x", header)
	if err != nil || !changed {
		t.Fatalf("%v %v", changed, err)
	}
	both, err := os.ReadFile(string(w.keys))
	if err != nil {
		t.Fatal(err)
	}
	newest, _, _ := strings.Cut(string(both), "\n")
	if err := os.WriteFile(string(w.keys), []byte(newest+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := w.Open("rn_x", again, body); err != nil || string(text) != "secret" {
		t.Errorf("by the new key alone: %q %v", text, err)
	}
	if _, err := w.Open("rn_x", header, body); fault.CodeOf(err) != fault.VaultKeyWrong {
		t.Errorf("the old key is gone: %v", err)
	}
	for _, header := range []string{"", "AAAA", again[:20]} {
		if _, err := w.Open("rn_x", header, body); fault.CodeOf(err) != fault.VaultBroken {
			t.Errorf("header %q: %v", header, err)
		}
	}
	if _, err := w.Open("rn_y", again, body); fault.CodeOf(err) != fault.VaultBroken {
		t.Errorf("under another name: %v", err)
	}
	if err := os.Remove(string(w.keys)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Seal("x", nil); fault.CodeOf(err) != fault.VaultKeyMissing {
		t.Errorf("no key file: %v", err)
	}
}

// Pictures come out upright, and what stood in them besides is gone: Exif, and
// a script behind the end.
func TestDrawnAnew(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	for how, first := range map[uint16]bool{1: true, 3: false, 4: false, 2: true} {
		data := append(withExif(jpegOf(t, picture(300, 200)), how, "GPS 30.25N"), "<script>alert(1)</script>"...)
		clean, err := w.Accept(t.Context(), "photo.jpg", data)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(clean.Data, []byte("GPS")) || bytes.Contains(clean.Data, []byte("Exif")) || bytes.Contains(clean.Data, []byte("script")) {
			t.Errorf("orientation %d: something stayed", how)
		}
		p, err := jpeg.Decode(bytes.NewReader(clean.Data))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, b, _ := p.At(150, 20).RGBA(); (r > b) != first {
			t.Errorf("orientation %d: red above %v", how, r > b)
		}
	}
	for _, how := range []uint16{5, 6, 7, 8} {
		clean, err := w.Accept(t.Context(), "photo.jpg", withExif(jpegOf(t, picture(300, 200)), how, ""))
		if err != nil {
			t.Fatal(err)
		}
		p, err := jpeg.Decode(bytes.NewReader(clean.Data))
		if err != nil || p.Bounds().Dx() != 200 || p.Bounds().Dy() != 300 {
			t.Fatalf("orientation %d: %v %v", how, p.Bounds(), err)
		}
		// Turned to the right (6, 7) what was above is on the right.
		if r, _, b, _ := p.At(180, 150).RGBA(); (r > b) != (how == 6 || how == 7) {
			t.Errorf("orientation %d: red on the right %v", how, r > b)
		}
	}
	if clean, err := w.Accept(t.Context(), "x", pngOf(t, picture(300, 200))); err != nil || clean.Type != vault.PNG {
		t.Errorf("%v %v", clean.Type, err)
	}
}

// A file that is two things at once is refused, or only one of them is left.
func TestPolyglots(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	zipped := func(name string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("evil")); err != nil {
			t.Fatal(err)
		}
		// The end of the PDF stands in the archive's comment, where readers of PDF find it.
		if err := errors.Join(z.SetComment("\n%%EOF\n"), z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const pdf = "%PDF-1.7\n1 0 obj <</S /Foo>> endobj\n%%EOF\n"
	evil := zipped("evil.class")
	if _, err := zip.NewReader(bytes.NewReader(append([]byte(pdf), evil...)), int64(len(pdf)+len(evil))); err != nil {
		t.Fatalf("it is no archive: %v", err)
	}
	for name, data := range map[string][]byte{
		"jar.pdf": append([]byte(pdf), evil...), "zip and more.pdf": append(append([]byte(pdf), evil...), "trailing %%EOF"...),
	} {
		if _, err := w.Accept(t.Context(), name, data); fault.CodeOf(err) != fault.FileUnsafe {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The signature alone is no archive: packed streams may have it by chance.
	if _, err := w.Accept(t.Context(), "chance.pdf", []byte("%PDF-1.7\nPK\x05\x06 stream\n%%EOF\n")); err != nil {
		t.Errorf("by chance: %v", err)
	}
	// What is a picture is drawn anew: nothing else of it is left.
	for name, data := range map[string][]byte{
		"zip.png": append(pngOf(t, picture(300, 200)), evil...), "pdf.jpg": append(jpegOf(t, picture(300, 200)), pdf...),
		"html.jpg": append(jpegOf(t, picture(300, 200)), "<html><script>alert(1)</script>"...),
	} {
		clean, err := w.Accept(t.Context(), name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, other := range []string{"PK\x05\x06", "%PDF", "<script", "evil"} {
			if bytes.Contains(clean.Data, []byte(other)) {
				t.Errorf("%s still has %q", name, other)
			}
		}
	}
}

// What is not wanted is refused by its content, whatever it is called.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	bomb := pngOf(t, picture(300, 200))
	binary.BigEndian.PutUint32(bomb[16:], 60_000) // the width it claims
	pdf := "%PDF-1.7\n1 0 obj <</S /Foo>> endobj\n%%EOF\n"
	if clean, err := w.Accept(t.Context(), "a.pdf", []byte(pdf)); err != nil || clean.Type != vault.PDF || string(clean.Data) != pdf {
		t.Errorf("a plain PDF: %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		code fault.Code
	}{
		"empty":           {nil, fault.FileType},
		"page.jpg":        {[]byte("<html><body>"), fault.FileType},
		"image.svg":       {[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), fault.FileType},
		"late pdf":        {[]byte("x%PDF-1.7 %%EOF"), fault.FileType},
		"program":         {[]byte("MZ\x90\x00"), fault.FileType},
		"large":           {make([]byte, vault.MaxFile+1), fault.FileSize},
		"tiny":            {pngOf(t, picture(100, 300)), fault.ImageSize},
		"bomb":            {bomb, fault.FileBroken}, // the checksum of the header says so first
		"wide":            {pngOf(t, image.NewGray(image.Rect(0, 0, 12_001, 200))), fault.ImageSize},
		"cut.jpg":         {jpegOf(t, picture(300, 200))[:600], fault.FileBroken},
		"cut.png":         {pngOf(t, picture(300, 200))[:100], fault.FileBroken},
		"cut.pdf":         {[]byte("%PDF-1.7 1 0 obj"), fault.FileBroken},
		"script.pdf":      {[]byte("%PDF-1.7 /S /JavaScript %%EOF"), fault.FileUnsafe},
		"hidden.pdf":      {[]byte("%PDF-1.7 /S /#4aava#53cript %%EOF"), fault.FileUnsafe},
		"attachments.pdf": {[]byte("%PDF-1.7 /EmbeddedFile %%EOF"), fault.FileUnsafe},
	} {
		if _, err := w.Accept(t.Context(), name, c.data); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// A preview is small, has words across it, and the number of a card is gone.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	p := picture(1600, 1000)
	for y := 800; y < 860; y += 4 { // fine lines where the number stands
		for x := range 1600 {
			p.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
		}
	}
	small, ok, err := w.Preview(vault.PNG, pngOf(t, p), "ONLY FOR 400-826-1122", true)
	if err != nil || !ok {
		t.Fatal(err)
	}
	got, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil || got.Bounds().Dx() != 900 {
		t.Fatalf("%v %v", got.Bounds(), err)
	}
	light, marked := 0, 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r, g, _, _ := got.At(x, y).RGBA()
			if y > 380 && g>>8 > 180 {
				light++
			}
			if y < 200 && r>>8 < 175 {
				marked++
			}
		}
	}
	if light > 0 {
		t.Errorf("%d light points of the number are left", light)
	}
	if marked < 300 {
		t.Errorf("only %d points have words across them", marked)
	}
	if _, ok, err := w.Preview(vault.PDF, nil, "", false); ok || err != nil {
		t.Errorf("a PDF has a preview: %v %v", ok, err)
	}
}

type scanner struct {
	clean bool
	err   error
}

func (s scanner) Scan(context.Context, []byte) (bool, error) { return s.clean, s.err }

// The scanner's word counts; without its word nothing is taken.
func TestScanned(t *testing.T) {
	t.Parallel()
	data := jpegOf(t, picture(300, 200))
	for name, c := range map[string]struct {
		scanner vault.Scanner
		code    fault.Code
	}{
		"clean": {scanner{clean: true}, ""}, "bad": {scanner{}, fault.FileInfected}, "away": {scanner{err: errors.New("no answer")}, fault.ScanFailed},
		"command: clean": {blob.Command{"sh", "-c", "cat >/dev/null"}, ""},
		"command: bad":   {blob.Command{"sh", "-c", "grep -q JFIF; exit 1"}, fault.FileInfected},
		"command: fails": {blob.Command{"sh", "-c", "exit 2"}, fault.ScanFailed},
		"no command":     {blob.Command{"/nonexistent/scanner"}, fault.ScanFailed},
	} {
		if _, err := open(t, c.scanner).Accept(t.Context(), "a.jpg", data); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzAccept(f *testing.F) {
	w := vault.New(blob.Folder(f.TempDir()), "", nil)
	f.Add([]byte("%PDF-1.7 %%EOF"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		clean, err := w.Accept(t.Context(), "x", data)
		if err == nil && len(clean.Data) == 0 {
			t.Error("taken, and nothing of it is kept")
		}
		if err != nil && !fault.CodeOf(err).Known() {
			t.Errorf("an error without a code: %v", err)
		}
	})
}

package vault

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"

	"sibai/internal/fault"
)

// Type is what a file is.
type Type string

// The types that are taken.
const (
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	PDF  Type = "application/pdf"
)

// Bounds of a file.
const (
	MaxFile   = 5 << 20 // bytes
	minSide   = 200     // pixels: less cannot be read
	maxSide   = 12_000
	maxPixels = 40_000_000
)

// quality is that of pictures drawn anew: text stays sharp.
const quality = 90

// typeOf knows a file by its first bytes; "" is none that is taken.
func typeOf(data []byte) Type {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return PDF
	}
	return ""
}

func describe(data []byte) string {
	if len(data) == 0 {
		return "empty"
	}
	return http.DetectContentType(data)
}

// Extension is that of a file name, with its dot.
func (t Type) Extension() string {
	switch t {
	case JPEG:
		return ".jpg"
	case PNG:
		return ".png"
	}
	return ".pdf"
}

// redraw makes a new picture of what can be seen, upright. Nothing else of the
// file stays. The sides are looked at before anything is unpacked.
func redraw(name string, kind Type, data []byte) (Clean, error) {
	pic, err := decode(name, kind, data)
	if err != nil {
		return Clean{}, err
	}
	var out bytes.Buffer
	if kind == PNG {
		err = png.Encode(&out, pic)
	} else {
		err = jpeg.Encode(&out, upright(pic, orientation(data)), &jpeg.Options{Quality: quality})
	}
	if err != nil {
		return Clean{}, fault.Wrap(err, fault.FileBroken, "name", name, "reason", err)
	}
	return Clean{kind, out.Bytes()}, nil
}

func decode(name string, kind Type, data []byte) (image.Image, error) {
	config, read := jpeg.DecodeConfig, jpeg.Decode
	if kind == PNG {
		config, read = png.DecodeConfig, png.Decode
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Wrap(err, fault.FileBroken, "name", name, "reason", err)
	}
	if min(c.Width, c.Height) < minSide || max(c.Width, c.Height) > maxSide || c.Width*c.Height > maxPixels {
		return nil, fault.New(fault.ImageSize, "name", name, "width", c.Width, "height", c.Height, "least", minSide, "most", maxSide)
	}
	pic, err := read(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Wrap(err, fault.FileBroken, "name", name, "reason", err)
	}
	return pic, nil
}

// active are the parts of a PDF that do something when it is opened.
var active = []string{"/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia"}

// checkPDF refuses what is cut off or has active content that stands in the
// open. Names may be written with #4A for J. What is packed into streams is not
// looked at: documents are only ever given out as downloads.
func checkPDF(name string, data []byte) error {
	tail := data[max(0, len(data)-1024):]
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return fault.New(fault.FileBroken, "name", name, "reason", "no end of file")
	}
	plain := plainNames(data)
	for _, what := range active {
		if bytes.Contains(plain, []byte(what)) {
			return fault.New(fault.FileUnsafe, "name", name, "what", what)
		}
	}
	if archive(data) {
		return fault.New(fault.FileUnsafe, "name", name, "what", "ZIP")
	}
	return nil
}

// archive reports whether data can be read as a ZIP archive, whatever it begins with:
// such programs look for the directory from the end. Its record has 22 bytes, with the
// number of entries, the directory's size and place, and the length of the comment that
// follows (APPNOTE.TXT, 4.3.16).
func archive(data []byte) bool {
	const size, longest = 22, 1<<16 - 1
	tail := data[max(0, len(data)-size-longest):]
	for {
		at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
		if at < 0 {
			return false
		}
		if end := tail[at:]; len(end) >= size {
			entries, directory := binary.LittleEndian.Uint16(end[10:]), binary.LittleEndian.Uint32(end[12:])
			comment := int(binary.LittleEndian.Uint16(end[20:]))
			if entries > 0 && int64(directory) < int64(len(data)) && comment <= len(end)-size {
				return true
			}
		}
		tail = tail[:at]
	}
}

// plainNames replaces #xx by the sign it stands for (ISO 32000-1, 7.3.5).
func plainNames(data []byte) []byte {
	if bytes.IndexByte(data, '#') < 0 {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] == '#' && i+2 < len(data) {
			high, low := hexDigit(data[i+1]), hexDigit(data[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, data[i])
	}
	return out
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

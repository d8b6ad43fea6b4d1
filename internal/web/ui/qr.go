package ui

import (
	"encoding/base64"

	"rsc.io/qr"

	"sibai/internal/fault"
)

// dot is how many pixels a dot of a code is wide.
const dot = 8

// QR is the address of an image of a text as a QR code (ISO/IEC 18004). Its margin
// is white whatever the page's colours, for scanners need it.
func QR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	code.Scale = dot
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()), nil
}

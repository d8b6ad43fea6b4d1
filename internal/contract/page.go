package contract

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

//go:embed wqy-microhei.ttf.gz
var packedFont []byte

// font is WenQuanYi Micro Hei; see FONT.txt. It is unpacked when the first
// contract is printed.
var font = sync.OnceValues(unpackFont)

func unpackFont() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packedFont))
	if err != nil {
		return nil, fmt.Errorf("the font: %w", err)
	}
	font, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("the font: %w", err)
	}
	return font, nil
}

// A4 in millimetres, and what is left on it.
const (
	margin = 22
	width  = 210 - 2*margin
	line   = 6
	family = "hei"
)

// set makes pages of a filled template: lines that begin with # are the title,
// with ## a heading, with | a row of cells; others are paragraphs.
func set(text, name string, at time.Time) ([]byte, error) {
	face, err := font()
	if err != nil {
		return nil, err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetTitle(name, true)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(true, margin)
	pdf.AddUTF8FontFromBytes(family, "", face)
	pdf.SetFooterFunc(func() {
		pdf.SetY(-15)
		pdf.SetFont(family, "", 8)
		pdf.CellFormat(0, 5, fmt.Sprintf("%s　%d", name, pdf.PageNo()), "", 0, "C", false, 0, "")
	})
	pdf.AddPage()
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimRight(l, " \r")
		switch {
		case strings.HasPrefix(l, "# "):
			pdf.SetFont(family, "", 18)
			pdf.MultiCell(0, 12, l[2:], "", "C", false)
		case strings.HasPrefix(l, "## "):
			pdf.Ln(2)
			pdf.SetFont(family, "", 13)
			pdf.MultiCell(0, 9, l[3:], "", "L", false)
		case strings.HasPrefix(l, "|"):
			row(pdf, strings.Split(strings.Trim(l, "|"), "|"))
		case l == "":
			pdf.Ln(line / 2)
		default:
			pdf.SetFont(family, "", 10.5)
			for _, part := range wrap(pdf, l, width) {
				pdf.CellFormat(width, line, part, "", 1, "L", false, 0, "")
			}
		}
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("make the PDF: %w", err)
	}
	return out.Bytes(), nil
}

// row sets cells of equal width, or a wide and a narrow one when there are two;
// all are as high as the highest.
func row(pdf *fpdf.Fpdf, cells []string) {
	pdf.SetFont(family, "", 10)
	widths := make([]float64, len(cells))
	for i := range cells {
		widths[i] = width / float64(len(cells))
	}
	if len(cells) == 2 {
		widths[0], widths[1] = width*0.45, width*0.55
	}
	lines, most := make([][]string, len(cells)), 1
	for i, c := range cells {
		lines[i] = wrap(pdf, strings.TrimSpace(c), widths[i]-3)
		most = max(most, len(lines[i]))
	}
	high := float64(most)*line + 1
	_, page := pdf.GetPageSize()
	if pdf.GetY()+high > page-margin {
		pdf.AddPage()
	}
	y := pdf.GetY()
	x := float64(margin)
	for i := range cells {
		pdf.Rect(x, y, widths[i], high, "D")
		for j, l := range lines[i] {
			pdf.SetXY(x+0.5, y+0.5+float64(j)*line)
			pdf.CellFormat(widths[i]-1, line, l, "", 0, "L", false, 0, "")
		}
		x += widths[i]
	}
	pdf.SetXY(margin, y+high)
}

// noStart are the marks that begin no line in Chinese (GB/T 15834-2011): they
// stand at the end of the line before, into the margin if need be.
const noStart = "，。、；：？！）】》”’%,.;:?!)"

// wrap breaks a text into lines of a width: between any two characters, and not
// within a word of Latin letters or a number that fits on a line.
func wrap(pdf *fpdf.Fpdf, text string, w float64) (lines []string) {
	var now []rune
	used, word := 0.0, 0 // word: where the last word begins
	for _, r := range text {
		wide := pdf.GetStringWidth(string(r))
		if used+wide > w && len(now) > 0 && !strings.ContainsRune(noStart, r) {
			cut := len(now)
			if r < 0x2000 && r != ' ' && word > 0 {
				cut = word
			}
			lines = append(lines, strings.TrimRight(string(now[:cut]), " "))
			now = append([]rune(nil), now[cut:]...)
			used, word = pdf.GetStringWidth(string(now)), 0
		}
		now = append(now, r)
		used += wide
		if r >= 0x2000 || r == ' ' {
			word = len(now)
		}
	}
	return append(lines, string(now))
}

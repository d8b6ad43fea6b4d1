package vault

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"

	"sibai/internal/fault"
)

// previewSide is the longer side of a preview, in pixels: enough to know a
// document by, too little to copy it.
const previewSide = 900

// maskedPart is the lower part of an identity card that is made unreadable in a
// preview: there stands the number.
const maskedPart = 0.38

// Preview is a small picture of a document with words across it, masked where
// an identity card has its number. A PDF has none: ok is false.
func (v *Vault) Preview(kind Type, data []byte, words string, masked bool) (small []byte, ok bool, err error) {
	if kind == PDF {
		return nil, false, nil
	}
	v.drawing.Lock()
	defer v.drawing.Unlock()
	pic, err := decode("", kind, data)
	if err != nil {
		return nil, false, err
	}
	b := pic.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > previewSide {
		w, h = max(1, w*previewSide/longer), max(1, h*previewSide/longer)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(to, to.Bounds(), pic, b, draw.Over, nil)
	if masked {
		mask(to)
	}
	watermark(to, words)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, to, &jpeg.Options{Quality: 80}); err != nil {
		return nil, false, fault.Wrap(err, fault.FileBroken, "name", "", "reason", err)
	}
	return out.Bytes(), true, nil
}

// mask fills the lower part with blocks of one colour, the mean of what was
// there.
func mask(p *image.RGBA) {
	b := p.Bounds()
	top := b.Max.Y - int(float64(b.Dy())*maskedPart)
	block := max(8, b.Dx()/16)
	for y := top; y < b.Max.Y; y += block {
		for x := b.Min.X; x < b.Max.X; x += block {
			area := image.Rect(x, y, x+block, y+block).Intersect(b)
			draw.Draw(p, area, image.NewUniform(mean(p, area)), image.Point{}, draw.Src)
		}
	}
}

func mean(p *image.RGBA, area image.Rectangle) color.Color {
	var sum [3]int
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			at := p.PixOffset(x, y)
			for i := range sum {
				sum[i] += int(p.Pix[at+i])
			}
		}
	}
	n := max(1, area.Dx()*area.Dy())
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}

// watermark writes words across a picture again and again, aslant.
func watermark(p *image.RGBA, words string) {
	face := basicfont.Face7x13
	size := image.Rect(0, 0, font.MeasureString(face, words).Ceil()+24, 20)
	line := image.NewAlpha(size)
	d := font.Drawer{Dst: line, Src: image.Opaque, Face: face, Dot: fixed.P(4, 14)}
	d.DrawString(words)
	ink := image.NewRGBA(size)
	draw.DrawMask(ink, size, image.NewUniform(color.NRGBA{70, 0, 0, 160}), image.Point{}, line, image.Point{}, draw.Over)
	const scale, sin, cos = 1.6, 0.40, 0.92 // 24°
	stepX, stepY := float64(size.Dx())*scale*cos+40, 150.0
	for row, y := 0, -float64(p.Bounds().Dy()); y < 2*float64(p.Bounds().Dy()); row, y = row+1, y+stepY {
		for x := -stepX * float64(row%2) / 2; x < float64(p.Bounds().Dx()); x += stepX {
			draw.ApproxBiLinear.Transform(p, f64.Aff3{scale * cos, scale * sin, x, -scale * sin, scale * cos, y}, ink, size, draw.Over, nil)
		}
	}
}

package shop

import (
	"fmt"
	"strconv"
	"strings"

	"sibai/internal/money"
	"sibai/internal/shelf"
	"sibai/internal/web/text"
)

// chart is the curves as an SVG of two sizes: wide, and for phones.
type chart struct {
	Wide, Slim drawing
}

// drawing is one size of the chart. Places are whole units of its view box.
type drawing struct {
	Width, Height         int
	Left, Right, Top, Low int // of the area of the curves
	Lines                 []line
	Rows                  []tick // on the left
	Columns               []tick // below
	Turns                 []turn
	Here                  int // the asked volume's place
}

// line is a plan's curve, or a stretch of it.
type line struct {
	Class, Path string
}

type tick struct {
	At   int
	Text string
}

type turn struct{ X, Y int }

func draw(a shelf.Answer) *chart {
	if len(a.Curves) == 0 {
		return nil
	}
	return &chart{
		Wide: drawIn(a, drawing{Width: 740, Height: 330, Left: 64, Right: 724, Top: 32, Low: 290}, 6),
		Slim: drawIn(a, drawing{Width: 350, Height: 330, Left: 52, Right: 336, Top: 32, Low: 290}, 4),
	}
}

func drawIn(a shelf.Answer, d drawing, columns int) drawing {
	var top money.Amount
	for _, c := range a.Curves {
		for _, p := range c.Points {
			top = max(top, p.Total)
		}
	}
	step, rows := gridOf(top)
	x := func(calls int64) int { return d.Left + int(int64(d.Right-d.Left)*calls/a.Most) }
	y := func(total money.Amount) int {
		// In fen first: a picture needs no more, and it fits.
		return d.Low - int(int64(total/money.Fen)*int64(d.Low-d.Top)/int64(step/money.Fen*money.Amount(rows)))
	}
	for i := range rows + 1 {
		at := money.Amount(i) * step
		d.Rows = append(d.Rows, tick{y(at), text.Count(int(at / money.Yuan))})
	}
	for i := range columns + 1 {
		calls := a.Most * int64(i) / int64(columns)
		d.Columns = append(d.Columns, tick{x(calls), text.Count(int(calls))})
	}
	for i, c := range a.Curves {
		class := fmt.Sprintf("c%d", i%3+1)
		sold, not := &path{x: x, y: y}, &path{x: x, y: y}
		for k, p := range c.Points {
			if c.Ends == 0 || p.Calls < c.Ends {
				sold.add(p)
				continue
			}
			if k > 0 && not.n == 0 {
				not.add(c.Points[k-1])
			}
			not.add(p)
		}
		d.line(class, sold)
		d.line(class+" not", not)
	}
	for i, s := range a.Steps {
		d.best(a, i, s, x, y)
	}
	d.Here = x(a.Calls)
	return d
}

// best draws the thick stretch of the plan that is best there, and the ring
// where it begins.
func (d *drawing) best(a shelf.Answer, i int, s shelf.Step, x func(int64) int, y func(money.Amount) int) {
	for k, c := range a.Curves {
		if c.Plan.Code != s.Plan {
			continue
		}
		stretch := &path{x: x, y: y}
		stretch.add(shelf.Point{Calls: s.From, Total: c.At(s.From)})
		for _, p := range c.Points {
			if p.Calls > s.From && p.Calls < s.To {
				stretch.add(p)
			}
		}
		stretch.add(shelf.Point{Calls: s.To, Total: c.At(s.To)})
		d.line(fmt.Sprintf("best c%d", k%3+1), stretch)
		if i > 0 {
			d.Turns = append(d.Turns, turn{x(s.From), y(c.At(s.From))})
		}
	}
}

func (d *drawing) line(class string, p *path) {
	if p.n > 1 {
		d.Lines = append(d.Lines, line{class, p.b.String()})
	}
}

type path struct {
	x func(int64) int
	y func(money.Amount) int
	b strings.Builder
	n int
}

func (p *path) add(at shelf.Point) {
	sign := "L"
	if p.n == 0 {
		sign = "M"
	}
	p.n++
	p.b.WriteString(sign + strconv.Itoa(p.x(at.Calls)) + " " + strconv.Itoa(p.y(at.Total)))
}

// gridOf is the distance of the lines on the left, and how many there are above
// the lowest.
func gridOf(top money.Amount) (step money.Amount, rows int) {
	for step = 10 * money.Yuan; ; step *= 10 {
		for _, n := range []money.Amount{1, 2, 5} {
			if rows = int((top + n*step - 1) / (n * step)); rows <= 5 {
				return n * step, max(rows, 1)
			}
		}
	}
}

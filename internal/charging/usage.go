package charging

import (
	"time"

	"sibai/internal/calendar"
)

// MonthOf is the calendar month of an instant in Asia/Shanghai, such as
// 202603.
func MonthOf(at time.Time) int {
	y, m, _ := at.In(calendar.Shanghai).Date()
	return y*100 + int(m)
}

// in reads what the calls of an instant's month came to.
func (u *Usage) in(at time.Time) Month {
	month := MonthOf(at)
	for _, m := range []Month{u.Now, u.Before} {
		if m.Month == month {
			return m
		}
	}
	return Month{Month: month}
}

// month is where calls authorised at an instant are counted. The first call of
// a month makes the month before it the one that is kept besides. Of a month
// that is not kept any more the count goes nowhere.
func (u *Usage) month(at time.Time) *Month {
	month := MonthOf(at)
	switch {
	case u.Now.Month == month:
		return &u.Now
	case u.Before.Month == month:
		return &u.Before
	case u.Now.Month < month:
		if u.Now.Month != 0 {
			u.Before = u.Now
		}
		u.Now = Month{Month: month}
		return &u.Now
	case u.Before.Month < month:
		u.Before = Month{Month: month}
		return &u.Before
	}
	return &Month{}
}

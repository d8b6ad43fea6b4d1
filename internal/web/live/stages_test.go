package live

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/calendar"
	"sibai/internal/cdr"
)

func TestStages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 31, 7, 0, calendar.Shanghai)
	c := Call{
		State: Ended, StartedAt: at, AnsweredAt: at.Add(12 * time.Second), EndedAt: at.Add(72 * time.Second),
		Talk: time.Minute, Cause: cdr.Answered, Trunk: "cu-sh",
		Legs: []cdr.Leg{
			{Target: "13900004477", InvitedAt: at.Add(time.Second), EndedAt: at.Add(3 * time.Second), Outcome: "busy"},
			{Target: "8003", InvitedAt: at.Add(3 * time.Second), AnsweredAt: at.Add(12 * time.Second), Outcome: "answered"},
		},
	}
	want := []stage{
		{when: "20:31:07", what: "来电", more: "中继 cu-sh"},
		{when: "+0:01 · 2 秒", what: "响铃 1 · 忙", more: "139****4477", missed: true},
		{when: "+0:03 · 9 秒", what: "响铃 2 · 接听", more: "分机 8003", meter: true},
		{when: "20:32:19 · 通话 1:00", what: "结束", more: "已接听"},
	}
	if diff := cmp.Diff(want, stages(context.Background(), c, c.EndedAt), cmp.AllowUnexported(stage{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	c.PlatformAnsweredAt = at
	metered := 0
	for _, s := range stages(context.Background(), c, c.EndedAt) {
		if s.meter {
			metered++
			if s.what != "平台接听" {
				t.Errorf("the meter starts at %s", s.what)
			}
		}
	}
	if metered != 1 {
		t.Errorf("the meter starts %d times, want once", metered)
	}
}

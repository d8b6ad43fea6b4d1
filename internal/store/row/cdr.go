package row

import (
	"errors"
	"fmt"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// CDRColumns are what ScanCDR reads, ClosedColumns what ScanClosed does.
const (
	CDRColumns    = `id, node, trunk, number, caller, caller_raw, sip_call_id, customer, account, subscription, tariff, started_at, ringing_at, answered_at, platform_answered_at, ended_at, talk, billable, charge_micro, cause, status, ended_by, recovered, lines, legs, steps`
	ClosedColumns = CDRColumns + `, reserved_micro, reserved_seconds, grants, txn, shard`
)

// ScanCDR reads CDRColumns, and into more what follows them.
func ScanCDR(from Scanner, more ...any) (cdr.Record, error) {
	var c cdr.Record
	var started, ringing, answered, platform, ended, talk, billable, recovered int64
	var lines, legs, steps string
	err := from.Scan(append([]any{
		&c.Call, &c.Node, &c.Trunk, &c.Number, &c.Caller, &c.CallerRaw, &c.SIPCallID,
		&c.Customer, &c.Account, &c.Subscription, &c.TariffID,
		&started, &ringing, &answered, &platform, &ended, &talk, &billable,
		&c.Charge, &c.Cause, &c.Status, &c.EndedBy, &recovered, &lines, &legs, &steps,
	}, more...)...)
	if err != nil {
		return c, err
	}
	c.StartedAt, c.RingingAt, c.AnsweredAt = Instant(started), Instant(ringing), Instant(answered)
	c.PlatformAnsweredAt, c.EndedAt = Instant(platform), Instant(ended)
	c.Talk, c.Billable, c.Recovered = Length(talk), Length(billable), recovered != 0
	var errLines, errLegs, errSteps error
	c.Lines, errLines = DecodeList[cdr.Line](lines)
	c.Legs, errLegs = DecodeList[cdr.Leg](legs)
	c.Steps, errSteps = DecodeList[cdr.Step](steps)
	if err := errors.Join(errLines, errLegs, errSteps); err != nil {
		return c, fmt.Errorf("CDR of %s: %w", c.Call, err)
	}
	return c, nil
}

// ScanClosed reads ClosedColumns.
func ScanClosed(from Scanner) (*charging.Closed, error) {
	c := &charging.Closed{}
	var grants string
	var err error
	if c.Record, err = ScanCDR(from, &c.Reserved, &c.Seconds, &grants, &c.Txn, &c.Key.Shard); err != nil {
		return nil, err
	}
	c.Key.ID = c.Record.Call
	if c.Grants, err = decodeGrants(grants); err != nil {
		return nil, fmt.Errorf("grants of %s: %w", c.Key.ID, err)
	}
	return c, nil
}

// closed lists the values of InsertCDRs.
func closed(c *charging.Closed) ([]any, error) {
	r := &c.Record
	lines, errLines := encodeList(r.Lines)
	texts, errTexts := c.Texts, error(nil)
	if texts == nil {
		texts, errTexts = Texts{}.CDRTexts(r)
	}
	if err := errors.Join(errLines, errTexts); err != nil {
		return nil, fmt.Errorf("CDR of %s: %w", c.Key.ID, err)
	}
	return []any{
		int64(c.Key.Shard), int64(c.Key.ID), int64(r.Node), r.Trunk, r.Number, r.Caller, r.CallerRaw, r.SIPCallID,
		r.Customer, r.Account, r.Subscription, r.TariffID,
		Micros(r.StartedAt), Micros(r.RingingAt), Micros(r.AnsweredAt), Micros(r.PlatformAnsweredAt), Micros(r.EndedAt),
		r.Talk.Microseconds(), r.Billable.Microseconds(),
		int64(r.Charge), string(r.Cause), int64(r.Status), string(r.EndedBy), bit(r.Recovered), lines, texts[0], texts[1],
		int64(c.Reserved), c.Seconds, encodeGrants(c.Grants), int64(c.Txn),
	}, nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

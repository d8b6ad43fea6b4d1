package charging

import "time"

// prove notes a sign of life. Proofs may come late; they never take back.
func (h *Hold) prove(elapsed time.Duration, meter, lease time.Time) {
	h.Elapsed = max(h.Elapsed, elapsed.Truncate(time.Microsecond))
	if h.MeterStartedAt.IsZero() {
		h.MeterStartedAt = instant(meter)
	}
	if lease = instant(lease); lease.After(h.LeaseUntil) {
		h.LeaseUntil = lease
	}
}

func (o *RenewOp) decide(d *decision) error {
	h := d.holds[CallKey{o.Proof.Bill.Shard, o.Proof.Call}]
	if h == nil {
		return nil
	}
	d.renewHold(h)
	h.prove(o.Proof.Elapsed, o.Proof.MeterStartedAt, o.LeaseUntil)
	return nil
}

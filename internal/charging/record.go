package charging

func (o *RecordOp) decide(d *decision) error {
	rec := o.Record
	key := CallKey{o.Shard, rec.Call}
	if d.closed[key] != nil {
		return nil
	}
	if rec.Call == 0 {
		return broken("a CDR without a call id")
	}
	h := d.holds[key]
	if h == nil {
		d.keep(key, rec)
		return nil
	}
	if rec.Metered() {
		return broken("%s has a hold and talked: settle it", rec.Call)
	}
	// Nothing is rated, so the tariff is not asked.
	_, err := d.settle(h, &Bill{Subscription: h.Subscription}, rec, 0, nil)
	return err
}

package app

import (
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/internal/store/spool"
)

// openSpool opens the spool of the data directory and says what is odd there.
func (n *Node) openSpool() (err error) {
	var found spool.Found
	if n.spool, found, err = spool.Open(n.cfg.Data, int64(n.cfg.Charging.SpoolMiB)<<20); err != nil {
		return err
	}
	if found.Torn > 0 {
		n.log.Info("the spool ended in the middle of an entry that was never acknowledged; it is cut off", "bytes", found.Torn)
	}
	if found.Damaged > 0 {
		n.log.Error("the spool is damaged; what can be read is kept, the damaged file is set aside", "bytes", found.Damaged, "aside", found.Aside)
	}
	return nil
}

// closeSpool says what the next start will find.
func (n *Node) closeSpool() error {
	if waiting := n.spool.Items(); len(waiting) > 0 {
		n.log.Warn("calls wait in the spool; the next start books them", "calls", len(waiting))
	}
	if err := n.spool.Close(); err != nil {
		return fmt.Errorf("close the spool: %w", err)
	}
	return nil
}

// SpoolItems lists the calls that wait in the spool of the data directory,
// oldest first, also while a node serves it.
func SpoolItems(cfg config.Config) ([]charging.Item, error) {
	items, _, err := spool.Read(cfg.Data)
	return items, err
}

// Spooled finds the record of a call that ended and waits in the spool.
func Spooled(cfg config.Config, call cdr.ID) (rec cdr.Record, ok bool, err error) {
	items, err := SpoolItems(cfg)
	for i := range items {
		if items[i].Call == call && items[i].Ended() {
			return *items[i].CDR(), true, err
		}
	}
	return rec, false, err
}

// SpoolState says how many calls wait in the spool, since when the oldest does
// and how many bytes are damaged.
func SpoolState(cfg config.Config) (calls int, oldest time.Time, damaged int, err error) {
	items, found, err := spool.Read(cfg.Data)
	if len(items) > 0 {
		oldest = items[0].KeptAt
	}
	return len(items), oldest, found.Damaged, err
}

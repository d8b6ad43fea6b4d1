package portable

import (
	"context"
	"time"

	"sibai/internal/chat"
	"sibai/internal/tasks"
)

// waitingQuery counts what waits for staff, each kind by an index of its own. The
// chats are those that chat.Conversation.Closed says are not over.
const waitingQuery = `SELECT state AS kind, COUNT(*) AS n FROM realname WHERE state IN ('vendor_review', 'carrier_review') GROUP BY state
	UNION ALL SELECT 'claim', COUNT(*) FROM claim WHERE state = 'filed'
	UNION ALL SELECT 'freeze', COUNT(*) FROM realname_freeze AS z WHERE frozen_at = 0 AND lifted_at = 0
		AND seq = (SELECT MAX(f.seq) FROM realname_freeze AS f WHERE f.shard = z.shard AND f.number = z.number)
	UNION ALL SELECT 'difference', COUNT(*) FROM reconciliation_difference WHERE settled_at = 0
	UNION ALL SELECT 'chat', COUNT(*) FROM chat WHERE waiting <> 0 AND closed_at = 0 AND (offline <> 0 OR last_at >= ?)
	UNION ALL SELECT 'message', COUNT(*) FROM outbox WHERE state = 'failed'`

// Tasks counts what waits for staff. It implements tasks.Store.
func (s *Store) Tasks(ctx context.Context, at time.Time) (map[tasks.Kind]int, error) {
	var found []struct {
		Kind string
		N    int
	}
	if err := s.db.NewRaw(waitingQuery, micros(at.Add(-chat.Idle))).Scan(ctx, &found); err != nil {
		return nil, failed(err, "count what waits for staff")
	}
	out := map[tasks.Kind]int{}
	for _, f := range found {
		out[tasks.Kind(f.Kind)] = f.N
	}
	return out, nil
}

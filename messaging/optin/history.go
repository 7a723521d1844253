package optin

import (
	"context"
	"database/sql"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// MaxChanges is a page of the record of changes.
const MaxChanges = 1000

// Place is where a page of the record of changes ended. A zero Tenure is the place before everything that happened at At.
type Place struct {
	At     time.Time
	Tenure simtrust.TenureID
	Seq    int64
}

// Changes returns what happened to a chatbot's opt-ins after a place, the oldest first, at most a page.
func (s *Service) Changes(ctx context.Context, chatbot string, after Place) ([]Change, error) {
	rows, err := s.db.Query(ctx, `select tenure, chatbot, seq, action, at, client, basis, obtained, evidence from messaging_optin_change
		where chatbot = $1 and (at > $2 or at = $2 and (tenure > $3 or tenure = $3 and seq > $4))
		order by at, tenure, seq limit $5`, chatbot, millis(after.At), string(after.Tenure), after.Seq, MaxChanges)
	return sqldb.Collect(rows, err, scanChange)
}

func scanChange(rows *sql.Rows) (Change, error) {
	var c Change
	var at, obtained int64
	err := rows.Scan(&c.Tenure, &c.Chatbot, &c.Seq, &c.Action, &at, &c.Client, &c.Basis, &obtained, &c.Evidence)
	c.At = fromMillis(at)
	if c.Basis != "" {
		c.Obtained = fromMillis(obtained)
	}
	return c, err
}

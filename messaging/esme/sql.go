package esme

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_esme", FS: migrations}
}

// found is an account with the digest of its password.
type found struct {
	account  Account
	password []byte
}

const columns = `system_id, chatbot, class, rcs, source, networks, created, created_by, withdrawn`

func scan(rows *sql.Rows, more ...any) (a Account, err error) {
	var networks string
	var created, withdrawn int64
	err = rows.Scan(append([]any{&a.SystemID, &a.Chatbot, &a.Class, &a.RCS, &a.Source, &networks, &created, &a.CreatedBy, &withdrawn}, more...)...)
	if err != nil {
		return a, err
	}
	a.Created = time.UnixMilli(created).UTC()
	if withdrawn != 0 {
		a.Withdrawn = time.UnixMilli(withdrawn).UTC()
	}
	return a, json.Unmarshal([]byte(networks), &a.Networks)
}

func (s *Service) insert(ctx context.Context, a Account, password []byte, head int64) (made bool, err error) {
	networks, err := json.Marshal(a.Networks)
	if err != nil {
		return false, err
	}
	return s.change(ctx, `insert into messaging_esme (`+columns+`, password, acked, due) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, 0)
		on conflict (system_id) do nothing`, a.SystemID, a.Chatbot, string(a.Class), a.RCS, a.Source, string(networks), a.Created.UnixMilli(), a.CreatedBy,
		password, head)
}

func (s *Service) withdraw(ctx context.Context, systemID string) (bool, error) {
	return s.change(ctx, `update messaging_esme set withdrawn = $2 where system_id = $1 and withdrawn = 0`, systemID, s.Now().UnixMilli())
}

// change says whether a row was changed.
func (s *Service) change(ctx context.Context, text string, args ...any) (changed bool, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed = n == 1
		return err
	})
	return changed, err
}

// find returns an account that is in use, with the digest of its password; nil where there is none.
func (s *Service) find(ctx context.Context, systemID string) (*Account, []byte, error) {
	if !nameable(systemID) {
		return nil, nil, nil
	}
	f, err := s.finds.Do(ctx, systemID)
	if err != nil || f.password == nil {
		return nil, nil, err
	}
	return &f.account, f.password, nil
}

// nameable reports whether octets of a peer can be a name: others need no looking up, and not every store takes them.
func nameable(name string) bool { return systemID.MatchString(name) }

func find(ctx context.Context, q sqldb.Querier, names []string) ([]sqldb.Result[found], error) {
	where, args := sqldb.In(q.Dialect(), "system_id", 1, names)
	rows, err := q.Query(ctx, `select `+columns+`, password from messaging_esme where withdrawn = 0 and `+where, args...)
	out := make([]sqldb.Result[found], len(names))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var f found
		var err error
		if f.account, err = scan(rows, &f.password); err == nil {
			out[slices.Index(names, f.account.SystemID)].Value = f
		}
		return struct{}{}, err
	})
	return out, err
}

// List returns all accounts, those withdrawn too, by system_id.
func (s *Service) List(ctx context.Context) ([]Account, error) {
	rows, err := s.DB.Query(ctx, `select `+columns+` from messaging_esme order by system_id`)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Account, error) { return scan(rows) })
}

// position is what an account was told last, and its chatbot; empty where it is not in use, or somebody is at it.
func (s *Service) position(ctx context.Context, systemID string) (acked int64, chatbot string, err error) {
	err = s.DB.QueryRow(ctx, `select acked, chatbot from messaging_esme where system_id = $1 and withdrawn = 0 and due <= $2`,
		systemID, s.Now().UnixMilli()).Scan(&acked, &chatbot)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return acked, chatbot, err
}

// claim takes the telling of an account over until a time, where nobody has told it more meanwhile.
func (s *Service) claim(ctx context.Context, systemID string, acked int64, until time.Time) (bool, error) {
	return s.change(ctx, `update messaging_esme set due = $3 where system_id = $1 and acked = $2 and due <= $4`,
		systemID, acked, until.UnixMilli(), s.Now().UnixMilli())
}

// release notes what an account was told, where the claim has not been taken over.
func (s *Service) release(ctx context.Context, systemID string, told int64, until time.Time) error {
	_, err := s.change(ctx, `update messaging_esme set acked = $2, due = 0 where system_id = $1 and due = $3`, systemID, told, until.UnixMilli())
	return err
}

// sentRow is a message that was taken from an account.
type sentRow struct {
	id, systemID, message string
	person                []byte
	registered            smpp.Registered
	at                    time.Time
	told                  smpp.State
	expires               time.Time
}

func record(ctx context.Context, tx *sqldb.Tx, batch []sentRow) ([]sqldb.Result[struct{}], error) {
	rows := make([][]any, len(batch))
	for i, r := range batch {
		rows[i] = []any{r.id, r.systemID, r.message, r.person, int64(r.registered), r.at.UnixMilli(), r.expires.UnixMilli()}
	}
	err := sqldb.InsertRows(ctx, tx, `insert into messaging_esme_sent (id, system_id, message, person, registered, at, expires)`, rows, "")
	return make([]sqldb.Result[struct{}], len(batch)), err
}

// sentBy returns a message of an account.
func (s *Service) sentBy(ctx context.Context, systemID, id string) (r sentRow, found bool, err error) {
	var at, registered, told int64
	err = s.DB.QueryRow(ctx, `select id, system_id, message, person, registered, at, told from messaging_esme_sent where id = $1 and system_id = $2`,
		id, systemID).Scan(&r.id, &r.systemID, &r.message, &r.person, &registered, &at, &told)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	r.registered, r.at, r.told = smpp.Registered(registered), time.UnixMilli(at).UTC(), smpp.State(told)
	return r, err == nil, err
}

func (s *Service) noteTold(ctx context.Context, id string, state smpp.State) error {
	_, err := s.change(ctx, `update messaging_esme_sent set told = $2 where id = $1`, id, int64(state))
	return err
}

// Prune removes what nobody asks about any more.
func (s *Service) Prune(ctx context.Context) error {
	if err := s.parts.Prune(ctx); err != nil {
		return err
	}
	_, err := s.change(ctx, `delete from messaging_esme_sent where expires < $1`, s.Now().UnixMilli())
	return err
}

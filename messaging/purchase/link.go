package purchase

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

// Link says that a chatbot may carry a party's requests.
type Link struct {
	Party     string
	Created   time.Time
	CreatedBy string
}

// Allow links a chatbot to a party; again changes nothing. Error: KindNotFound for a chatbot that there is not.
func (s *Service) Allow(ctx context.Context, chatbot, party, by string) error {
	if err := s.Chatbots.Known(ctx, chatbot); err != nil {
		return err
	}
	return s.exec(ctx, `insert into messaging_purchase_party (chatbot, party, created, created_by) values ($1, $2, $3, $4)
		on conflict (chatbot, party) do nothing`, chatbot, party, s.Now().UnixMilli(), by)
}

// Disallow ends a link. Purchases that are open go on. Error: KindNotFound with [ReasonNoLink].
func (s *Service) Disallow(ctx context.Context, chatbot, party string) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `delete from messaging_purchase_party where chatbot = $1 and party = $2`, chatbot, party)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			err = errNoLink
		}
		return err
	})
}

// Links returns the parties of a chatbot.
func (s *Service) Links(ctx context.Context, chatbot string) ([]Link, error) {
	rows, err := s.DB.Query(ctx, `select party, created, created_by from messaging_purchase_party where chatbot = $1 order by party`, chatbot)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (l Link, err error) {
		var created int64
		err = rows.Scan(&l.Party, &created, &l.CreatedBy)
		l.Created = instant(created)
		return l, err
	})
}

// allowed refuses a party that the chatbot is not linked to.
func (s *Service) allowed(ctx context.Context, chatbot, party string) error {
	var one int64
	err := s.DB.QueryRow(ctx, `select 1 from messaging_purchase_party where chatbot = $1 and party = $2`, chatbot, party).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return errParty
	}
	return err
}

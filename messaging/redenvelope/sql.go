package redenvelope

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_redenvelope", FS: migrations}
}

// lockPots reads the campaigns of a batch and keeps others from them until the commit. SQLite has one writer.
func lockPots(ctx context.Context, tx *sqldb.Tx, batch []claim) (map[string]*pot, error) {
	where, args := sqldb.In(tx.Dialect(), "id", 1, campaignsOf(batch))
	rows, err := tx.Query(ctx, `select id, split, expires, ended, shares, given, left_amount from messaging_redenvelope_campaign
		where `+where+locked(tx, ` order by id for update`), args...)
	pots := map[string]*pot{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var p pot
		err := rows.Scan(&p.id, &p.split, &p.expires, &p.ended, &p.shares, &p.given, &p.left)
		pots[p.id] = &p
		return struct{}{}, err
	})
	return pots, err
}

func locked(tx *sqldb.Tx, suffix string) string {
	if tx.Dialect() == sqldb.PostgreSQL {
		return suffix
	}
	return ""
}

// savePots writes what was taken.
func savePots(ctx context.Context, tx *sqldb.Tx, pots map[string]*pot) error {
	for _, p := range pots {
		if !p.changed {
			continue
		}
		if _, err := tx.Exec(ctx, `update messaging_redenvelope_campaign set given = $2, left_amount = $3 where id = $1`, p.id, p.given, p.left); err != nil {
			return err
		}
	}
	return nil
}

const campaignColumns = `c.id, c.chatbot, c.request, c.kind, c.unit, c.budget, c.shares, c.split, c.min_days, c.sim_days, c.per_device, c.greeting, c.language,
	c.created, c.expires, c.ended, c.given, c.left_amount, c.refunded`

// campaignFields are where the columns go, and what is to be done when they are there.
func campaignFields(c *Campaign) (fields []any, finish func()) {
	var created, expires, ended int64
	fields = []any{&c.ID, &c.Chatbot, &c.Key, &c.Kind, &c.Unit, &c.Budget, &c.Shares, &c.Split, &c.Rules.MinTenureDays, &c.Rules.SIMHeldDays,
		&c.Rules.NumbersPerDevice, &c.Greeting, &c.Language, &created, &expires, &ended, &c.Given, &c.Left, &c.Refunded}
	return fields, func() {
		c.Created, c.Expires = time.UnixMilli(created).UTC(), time.UnixMilli(expires).UTC()
		if ended > 0 {
			c.Ended = time.UnixMilli(ended).UTC()
		}
	}
}

// campaignByID reads a campaign with its sums. Error: errUnknown.
func (s *Service) campaignByID(ctx context.Context, id string) (c Campaign, err error) {
	fields, finish := campaignFields(&c)
	err = s.DB.QueryRow(ctx, `select `+campaignColumns+`, coalesce(f.told, c.given) from messaging_redenvelope_campaign c
		left join messaging_redenvelope_fulfilment f on f.campaign = c.id
		where c.id = $1`, id).Scan(append(fields, &c.Told)...)
	finish()
	c.Claimed = c.Budget - c.Left - c.Refunded
	return c, known(err)
}

func known(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errUnknown
	}
	return err
}

// lockCampaign reads a campaign and keeps others from it until the commit.
func lockCampaign(ctx context.Context, tx *sqldb.Tx, id string) (c Campaign, err error) {
	fields, finish := campaignFields(&c)
	err = tx.QueryRow(ctx, `select `+campaignColumns+` from messaging_redenvelope_campaign c where c.id = $1`+locked(tx, ` for update`), id).Scan(fields...)
	finish()
	return c, known(err)
}

// endCampaign notes that what is left of a campaign goes back.
func endCampaign(ctx context.Context, tx *sqldb.Tx, c Campaign, now int64) error {
	_, err := tx.Exec(ctx, `update messaging_redenvelope_campaign set ended = $2, left_amount = 0, refunded = $3 where id = $1`, c.ID, now, c.Left)
	return err
}

// insertCampaign reports whether its key was free.
func insertCampaign(ctx context.Context, tx *sqldb.Tx, c Campaign, digest []byte) (fresh bool, err error) {
	values := []any{c.ID, c.Chatbot, c.Key, digest, string(c.Kind), c.Unit, c.Budget, c.Shares, string(c.Split), c.Rules.MinTenureDays, c.Rules.SIMHeldDays,
		c.Rules.NumbersPerDevice, c.Greeting, string(c.Language), c.Created.UnixMilli(), c.Expires.UnixMilli(), c.Left}
	places := make([]string, len(values))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	return changed(tx.Exec(ctx, `insert into messaging_redenvelope_campaign (id, chatbot, request, digest, kind, unit, budget, shares, split,
		min_days, sim_days, per_device, greeting, language, created, expires, left_amount, ended, given, refunded)
		values (`+strings.Join(places, ", ")+`, 0, 0, 0) on conflict (chatbot, request) do nothing`, values...))
}

// campaignByKey returns what a key stands for.
func campaignByKey(ctx context.Context, q sqldb.Querier, chatbot, key string) (id string, digest []byte, err error) {
	err = q.QueryRow(ctx, `select id, digest from messaging_redenvelope_campaign where chatbot = $1 and request = $2`, chatbot, key).Scan(&id, &digest)
	return id, digest, known(err)
}

// expiredCampaigns are open ones whose time is over.
func (s *Service) expiredCampaigns(ctx context.Context, limit int) ([]string, error) {
	rows, err := s.DB.Query(ctx, `select id from messaging_redenvelope_campaign where ended = 0 and expires <= $1 order by expires limit $2`,
		s.Now().UnixMilli(), int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) {
		err = rows.Scan(&id)
		return id, err
	})
}

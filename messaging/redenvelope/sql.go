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

// sharesOf are the shares that those of a batch have already. PostgreSQL is told to look up one after the other: with a list it may read
// all entries, by a plan from when they were few.
func sharesOf(ctx context.Context, tx *sqldb.Tx, batch []claim) (map[taker]Share, error) {
	ids := make([]string, len(batch))
	for i, c := range batch {
		ids[i] = c.entry().id()
	}
	where, args := sqldb.In(tx.Dialect(), "id", 1, ids)
	from := `messaging_redenvelope_entry where ` + where
	if tx.Dialect() == sqldb.PostgreSQL {
		from = `unnest($1::text[]) as asked (id) cross join lateral
			(select * from messaging_redenvelope_entry where id = asked.id limit 1) as found`
	}
	rows, err := tx.Query(ctx, `select debit, credit, amount, number, at from `+from, args...)
	taken := make(map[taker]Share, len(batch))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		share, err := scanShare(rows)
		share.Repeated = true
		taken[taker{share.Campaign, share.Tenure}] = share
		return struct{}{}, err
	})
	return taken, err
}

func scanShare(rows *sql.Rows) (share Share, err error) {
	var at int64
	err = rows.Scan(&share.Campaign, &share.Tenure, &share.Amount, &share.Number, &at)
	share.At = time.UnixMilli(at).UTC()
	return share, err
}

// sharesAfter are up to limit shares of a campaign that follow a number, in their order.
func (s *Service) sharesAfter(ctx context.Context, campaign string, number int64, limit int) ([]Share, error) {
	rows, err := s.DB.Query(ctx, `select debit, credit, amount, number, at from messaging_redenvelope_entry
		where debit = $1 and number > 0 and number > $2 order by number limit $3`, campaign, number, int64(limit))
	return sqldb.Collect(rows, err, scanShare)
}

const insertEntryText = `insert into messaging_redenvelope_entry (id, debit, credit, ref, amount, number, at)`

func (e entry) values() []any {
	return []any{e.id(), e.debit, e.credit, e.ref, e.amount, e.number, e.at}
}

func insertEntries(ctx context.Context, tx *sqldb.Tx, list []entry) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, e := range list {
		rows[i] = e.values()
	}
	return sqldb.InsertRows(ctx, tx, insertEntryText, rows, "")
}

// insertEntry reports whether it is the first of its accounts and ref.
func insertEntry(ctx context.Context, tx *sqldb.Tx, e entry) (fresh bool, err error) {
	return changed(tx.Exec(ctx, insertEntryText+` values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing`, e.values()...))
}

func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func amountOf(ctx context.Context, q sqldb.Querier, e entry) (amount int64, err error) {
	err = q.QueryRow(ctx, `select amount from messaging_redenvelope_entry where id = $1`, e.id()).Scan(&amount)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return amount, err
}

func putInto(ctx context.Context, tx *sqldb.Tx, account string, amount int64) (balance int64, err error) {
	err = tx.QueryRow(ctx, `insert into messaging_redenvelope_account (id, balance) values ($1, $2)
		on conflict (id) do update set balance = messaging_redenvelope_account.balance + excluded.balance returning balance`, account, amount).Scan(&balance)
	return balance, err
}

// takeFrom reports whether an account covers an amount, which is then taken.
func takeFrom(ctx context.Context, tx *sqldb.Tx, account string, amount int64) (covered bool, err error) {
	return changed(tx.Exec(ctx, `update messaging_redenvelope_account set balance = balance - $2 where id = $1 and balance >= $2`, account, amount))
}

func balanceOf(ctx context.Context, q sqldb.Querier, account string) (balance int64, err error) {
	err = q.QueryRow(ctx, `select balance from messaging_redenvelope_account where id = $1`, account).Scan(&balance)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return balance, err
}

// Accounts returns what the operator holds for a chatbot, by unit.
func (s *Service) Accounts(ctx context.Context, chatbot string) ([]Account, error) {
	var ids []string
	for _, list := range units {
		for _, unit := range list {
			ids = append(ids, chatbotAccount(chatbot, unit))
		}
	}
	where, args := sqldb.In(s.DB.Dialect(), "id", 1, ids)
	rows, err := s.DB.Query(ctx, `select id, balance from messaging_redenvelope_account where `+where+` order by id`, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Account, error) {
		var id string
		a := Account{Chatbot: chatbot}
		err := rows.Scan(&id, &a.Balance)
		a.Asset = AssetIn(strings.TrimPrefix(id, chatbotAccount(chatbot, "")))
		return a, err
	})
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

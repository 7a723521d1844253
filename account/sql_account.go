package account

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Why an account closed, where it was not its tenure's end.
const (
	causeReplaced = "replaced" // another account moved to its tenure
	causeDisputed = "disputed" // it was moved from a tenure that had ended by then
)

// readStandings answers a batch of bonds in one statement. It may read more than asked, of the same tenures with the batch's other
// apps and purposes.
func readStandings(ctx context.Context, q sqldb.Querier, batch []bond) ([]sqldb.Result[standing], error) {
	tenures, apps := distinctKeys(batch)
	onTenure, args := sqldb.In(q.Dialect(), "tenure", 1, tenures)
	ofApp, appArgs := sqldb.In(q.Dialect(), "app", 1+len(args), apps)
	rows, err := q.Query(ctx, `
		select 'account', tenure, id, '', '' from account where closed is null and `+onTenure+`
		union all
		select 'link', tenure, app, '', '' from account_link where closed is null and `+onTenure+` and `+ofApp+`
		union all
		select 'consent', tenure, app, purpose, scope from account_consent where withdrawn is null and `+onTenure+` and `+ofApp,
		append(args, appArgs...)...)
	accounts := map[simtrust.TenureID]string{}
	links := map[bond]bool{}
	consents := map[bond][]string{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var kind, key, purpose, scope string
		var tenure simtrust.TenureID
		err := rows.Scan(&kind, &tenure, &key, &purpose, &scope)
		switch kind {
		case "account":
			accounts[tenure] = key
		case "link":
			links[bond{tenure: tenure, app: key}] = true
		case "consent":
			b := bond{tenure, key, purpose}
			consents[b] = append(consents[b], scope)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[standing], len(batch))
	for i, b := range batch {
		results[i].Value = standing{accounts[b.tenure], links[bond{tenure: b.tenure, app: b.app}], consents[b]}
	}
	return results, nil
}

func distinctKeys(batch []bond) (tenures []simtrust.TenureID, apps []string) {
	seenTenure, seenApp := map[simtrust.TenureID]bool{}, map[string]bool{}
	for _, b := range batch {
		if !seenTenure[b.tenure] {
			seenTenure[b.tenure] = true
			tenures = append(tenures, b.tenure)
		}
		if !seenApp[b.app] {
			seenApp[b.app] = true
			apps = append(apps, b.app)
		}
	}
	return tenures, apps
}

func anyEnded(ctx context.Context, tx *sqldb.Tx, ids []simtrust.TenureID) (bool, error) {
	cond, args := sqldb.In(tx.Dialect(), "tenure", 1, ids)
	var n int
	err := tx.QueryRow(ctx, `select count(*) from account_ended where `+cond, args...).Scan(&n)
	return n > 0, err
}

// openAccountOn returns the tenure's open account, or "".
func openAccountOn(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID) (id string, err error) {
	err = tx.QueryRow(ctx, `select id from account where tenure = $1 and closed is null`, tenure).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// openAccount opens an account unless the tenure has one; the unique index decides between rivals.
func openAccount(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, now time.Time) (string, error) {
	_, err := tx.Exec(ctx, `insert into account (id, tenure, since, opened) values ($1, $2, $3, $3)
		on conflict (tenure) where closed is null do nothing`, simtrust.NewID("acc"), tenure, now.UnixMilli())
	if err != nil {
		return "", err
	}
	return openAccountOn(ctx, tx, tenure)
}

func openLinks(ctx context.Context, tx *sqldb.Tx, account string, tenure simtrust.TenureID, apps []string, now time.Time) error {
	rows := make([][]any, len(apps))
	for i, app := range apps {
		rows[i] = []any{simtrust.NewID("lnk"), account, tenure, app, now.UnixMilli()}
	}
	return sqldb.InsertRows(ctx, tx, `insert into account_link (id, account, tenure, app, opened)`, rows,
		`on conflict (tenure, app) where closed is null do nothing`)
}

func closeAccount(ctx context.Context, tx *sqldb.Tx, account, cause string, now time.Time) error {
	_, err := tx.Exec(ctx, `update account set closed = $2, cause = $3 where id = $1 and closed is null`, account, now.UnixMilli(), cause)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update account_link set closed = $2 where account = $1 and closed is null`, account, now.UnixMilli())
	return err
}

func insertConsents(ctx context.Context, tx *sqldb.Tx, b bond, scopes []string, now time.Time) error {
	act := simtrust.NewID("con")
	rows := make([][]any, len(scopes))
	for i, scope := range scopes {
		rows[i] = []any{act, b.tenure, b.app, b.purpose, scope, now.UnixMilli()}
	}
	return sqldb.InsertRows(ctx, tx, `insert into account_consent (act, tenure, app, purpose, scope, given)`, rows,
		`on conflict (tenure, app, purpose, scope) where withdrawn is null do nothing`)
}

func withdrawAll(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, app string, now time.Time) error {
	_, err := tx.Exec(ctx, `update account_consent set withdrawn = $3 where tenure = $1 and app = $2 and withdrawn is null`,
		tenure, app, now.UnixMilli())
	return err
}

func withdrawScopes(ctx context.Context, tx *sqldb.Tx, b bond, scopes []string, now time.Time) error {
	cond, args := sqldb.In(tx.Dialect(), "scope", 5, scopes)
	_, err := tx.Exec(ctx, `update account_consent set withdrawn = $4
		where tenure = $1 and app = $2 and purpose = $3 and withdrawn is null and `+cond,
		append([]any{b.tenure, b.app, b.purpose, now.UnixMilli()}, args...)...)
	return err
}

// markStore returns the mark of the subject key that the store is used with: mine, if there was none.
func markStore(ctx context.Context, tx *sqldb.Tx, mine []byte) (mark []byte, err error) {
	if _, err := tx.Exec(ctx, `insert into account_subject_key (id, mark) values (1, $1) on conflict do nothing`, mine); err != nil {
		return nil, err
	}
	err = tx.QueryRow(ctx, `select mark from account_subject_key where id = 1`).Scan(&mark)
	return mark, err
}

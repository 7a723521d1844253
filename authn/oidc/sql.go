package oidc

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the provider.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "oidc", FS: migrations} }

const grantColumns = `id, code_hash, client, redirect, challenge, nonce, scope, tenure, account, subject, session, imsi, method, sim_recorded,
	auth_time, issued, code_expires, expires`

// updates are the changes of state of a grant or ticket: $1 is now, and the ids follow. Each condition makes it a step that is taken once.
var updates = [acts]string{
	taking: spendTickets,
	redeeming: `update oidc_grants set used_at = $1
		where used_at is null and revoked_at is null and code_expires > $1 and `,
	spending: `update oidc_grants set spent_at = $1
		where spent_at is null and used_at is not null and revoked_at is null and expires > $1 and `,
	revoking: `update oidc_grants set revoked_at = $1 where revoked_at is null and `,
}

// apply makes the changes of one kind and returns the ids on which they took effect. ids maps each to its place in the batch.
func apply(ctx context.Context, tx *sqldb.Tx, a act, batch []change, ids map[string]int, now time.Time) ([]string, error) {
	sorted := slices.Sorted(maps.Keys(ids))
	switch a {
	case opening:
		return sorted, insertGrants(ctx, tx, batch, ids, sorted)
	case burning:
		return insertBurnt(ctx, tx, batch, ids, sorted)
	case taking:
		spent, err := update(ctx, tx, a, sorted, now)
		if err != nil || len(spent) == 0 {
			return nil, err
		}
		return spent, insertGrants(ctx, tx, batch, ids, spent)
	default:
		return update(ctx, tx, a, sorted, now)
	}
}

func update(ctx context.Context, tx *sqldb.Tx, a act, ids []string, now time.Time) ([]string, error) {
	cond, args := sqldb.In(tx.Dialect(), "id", 2, ids)
	rows, err := tx.Query(ctx, updates[a]+cond+" returning id", append([]any{now.UnixMilli()}, args...)...)
	return sqldb.Collect(rows, err, scanID)
}

func scanID(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }

func insertGrants(ctx context.Context, tx *sqldb.Tx, batch []change, ids map[string]int, sorted []string) error {
	rows := make([][]any, len(sorted))
	for i, id := range sorted {
		g := batch[ids[id]].grant
		rows[i] = []any{
			g.ID, g.CodeHash, g.Client, g.Redirect, g.Challenge, g.Nonce, g.Scope.String(), string(g.Tenure), g.Account, g.Subject,
			g.Session, g.IMSI, g.Method, g.SIMRecorded.UnixMilli(), g.AuthTime.UnixMilli(), g.Issued.UnixMilli(), g.CodeExpires.UnixMilli(), g.Expires.UnixMilli(),
		}
	}
	return sqldb.InsertRows(ctx, tx, "insert into oidc_grants ("+grantColumns+")", rows, "")
}

// burntPerInsert bounds the rows of one statement; a smaller batch is padded with its last row, which conflicts with itself.
const burntPerInsert = 64

func insertBurnt(ctx context.Context, tx *sqldb.Tx, batch []change, ids map[string]int, sorted []string) ([]string, error) {
	var fresh []string
	for chunk := range slices.Chunk(sorted, burntPerInsert) {
		args := make([]any, 0, 2*burntPerInsert)
		for _, id := range chunk {
			args = append(args, id, batch[ids[id]].expires.UnixMilli())
		}
		text := insertBurntOne
		if len(chunk) > 1 {
			text = insertBurntMany
			for len(args) < 2*burntPerInsert {
				args = append(args, args[len(args)-2:]...)
			}
		}
		rows, err := tx.Query(ctx, text, args...)
		inserted, err := sqldb.Collect(rows, err, scanID)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, inserted...)
	}
	return fresh, nil
}

var (
	insertBurntOne  = burntInsert(1)
	insertBurntMany = burntInsert(burntPerInsert)
)

func burntInsert(rows int) string {
	values := make([]string, rows)
	for i := range values {
		values[i] = fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2)
	}
	return "insert into oidc_burnt (id, expires) values " + strings.Join(values, ", ") + " on conflict (id) do nothing returning id"
}

func readGrants(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[grant], error) {
	cond, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, "select "+grantColumns+", used_at, spent_at, revoked_at from oidc_grants where "+cond, args...)
	found, err := sqldb.Collect(rows, err, scanGrant)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(found))
	for i := range found {
		at[found[i].ID] = i
	}
	results := make([]sqldb.Result[grant], len(ids))
	for i, id := range ids {
		if k, ok := at[id]; ok {
			results[i].Value = found[k]
		} else {
			results[i].Err = errNoGrant
		}
	}
	return results, nil
}

func scanGrant(rows *sql.Rows) (g grant, err error) {
	var words string
	var simRecorded, authTime, issued, codeExpires, expires int64
	var used, spent, revoked sql.NullInt64
	err = rows.Scan(&g.ID, &g.CodeHash, &g.Client, &g.Redirect, &g.Challenge, &g.Nonce, &words, &g.Tenure, &g.Account, &g.Subject,
		&g.Session, &g.IMSI, &g.Method, &simRecorded, &authTime, &issued, &codeExpires, &expires, &used, &spent, &revoked)
	if err != nil {
		return grant{}, err
	}
	g.Scope = storedScope(words)
	g.SIMRecorded = time.UnixMilli(simRecorded)
	g.AuthTime, g.Issued = time.UnixMilli(authTime), time.UnixMilli(issued)
	g.CodeExpires, g.Expires = time.UnixMilli(codeExpires), time.UnixMilli(expires)
	g.Used, g.Spent, g.Revoked = used.Valid, spent.Valid, revoked.Valid
	return g, nil
}

// storedScope splits what scope.String joined.
func storedScope(words string) scope {
	var s scope
	for word := range strings.SplitSeq(words, " ") {
		if strings.HasPrefix(word, purposePrefix) {
			s.purpose = word
		} else {
			s.words = append(s.words, word)
		}
	}
	return s
}

func readBurnt(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[bool], error) {
	cond, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, "select id from oidc_burnt where "+cond, args...)
	found, err := sqldb.Collect(rows, err, scanID)
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	results := make([]sqldb.Result[bool], len(ids))
	for i, id := range ids {
		_, results[i].Value = slices.BinarySearch(found, id)
	}
	return results, nil
}

func insertPrompt(ctx context.Context, db *sqldb.DB, c consentPrompt) error {
	return db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into oidc_prompts (id, cookie, request, tenure, session, expires) values ($1, $2, $3, $4, $5, $6)`,
			c.id, c.cookie, c.request, string(c.tenure), c.session, c.expires.UnixMilli())
		return err
	})
}

// selectPrompt reads a consent page. KindNotFound.
func selectPrompt(ctx context.Context, db *sqldb.DB, id string) (consentPrompt, error) {
	rows, err := db.Query(ctx, `select cookie, request, tenure, session, expires, used_at from oidc_prompts where id = $1`, id)
	found, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (consentPrompt, error) {
		c := consentPrompt{id: id}
		var expires int64
		var used sql.NullInt64
		err := rows.Scan(&c.cookie, &c.request, &c.tenure, &c.session, &expires, &used)
		c.expires, c.used = time.UnixMilli(expires), used.Valid
		return c, err
	})
	switch {
	case err != nil:
		return consentPrompt{}, err
	case len(found) == 0:
		return consentPrompt{}, errNoPrompt
	}
	return found[0], nil
}

// markPromptUsed uses a consent page up; it tells one caller true, ever.
func markPromptUsed(ctx context.Context, db *sqldb.DB, id string, now time.Time) (won bool, err error) {
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `update oidc_prompts set used_at = $1 where id = $2 and used_at is null and expires > $1 returning id`,
			now.UnixMilli(), id)
		marked, err := sqldb.Collect(rows, err, scanID)
		won = len(marked) == 1
		return err
	})
	return won && err == nil, err
}

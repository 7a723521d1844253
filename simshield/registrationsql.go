package simshield

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
)

// Enrolment states.
const (
	enrolmentAsked     = "asked"
	enrolmentCertified = "certified"
	enrolmentInstalled = "installed"
)

const registrationColumns = `r.id, r.party, r.tenure, r.iccid, r.application, r.algorithm, r.identified, r.subject, r.person, r.code, r.state, r.cause, r.reason, r.created, r.expires`

func scanRegistration(scan func(...any) error, more ...any) (r Registration, code []byte, err error) {
	var tenure, application, algorithm, identified, subject string
	var created, expires int64
	err = scan(append([]any{&r.ID, &r.Party, &tenure, &r.iccid, &application, &algorithm, &identified, &subject, &r.person, &code, &r.State, &r.Cause,
		&r.Reason, &created, &expires}, more...)...)
	if err != nil {
		return r, nil, err
	}
	r.tenure, r.Identified = simtrust.TenureID(tenure), Identified(identified)
	r.Application, _ = applet.ParseApplication(application)
	r.Algorithm, _ = applet.ParseAlgorithm(algorithm)
	r.Created, r.Expires = instant(created), instant(expires)
	return r, code, json.Unmarshal([]byte(subject), &r.subject)
}

// insertRegistration says whether it went in: it does not where the applet on the card has another open.
func insertRegistration(ctx context.Context, tx *sqldb.Tx, r Registration, kinds []applet.Kind, code []byte) (bool, error) {
	subject, err := json.Marshal(r.subject)
	if err != nil {
		return false, err
	}
	res, err := tx.Exec(ctx, `insert into simshield_registration
		(id, party, tenure, iccid, application, algorithm, identified, subject, person, code, tries, state, cause, created, expires)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, '', $12, $13) on conflict do nothing`,
		r.ID, r.Party, string(r.tenure), r.iccid, r.Application.String(), r.Algorithm.String(), string(r.Identified), string(subject), r.person, code, r.State,
		r.Created.UnixMilli(), r.Expires.UnixMilli())
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	rows := make([][]any, len(kinds))
	for i, k := range kinds {
		challenge := make([]byte, 16)
		_, _ = rand.Read(challenge) // never fails
		rows[i] = []any{r.ID, k.String(), int64(i), challenge, enrolmentAsked, ""}
	}
	return true, sqldb.InsertRows(ctx, tx, "insert into simshield_enrolment (registration, kind, place, challenge, state, key)", rows, "")
}

const selectRegistration = `select ` + registrationColumns + ` from simshield_registration r where r.id = $1`

func findRegistration(ctx context.Context, q sqldb.Querier, id string) (*Registration, error) {
	return oneRegistration(q.QueryRow(ctx, selectRegistration, id))
}

// lockRegistration is findRegistration by one who changes it, or what hangs on it. All who do so take turns, and each sees what the one
// before has done. SQLite has one writer.
func lockRegistration(ctx context.Context, tx *sqldb.Tx, id string) (*Registration, error) {
	text := selectRegistration
	if tx.Dialect() == sqldb.PostgreSQL {
		text += ` for update`
	}
	return oneRegistration(tx.QueryRow(ctx, text, id))
}

func oneRegistration(row sqldb.Row) (*Registration, error) {
	r, _, err := scanRegistration(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// history says whether the bank applet on the card holds another party's keys, and whether the person has blocked a PIN: that of keys, or
// when keys were to be made.
func history(ctx context.Context, tx *sqldb.Tx, r Registration) (foreign, blocked bool, err error) {
	keys, err := keysWhere(ctx, tx, `tenure = $1`, string(r.tenure))
	if err != nil {
		return false, false, err
	}
	for _, k := range keys {
		if r.Application == applet.Bank && k.Application == applet.Bank && k.ICCID == r.iccid && k.State != keyEnded && k.Party != r.Party {
			foreign = true
		}
		if k.Cause == CausePINBlocked {
			blocked = true
		}
	}
	if blocked {
		return foreign, true, nil
	}
	err = tx.QueryRow(ctx, `select exists (select 1 from simshield_registration where tenure = $1 and cause = $2)`, string(r.tenure), CausePINBlocked).Scan(&blocked)
	return foreign, blocked, err
}

// pinBlocked says whether the login PIN of a card, or the other one, is known to be blocked: that of keys, or when a key was to be made.
func pinBlocked(ctx context.Context, tx *sqldb.Tx, iccid string, login bool) (blocked bool, err error) {
	err = tx.QueryRow(ctx, `select
		exists (select 1 from simshield_key where iccid = $1 and cause = 'pin_blocked' and (kind = 'login') = $2) or
		exists (select 1 from simshield_registration r join simshield_enrolment e on e.registration = r.id
			where r.iccid = $1 and r.cause = 'pin_blocked' and (e.kind = 'login') = $2 and e.place =
				(select min(place) from simshield_enrolment where registration = r.id and state = 'asked'))`, iccid, login).Scan(&blocked)
	return blocked, err
}

func moveRegistration(ctx context.Context, tx *sqldb.Tx, id, state, cause string) error {
	_, err := tx.Exec(ctx, `update simshield_registration set state = $2, cause = $3 where id = $1 and state in ('open', 'awaiting')`, id, state, cause)
	return err
}

// noteRefusal keeps why the authority did not certify a key of a registration that is open.
func noteRefusal(ctx context.Context, tx *sqldb.Tx, id, reason string) error {
	_, err := tx.Exec(ctx, `update simshield_registration set reason = $2 where id = $1 and state = 'open'`, id, reason)
	return err
}

// approve counts an operator's approval and returns how many there are; 0 where the operator's was there.
func approve(ctx context.Context, tx *sqldb.Tx, id, operator string, now time.Time) (n int, err error) {
	res, err := tx.Exec(ctx, `insert into simshield_approval (registration, operator, at) values ($1, $2, $3) on conflict do nothing`, id, operator, now.UnixMilli())
	if err != nil {
		return 0, err
	}
	if added, err := res.RowsAffected(); err != nil || added == 0 {
		return 0, err
	}
	err = tx.QueryRow(ctx, `select count(*) from simshield_approval where registration = $1`, id).Scan(&n)
	return n, err
}

func countTry(ctx context.Context, tx *sqldb.Tx, id string) (tries int64, err error) {
	err = tx.QueryRow(ctx, `update simshield_registration set tries = tries + 1 where id = $1 returning tries`, id).Scan(&tries)
	return tries, err
}

// nextEnrolment returns the next kind that is to be enrolled; 0 where there is none.
func nextEnrolment(ctx context.Context, tx *sqldb.Tx, id string) (kind applet.Kind, challenge [16]byte, err error) {
	var name string
	var octets []byte
	err = tx.QueryRow(ctx, `select kind, challenge from simshield_enrolment where registration = $1 and state = 'asked' order by place limit 1`, id).
		Scan(&name, &octets)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, challenge, nil
	}
	kind, _ = applet.ParseKind(name)
	copy(challenge[:], octets)
	return kind, challenge, err
}

// kindsOf returns the kinds of keys that a registration is about.
func kindsOf(ctx context.Context, tx *sqldb.Tx, id string) ([]applet.Kind, error) {
	rows, err := tx.Query(ctx, `select kind from simshield_enrolment where registration = $1 order by place`, id)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (kind applet.Kind, err error) {
		var name string
		err = rows.Scan(&name)
		kind, _ = applet.ParseKind(name)
		return kind, err
	})
}

func findEnrolment(ctx context.Context, q sqldb.Querier, registration string, kind applet.Kind) (*enrolling, error) {
	var e enrolling
	var challenge []byte
	row := q.QueryRow(ctx, `select `+registrationColumns+`, e.challenge, e.state, e.key
		from simshield_enrolment e join simshield_registration r on r.id = e.registration where e.registration = $1 and e.kind = $2`,
		registration, kind.String())
	r, code, err := scanRegistration(row.Scan, &challenge, &e.state, &e.key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	e.Registration, e.code = r, code
	copy(e.challenge[:], challenge)
	return &e, err
}

func moveEnrolment(ctx context.Context, tx *sqldb.Tx, registration string, kind applet.Kind, state, key string) error {
	_, err := tx.Exec(ctx, `update simshield_enrolment set state = $3, key = $4 where registration = $1 and kind = $2`, registration, kind.String(), state, key)
	return err
}

// certificatesOf returns the certificates of a registration by kind.
func certificatesOf(ctx context.Context, q sqldb.Querier, id string) (map[applet.Kind]string, error) {
	keys, err := keysWhere(ctx, q, `registration = $1`, id)
	found := make(map[applet.Kind]string, len(keys))
	for _, k := range keys {
		found[k.Kind] = k.Certificate
	}
	return found, err
}

// failRegistrations ends those of a tenure that are on other cards than the kept one.
func failRegistrations(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, kept, cause string) error {
	_, err := tx.Exec(ctx, `update simshield_registration set state = 'failed', cause = $3
		where tenure = $1 and iccid <> $2 and state in ('open', 'awaiting')`, string(tenure), kept, cause)
	return err
}

// expireRegistrations returns the ids of those that it ended.
func expireRegistrations(ctx context.Context, tx *sqldb.Tx, now time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `update simshield_registration set state = 'failed', cause = $1 where state in ('open', 'awaiting') and expires <= $2
		returning id`, CauseExpired, now.UnixMilli())
	return sqldb.Collect(rows, err, scanText)
}

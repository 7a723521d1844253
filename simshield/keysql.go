package simshield

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
)

const keyColumns = `id, party, tenure, iccid, application, kind, algorithm, public_key, certificate, raw, chain, identified, person, cooled_from, state, cause, created`

func scanKey(scan func(...any) error) (k Key, err error) {
	var tenure, application, kind, algorithm, identified string
	var public, chain []byte
	var cooled, created int64
	err = scan(&k.ID, &k.Party, &tenure, &k.ICCID, &application, &kind, &algorithm, &public, &k.Certificate, &k.Raw, &chain, &identified,
		&k.person, &cooled, &k.State, &k.Cause, &created)
	if err != nil {
		return k, err
	}
	k.Tenure, k.Identified = simtrust.TenureID(tenure), Identified(identified)
	k.Application, _ = applet.ParseApplication(application)
	k.Kind, _ = applet.ParseKind(kind)
	k.Algorithm, _ = applet.ParseAlgorithm(algorithm)
	k.CooledFrom, k.Created = instant(cooled), instant(created)
	copy(k.PublicKey[:], public)
	k.Chain, err = splitChain(chain)
	return k, err
}

// splitChain parts certificates that stand one after the other.
func splitChain(der []byte) (chain [][]byte, err error) {
	for rest := cryptobyte.String(der); !rest.Empty(); {
		var certificate cryptobyte.String
		if !rest.ReadASN1Element(&certificate, tag.SEQUENCE) {
			return nil, errors.New("simshield: the chain of a key is broken")
		}
		chain = append(chain, certificate)
	}
	return chain, nil
}

func insertKey(ctx context.Context, tx *sqldb.Tx, registration string, k Key) error {
	_, err := tx.Exec(ctx, `insert into simshield_key (`+keyColumns+`, registration) values
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		k.ID, k.Party, string(k.Tenure), k.ICCID, k.Application.String(), k.Kind.String(), k.Algorithm.String(), k.PublicKey[:], k.Certificate, k.Raw,
		bytes.Join(k.Chain, nil), string(k.Identified), k.person, millis(k.CooledFrom), k.State, k.Cause, k.Created.UnixMilli(), registration)
	return err
}

// slot is a key's place on a card.
type slot struct {
	iccid       string
	application applet.Application
	kind        applet.Kind
}

// readActiveKeys returns the keys that sign in slots; nil where none does.
func readActiveKeys(ctx context.Context, q sqldb.Querier, slots []slot) ([]sqldb.Result[*Key], error) {
	cards := map[slot][]string{} // by application and kind
	for _, s := range slots {
		sort := slot{application: s.application, kind: s.kind}
		cards[sort] = append(cards[sort], s.iccid)
	}
	found := make(map[slot]*Key, len(slots))
	for sort, iccids := range cards {
		where, args := sqldb.In(q.Dialect(), "iccid", 3, iccids)
		list, err := keysWhere(ctx, q, `application = $1 and kind = $2 and state = 'active' and `+where,
			append([]any{sort.application.String(), sort.kind.String()}, args...)...)
		if err != nil {
			return nil, err
		}
		for i, k := range list {
			found[slot{k.ICCID, k.Application, k.Kind}] = &list[i]
		}
	}
	out := make([]sqldb.Result[*Key], len(slots))
	for i, s := range slots {
		out[i].Value = found[s]
	}
	return out, nil
}

func readKeys(ctx context.Context, q sqldb.Querier, ids []string) (map[string]*Key, error) {
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	list, err := keysWhere(ctx, q, where, args...)
	keys := make(map[string]*Key, len(list))
	for i := range list {
		keys[list[i].ID] = &list[i]
	}
	return keys, err
}

func keysWhere(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Key, error) {
	rows, err := q.Query(ctx, `select `+keyColumns+` from simshield_key where `+where, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Key, error) { return scanKey(rows.Scan) })
}

// movedKey is a key whose state was changed, for the changes-th time.
type movedKey struct {
	id, certificate string
	changes         int64
}

// moveKeys sets the state of keys that a condition holds for and returns them. The condition's arguments begin at $3.
func moveKeys(ctx context.Context, tx *sqldb.Tx, state, cause, where string, args ...any) ([]movedKey, error) {
	rows, err := tx.Query(ctx, `update simshield_key set state = $1, cause = $2, changes = changes + 1 where `+where+` returning id, certificate, changes`,
		append([]any{state, cause}, args...)...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (k movedKey, err error) { return k, rows.Scan(&k.id, &k.certificate, &k.changes) })
}

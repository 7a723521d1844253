package sqldb

import "testing"

func TestPositional(t *testing.T) {
	for in, want := range map[string]string{
		"select 1":                                   "select 1",
		"insert into t values ($1,$2,$3)":            "insert into t values (?,?,?)",
		"update t set a = $1 where b in ($2,$3,$4)":  "update t set a = ? where b in (?,?,?)",
		"select '$1' from t where a = $1":            "select '$1' from t where a = ?",
		"select 'it''s $2' from t where a = $1":      "select 'it''s $2' from t where a = ?",
		"update t set a = $2 where b = $1":           "update t set a = $2 where b = $1",
		"select $1 from t where a = $1":              "select $1 from t where a = $1",
		"values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)":    "values (?,?,?,?,?,?,?,?,?,?)",
		"select a from t where a = $":                "select a from t where a = $",
		"select $name":                               "select $name",
		"select a from t where a = cast($1 as text)": "select a from t where a = cast(? as text)",
	} {
		if got := positional(in); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
}

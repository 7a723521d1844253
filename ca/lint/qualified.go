package lint

import (
	"slices"

	"simtrust/ca/qc"
)

// limitCurrency is that of the transactions a certificate of profile eid is limited to.
const limitCurrency = "CNY"

func checkQualified(r *report) {
	ext, present := r.extensions[extQCStatements]
	r.object(present && r.rules.qc == forbidden, "qualified certificate statements where the profile has none")
	r.object(!present && r.rules.qc == required, "no qualified certificate statements")
	if !present {
		return
	}
	s, err := qc.Parse(ext)
	if err != nil {
		r.object(true, "%v", err)
		return
	}
	r.object(!slices.Equal(s.Types, []qc.Type{qc.ESign}), "the type is not that of electronic signatures alone")
	r.object(s.Limit == nil || s.Limit.Currency != limitCurrency, "no transaction limit in %s", limitCurrency)
	r.object(len(s.Disclosures) == 0, "no disclosure statement")
	claims := s.Compliance || s.SSCD || len(s.Legislation) > 0
	r.object(claims && !r.opts.Qualified, "a legal claim without its ground")
}

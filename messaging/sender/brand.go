package sender

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Brand is a name that people know, and the organisation it belongs to.
type Brand struct {
	ID, Name string
	// Holder is the operator's own reference of the organisation; it goes to operators only.
	Holder simtrust.HolderID
	// Organization is its name as its certificates have it (O); OrganizationID, where it has one, its identifier (2.5.4.97), which then
	// counts alone.
	Organization, OrganizationID string
	Created                      time.Time
	Verified                     time.Time // zero: not yet
}

// BrandReq asks for a brand.
type BrandReq struct {
	Name                         string // 1 to 64 characters of one line
	Holder                       simtrust.HolderID
	Organization, OrganizationID string
	By                           string
}

func (r BrandReq) check() error {
	switch {
	case !named(r.Name, maxName):
		return invalid(ReasonName, "name: one line of 1 to 64 visible characters, without space at its ends")
	case !named(r.Organization, maxOrganization) || !line(r.OrganizationID, maxOrganization):
		return invalid(ReasonOrganization, "organization: as in its certificates; organization_id: its identifier there, if it has one")
	case r.Holder == "" || !line(string(r.Holder), maxOrganization):
		return invalid(ReasonOrganization, "holder: the operator's own reference of the organisation")
	}
	return nil
}

// CreateBrand registers a brand, unverified. Errors: KindInvalid with [ReasonName] or [ReasonOrganization]; KindConflict with
// [ReasonResembles].
func (s *Service) CreateBrand(ctx context.Context, r BrandReq) (Brand, error) {
	if err := r.check(); err != nil {
		return Brand{}, err
	}
	b := Brand{ID: simtrust.NewID(brandID), Name: r.Name, Holder: r.Holder, Organization: r.Organization, OrganizationID: r.OrganizationID,
		Created: s.now()}
	err := s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if err := insertBrand(ctx, tx, b); err != nil {
			return err
		}
		if err := s.record(ctx, tx, b.ID, actBrandCreated, Decision{By: r.By}); err != nil {
			return err
		}
		return reserve(ctx, tx, b.ID, b.Name)
	})
	if err != nil {
		return Brand{}, err
	}
	return b, nil
}

// VerifyBrand records that somebody made sure that the name belongs to the organisation; the decision says how. Again it only adds to the
// record. Errors: KindNotFound with [ReasonUnknownBrand]; KindInvalid with [ReasonWhy].
func (s *Service) VerifyBrand(ctx context.Context, id string, d Decision) (b Brand, err error) {
	if err := d.explained(); err != nil {
		return Brand{}, err
	}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if b, err = brandByID(ctx, tx, id); err != nil {
			return err
		}
		if b.Verified.IsZero() {
			b.Verified = s.now()
		}
		if err := verifyBrand(ctx, tx, b); err != nil {
			return err
		}
		return s.record(ctx, tx, id, actBrandVerified, d)
	})
	return b, err
}

// Brand returns a brand. Errors: KindNotFound with [ReasonUnknownBrand].
func (s *Service) Brand(ctx context.Context, id string) (Brand, error) {
	return brandByID(ctx, s.DB, id)
}

// Brands lists brands in the order of their ids. next is the After of the following page, or "" after the last.
func (s *Service) Brands(ctx context.Context, p Page) (list []Brand, next string, err error) {
	if p, err = p.complete(brandID); err != nil {
		return nil, "", err
	}
	if list, err = brandsAfter(ctx, s.DB, p.After, p.Limit+1); err != nil {
		return nil, "", err
	}
	list, next = cut(list, p, func(b Brand) string { return b.ID })
	return list, next, nil
}

package sandbox

import (
	"context"
	"fmt"

	"simtrust/internal/rpc"
)

// MobileIDParty is what a relying party of the Mobile-ID face is configured with.
type MobileIDParty struct {
	UUID string `json:"relyingPartyUUID"`
	Name string `json:"relyingPartyName"`
}

// MSSParty is what an application provider of the mobile signature service is configured with.
type MSSParty struct {
	ID       string `json:"ap_id"`
	Password string `json:"ap_pwd"`
	MSSP     string `json:"mssp_id"`
	Profile  string `json:"signature_profile"`
}

// profileSigning is the profile that the second asks for.
const profileSigning = "http://mss.ficom.fi/TS102206/v1.0.0/signature-profile.xml"

type makeAccess struct {
	Face        string `json:"face"`
	Name        string `json:"name"`
	Application string `json:"application"`
}

type madeAccess struct {
	Secret string `json:"secret"`
}

// makeParties has the server give the shop its names on the faces, once in a world's life. Names end at random: one that was given to a
// run that was killed is not given again.
func (o *operator) makeParties(ctx context.Context) error {
	w := o.world
	if w.MobileID == nil {
		name := "DEMO-" + digits(6)
		secret, err := o.makeAccess(ctx, "mobile-id", name)
		if err != nil {
			return err
		}
		w.MobileID = &MobileIDParty{UUID: secret, Name: name}
	}
	if w.MSS == nil {
		id := "http://shop.example/ap/" + digits(6)
		secret, err := o.makeAccess(ctx, "mss", id)
		if err != nil {
			return err
		}
		w.MSS = &MSSParty{ID: id, Password: secret, Profile: profileSigning}
	}
	return w.save()
}

func (o *operator) makeAccess(ctx context.Context, face, name string) (string, error) {
	made, err := rpc.Call[makeAccess, madeAccess](o.admin, "POST /simshield/v1/access")(ctx,
		makeAccess{Face: face, Name: name, Application: o.world.client("shop").ClientID})
	if err != nil {
		return "", fmt.Errorf("sandbox: a name on the face %s: %w", face, err)
	}
	return made.Secret, nil
}

// at is the party of a service at a URL, which is the service's id.
func (p *MSSParty) at(mssp string) *MSSParty {
	if p == nil {
		return nil
	}
	here := *p
	here.MSSP = mssp
	return &here
}

package account

import (
	"encoding/json"
	"time"
)

// The JSON forms of the module's operations.
type (
	registerWire struct {
		ID           string            `json:"id,omitzero"`
		Name         string            `json:"name"`
		Auth         string            `json:"auth"`
		Profile      string            `json:"profile"`
		RedirectURIs []string          `json:"redirect_uris,omitzero"`
		InitiateURI  string            `json:"initiate_login_uri,omitzero"`
		Scopes       []string          `json:"scopes"`
		JWKS         json.RawMessage   `json:"jwks,omitzero"`
		Sector       string            `json:"sector,omitzero"`
		LegalBases   map[string]string `json:"legal_bases,omitzero"`
	}
	appWire struct {
		ID           string            `json:"id"`
		Name         string            `json:"name"`
		Auth         string            `json:"auth"`
		Profile      string            `json:"profile"`
		RedirectURIs []string          `json:"redirect_uris"`
		InitiateURI  string            `json:"initiate_login_uri,omitzero"`
		Scopes       []string          `json:"scopes"`
		JWKS         json.RawMessage   `json:"jwks,omitzero"`
		Sector       string            `json:"sector"`
		LegalBases   map[string]string `json:"legal_bases,omitzero"`
		Suspended    bool              `json:"suspended"`
		Registered   time.Time         `json:"registered"`
	}
	registeredWire struct {
		App    appWire `json:"app"`
		Secret string  `json:"secret,omitzero"`
	}
	listWire struct {
		After string `query:"after" json:"-"`
		Limit int    `query:"limit" json:"-"`
	}
	appsWire struct {
		Apps []appWire `json:"apps"`
	}
	appIDWire struct {
		ID string `path:"id" json:"-"`
	}
	rotateWire struct {
		ID             string          `path:"id" json:"-"`
		JWKS           json.RawMessage `json:"jwks,omitzero"`
		OverlapSeconds int64           `json:"overlap_seconds,omitzero"`
	}
	nothingWire struct{}
	ticketWire  struct {
		Ticket  string    `json:"ticket"`
		Expires time.Time `json:"expires"`
	}
	finishWire struct {
		Ticket  string `json:"ticket"`
		Replace bool   `json:"replace,omitzero"`
	}
	withdrawWire struct {
		App        string   `json:"app"`
		Everything bool     `json:"everything,omitzero"`
		Purpose    string   `json:"purpose,omitzero"`
		Scopes     []string `json:"scopes,omitzero"`
	}
)

func wireOf(a App) appWire {
	return appWire{
		ID: a.ID, Name: a.Name, Auth: a.Auth, Profile: a.Profile, RedirectURIs: a.RedirectURIs, InitiateURI: a.InitiateURI, Scopes: a.Scopes, JWKS: a.JWKS,
		Sector: a.Sector, LegalBases: a.LegalBases, Suspended: a.Suspended, Registered: a.Registered,
	}
}

func (w appWire) app() App {
	return App{
		ID: w.ID, Name: w.Name, Auth: w.Auth, Profile: w.Profile, RedirectURIs: w.RedirectURIs, InitiateURI: w.InitiateURI, Scopes: w.Scopes, JWKS: w.JWKS,
		Sector: w.Sector, LegalBases: w.LegalBases, Suspended: w.Suspended, Registered: w.Registered,
	}
}

package sender

import (
	"encoding/hex"
	"time"

	"simtrust"
	"simtrust/messaging/gsma"
)

// The JSON forms of the operations.
type (
	brandReqWire struct {
		Name           string `json:"name"`
		Holder         string `json:"holder"`
		Organization   string `json:"organization"`
		OrganizationID string `json:"organization_id,omitzero"`
	}
	brandWire struct {
		ID             string    `json:"id"`
		Name           string    `json:"name"`
		Holder         string    `json:"holder"`
		Organization   string    `json:"organization"`
		OrganizationID string    `json:"organization_id,omitzero"`
		Created        time.Time `json:"created"`
		Verified       time.Time `json:"verified,omitzero"`
	}
	brandsWire struct {
		Brands []brandWire `json:"brands"`
		Next   string      `json:"next,omitzero"`
	}
	pageWire struct {
		After string `query:"after" json:"-"`
		Limit int    `query:"limit" json:"-"`
	}
	idWire struct {
		ID string `path:"id" json:"-"`
	}
	whyWire struct {
		ID  string `path:"id" json:"-"`
		Why string `json:"why"`
	}
	chatbotReqWire struct {
		Client      string  `json:"client"`
		Brand       string  `json:"brand"`
		Name        string  `json:"name"`
		ServiceID   string  `json:"service_id,omitzero"`
		SMSFallback bool    `json:"sms_fallback,omitzero"`
		Profile     Profile `json:"profile,omitzero"`
		Quotas      Quotas  `json:"quotas,omitzero"`
	}
	chatbotWire struct {
		ID          string           `json:"id"`
		State       State            `json:"state"`
		Client      string           `json:"client"`
		Brand       string           `json:"brand"`
		BrandName   string           `json:"brand_name"`
		Name        string           `json:"name"`
		ServiceID   string           `json:"service_id"`
		SMSFallback bool             `json:"sms_fallback"`
		Profile     Profile          `json:"profile"`
		Proposed    *Profile         `json:"proposed_profile,omitempty"`
		Menu        *gsma.Menu       `json:"menu,omitempty"`
		Revision    int64            `json:"revision"`
		Certificate *certificateWire `json:"certificate,omitempty"`
		Quotas      Quotas           `json:"quotas"`
		Created     time.Time        `json:"created"`
		Verified    time.Time        `json:"verified,omitzero"`
		Suspended   time.Time        `json:"suspended,omitzero"`
		Cause       string           `json:"cause,omitzero"`
		Throttled   time.Time        `json:"throttled_until,omitzero"`
	}
	certificateWire struct {
		ID     string    `json:"id"`
		SHA256 string    `json:"sha256"`
		Proven time.Time `json:"proven"`
	}
	chatbotsReqWire struct {
		State string `query:"state" json:"-"`
		pageWire
	}
	chatbotsWire struct {
		Chatbots []chatbotWire `json:"chatbots"`
		Next     string        `json:"next,omitzero"`
	}
	reviewWire struct {
		ID       string `path:"id" json:"-"`
		Revision int64  `json:"revision"`
		Approved bool   `json:"approved"`
		Why      string `json:"why,omitzero"`
	}
	quotasWire struct {
		ID string `path:"id" json:"-"`
		Quotas
	}
	profileWire struct {
		ID string `path:"id" json:"-"`
		Profile
	}
	menuWire struct {
		ID string `path:"id" json:"-"`
		// Menu is in the form of RCC.07, without the member menu around it.
		Menu gsma.Menu `json:"menu"`
	}
	bindWire struct {
		ID          string `path:"id" json:"-"`
		Certificate string `json:"certificate"`
		Proof       string `json:"proof"`
	}
	templateReqWire struct {
		ID    string `path:"id" json:"-"`
		Class Class  `json:"class"`
		Body  string `json:"body"`
	}
	templateWire struct {
		ID         string        `json:"id"`
		Chatbot    string        `json:"chatbot"`
		Class      Class         `json:"class"`
		Body       string        `json:"body"`
		State      TemplateState `json:"state"`
		Submitted  time.Time     `json:"submitted"`
		Reviewed   time.Time     `json:"reviewed,omitzero"`
		ReviewedBy string        `json:"reviewed_by,omitzero"`
		Why        string        `json:"why,omitzero"`
	}
	templatesReqWire struct {
		Chatbot string `query:"chatbot" json:"-"`
		State   string `query:"state" json:"-"`
		pageWire
	}
	templatesWire struct {
		Templates []templateWire `json:"templates"`
		Next      string         `json:"next,omitzero"`
	}
	templateReviewWire struct {
		ID       string `path:"id" json:"-"`
		Approved bool   `json:"approved"`
		Why      string `json:"why,omitzero"`
	}
	historyWire struct {
		Subject string `path:"subject" json:"-"`
		pageWire
	}
	actWire struct {
		Subject string    `json:"subject"`
		Seq     int64     `json:"seq"`
		At      time.Time `json:"at"`
		By      string    `json:"by"`
		Act     string    `json:"act"`
		Why     string    `json:"why,omitzero"`
	}
	actsWire struct {
		Acts []actWire `json:"acts"`
		Next string    `json:"next,omitzero"`
	}
)

func (p pageWire) page() Page { return Page(p) }

func wireOfBrand(b Brand) brandWire {
	return brandWire{b.ID, b.Name, string(b.Holder), b.Organization, b.OrganizationID, b.Created, b.Verified}
}

func (w brandWire) brand() Brand {
	return Brand{w.ID, w.Name, simtrust.HolderID(w.Holder), w.Organization, w.OrganizationID, w.Created, w.Verified}
}

func wireOfChatbot(c Chatbot) chatbotWire {
	w := chatbotWire{ID: c.ID, State: c.State(), Client: c.Client, Brand: c.Brand, BrandName: c.BrandName, Name: c.Name, ServiceID: c.ServiceID,
		SMSFallback: c.SMSFallback, Profile: c.Profile, Proposed: c.Proposed, Revision: c.Revision, Quotas: c.Quotas, Created: c.Created,
		Verified: c.Verified, Suspended: c.Suspended, Cause: c.Cause, Throttled: c.Throttled}
	if len(c.Menu.Entries) > 0 {
		w.Menu = &c.Menu
	}
	if c.Certificate.ID != "" {
		w.Certificate = &certificateWire{c.Certificate.ID, hex.EncodeToString(c.Certificate.SHA256), c.Certificate.Proven}
	}
	return w
}

func (w chatbotWire) chatbot() Chatbot {
	c := Chatbot{ID: w.ID, Client: w.Client, Brand: w.Brand, BrandName: w.BrandName, Name: w.Name, ServiceID: w.ServiceID,
		SMSFallback: w.SMSFallback, Profile: w.Profile, Proposed: w.Proposed, Revision: w.Revision, Quotas: w.Quotas, Created: w.Created,
		Verified: w.Verified, Suspended: w.Suspended, Cause: w.Cause, Throttled: w.Throttled}
	if w.Menu != nil {
		c.Menu = *w.Menu
	}
	if w.Certificate != nil {
		sum, _ := hex.DecodeString(w.Certificate.SHA256) // a server that sends anything else is none of ours
		c.Certificate = Certificate{w.Certificate.ID, sum, w.Certificate.Proven}
	}
	return c
}

func wireOfTemplate(t Template) templateWire {
	return templateWire{t.ID, t.Chatbot, t.Class, t.Body, t.State, t.Submitted, t.Reviewed, t.ReviewedBy, t.Why}
}

func (w templateWire) template() Template {
	return Template{w.ID, w.Chatbot, w.Class, w.Body, w.State, w.Submitted, w.Reviewed, w.ReviewedBy, w.Why, nil}
}

// each applies fn to every member of a list; the answer is never null in JSON.
func each[A, B any](list []A, fn func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = fn(a)
	}
	return out
}

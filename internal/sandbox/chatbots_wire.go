package sandbox

import "time"

// What the server's operations for senders, certificates and permissions take and answer.
type (
	brandWire struct {
		ID           string    `json:"id,omitempty"`
		Name         string    `json:"name"`
		Holder       string    `json:"holder"`
		Organization string    `json:"organization"`
		Verified     time.Time `json:"verified,omitzero"`
	}
	brandList struct {
		Brands []brandWire `json:"brands"`
	}
	listing struct {
		Limit int `query:"limit" json:"-"`
	}
	decision struct {
		ID  string `path:"id" json:"-"`
		Why string `json:"why"`
	}
	chatbotWire struct {
		Client      string         `json:"client"`
		Brand       string         `json:"brand"`
		Name        string         `json:"name"`
		ServiceID   string         `json:"service_id"`
		SMSFallback bool           `json:"sms_fallback"`
		Profile     chatbotProfile `json:"profile"`
	}
	chatbotProfile struct {
		Description string `json:"description"`
		Colour      string `json:"colour"`
		Signature   string `json:"signature"`
	}
	chatbotState struct {
		ID          string    `json:"id"`
		ServiceID   string    `json:"service_id"`
		Revision    int64     `json:"revision"`
		Verified    time.Time `json:"verified"`
		Certificate *struct{} `json:"certificate"`
	}
	chatbotList struct {
		Chatbots []chatbotState `json:"chatbots"`
	}
	chatbotReview struct {
		ID       string `path:"id" json:"-"`
		Revision int64  `json:"revision"`
		Approved bool   `json:"approved"`
	}
	certificateOrder struct {
		Profile string      `json:"profile"`
		Subject certSubject `json:"subject"`
	}
	certSubject struct {
		Country      string `json:"country"`
		Organization string `json:"organization"`
		CommonName   string `json:"common_name"`
	}
	orderToken struct {
		Token string `json:"token"`
	}
	certificateRequest struct {
		Token string `json:"token"`
		CSR   string `json:"csr"`
	}
	issuedCertificate struct {
		ID          string `json:"id"`
		Certificate string `json:"certificate"`
	}
	binding struct {
		ID          string `path:"id" json:"-"`
		Certificate string `json:"certificate"`
		Proof       string `json:"proof"`
	}
	permission struct {
		Chatbot  string `path:"chatbot" json:"-"`
		Number   string `path:"number" json:"-"`
		Evidence string `json:"evidence"`
	}
)

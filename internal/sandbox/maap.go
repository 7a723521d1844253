package sandbox

// Another operator's messaging platform knows the chatbot rail too. It is not part of the world: whoever plays it finds in sandbox.json where
// and how it calls the server back.
const (
	// UpstreamChatbot is the service id of the chatbot.
	UpstreamChatbot = "sip:rail@" + chatbotDomain
	// UpstreamAgent and UpstreamAddress are its names at the platform, in Google's shape and in the Chinese one.
	UpstreamAgent   = "rail_agent"
	UpstreamAddress = "sip:1069012306@maap.rcs.example"
	// UpstreamRBM and UpstreamCSP are the names of the accounts.
	UpstreamRBM = "rail-rbm"
	UpstreamCSP = "rail-csp"
)

// UpstreamApp is what the server asks the platform for access tokens as.
const UpstreamApp = "simtrust"

// Upstream is what the platform signs its callbacks with, and what the server is let in with there.
type Upstream struct{ ClientToken, AccessToken, CallbackToken, AppKey string }

// ContractUpstream is where and how a platform calls the server back.
type ContractUpstream struct {
	RBM ContractUpstreamRBM `json:"rbm"`
	CSP ContractUpstreamCSP `json:"csp"`
}

// ContractUpstreamRBM is that in the shape of RCS for Business. The server sends under the access token.
type ContractUpstreamRBM struct {
	Webhook     string `json:"webhook"`
	ClientToken string `json:"client_token"`
	AgentID     string `json:"agent_id"`
	AccessToken string `json:"access_token"`
}

// ContractUpstreamCSP is that in the shape of the Chinese interface. The server asks for access tokens with the key.
type ContractUpstreamCSP struct {
	Notify    string `json:"notify"`
	Token     string `json:"token"`
	ChatbotID string `json:"chatbot_id"`
	AppID     string `json:"app_id"`
	AppKey    string `json:"app_key"`
}

func (u Upstream) contract(issuer string) ContractUpstream {
	base := issuer + "/messaging/v1/upstream/"
	return ContractUpstream{ContractUpstreamRBM{base + "rbm/" + UpstreamRBM, u.ClientToken, UpstreamAgent, u.AccessToken},
		ContractUpstreamCSP{base + "csp/" + UpstreamCSP, u.CallbackToken, UpstreamAddress, UpstreamApp, u.AppKey}}
}

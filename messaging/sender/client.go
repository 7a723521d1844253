package sender

import (
	"context"

	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
)

// Client is the operations over HTTP. Its methods have the errors of the [Service] methods of the same names; who acts is whom the client's
// token names.
type Client struct {
	makeBrand      func(context.Context, brandReqWire) (brandWire, error)
	brands         func(context.Context, pageWire) (brandsWire, error)
	verifyBrand    func(context.Context, whyWire) (brandWire, error)
	makeChatbot    func(context.Context, chatbotReqWire) (chatbotWire, error)
	chatbots       func(context.Context, chatbotsReqWire) (chatbotsWire, error)
	chatbot        func(context.Context, idWire) (chatbotWire, error)
	review         func(context.Context, reviewWire) (chatbotWire, error)
	suspend        func(context.Context, whyWire) (chatbotWire, error)
	resume         func(context.Context, whyWire) (chatbotWire, error)
	quotas         func(context.Context, quotasWire) (chatbotWire, error)
	profile        func(context.Context, profileWire) (chatbotWire, error)
	menu           func(context.Context, menuWire) (chatbotWire, error)
	bind           func(context.Context, bindWire) (chatbotWire, error)
	submit         func(context.Context, templateReqWire) (templateWire, error)
	templates      func(context.Context, templatesReqWire) (templatesWire, error)
	template       func(context.Context, idWire) (templateWire, error)
	reviewTemplate func(context.Context, templateReviewWire) (templateWire, error)
	history        func(context.Context, historyWire) (actsWire, error)
}

// NewClient returns the operations of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		makeBrand:      rpc.Call[brandReqWire, brandWire](c, patternMakeBrand),
		brands:         rpc.Call[pageWire, brandsWire](c, patternBrands),
		verifyBrand:    rpc.Call[whyWire, brandWire](c, patternVerifyBrand),
		makeChatbot:    rpc.Call[chatbotReqWire, chatbotWire](c, patternMakeChatbot),
		chatbots:       rpc.Call[chatbotsReqWire, chatbotsWire](c, patternChatbots),
		chatbot:        rpc.Call[idWire, chatbotWire](c, patternChatbot),
		review:         rpc.Call[reviewWire, chatbotWire](c, patternReview),
		suspend:        rpc.Call[whyWire, chatbotWire](c, patternSuspend),
		resume:         rpc.Call[whyWire, chatbotWire](c, patternResume),
		quotas:         rpc.Call[quotasWire, chatbotWire](c, patternQuotas),
		profile:        rpc.Call[profileWire, chatbotWire](c, patternProfile),
		menu:           rpc.Call[menuWire, chatbotWire](c, patternMenu),
		bind:           rpc.Call[bindWire, chatbotWire](c, patternBind),
		submit:         rpc.Call[templateReqWire, templateWire](c, patternSubmit),
		templates:      rpc.Call[templatesReqWire, templatesWire](c, patternTemplates),
		template:       rpc.Call[idWire, templateWire](c, patternTemplate),
		reviewTemplate: rpc.Call[templateReviewWire, templateWire](c, patternReviewTemplate),
		history:        rpc.Call[historyWire, actsWire](c, patternHistory),
	}
}

// CreateBrand registers a brand.
func (c *Client) CreateBrand(ctx context.Context, r BrandReq) (Brand, error) {
	w, err := c.makeBrand(ctx, brandReqWire{r.Name, string(r.Holder), r.Organization, r.OrganizationID})
	return w.brand(), err
}

// Brands lists a page of brands.
func (c *Client) Brands(ctx context.Context, p Page) ([]Brand, string, error) {
	res, err := c.brands(ctx, pageWire(p))
	return each(res.Brands, brandWire.brand), res.Next, err
}

// VerifyBrand records that a brand was verified, and how.
func (c *Client) VerifyBrand(ctx context.Context, id string, d Decision) (Brand, error) {
	w, err := c.verifyBrand(ctx, whyWire{id, d.Why})
	return w.brand(), err
}

// CreateChatbot makes a chatbot.
func (c *Client) CreateChatbot(ctx context.Context, r ChatbotReq) (Chatbot, error) {
	w, err := c.makeChatbot(ctx, chatbotReqWire{r.Client, r.Brand, r.Name, r.ServiceID, r.SMSFallback, r.Profile, r.Quotas})
	return w.chatbot(), err
}

// Chatbots lists a page of chatbots: to a client its own, whatever the query says of clients.
func (c *Client) Chatbots(ctx context.Context, q ChatbotQuery, p Page) ([]Chatbot, string, error) {
	res, err := c.chatbots(ctx, chatbotsReqWire{string(q.State), pageWire(p)})
	return each(res.Chatbots, chatbotWire.chatbot), res.Next, err
}

// Chatbot returns a chatbot.
func (c *Client) Chatbot(ctx context.Context, id string) (Chatbot, error) {
	w, err := c.chatbot(ctx, idWire{id})
	return w.chatbot(), err
}

// Review reviews a chatbot.
func (c *Client) Review(ctx context.Context, r Review) (Chatbot, error) {
	w, err := c.review(ctx, reviewWire{r.Chatbot, r.Revision, r.Approved, r.Why})
	return w.chatbot(), err
}

// Suspend stops a chatbot.
func (c *Client) Suspend(ctx context.Context, id string, d Decision) (Chatbot, error) {
	w, err := c.suspend(ctx, whyWire{id, d.Why})
	return w.chatbot(), err
}

// Resume ends a suspension and a throttling.
func (c *Client) Resume(ctx context.Context, id string, d Decision) (Chatbot, error) {
	w, err := c.resume(ctx, whyWire{id, d.Why})
	return w.chatbot(), err
}

// SetQuotas replaces a chatbot's quotas.
func (c *Client) SetQuotas(ctx context.Context, id string, q Quotas, _ string) (Chatbot, error) {
	w, err := c.quotas(ctx, quotasWire{id, q})
	return w.chatbot(), err
}

// SetProfile replaces a chatbot's profile, or proposes a new one.
func (c *Client) SetProfile(ctx context.Context, id string, p Profile, _ string) (Chatbot, error) {
	w, err := c.profile(ctx, profileWire{id, p})
	return w.chatbot(), err
}

// SetMenu replaces a chatbot's menu.
func (c *Client) SetMenu(ctx context.Context, id string, m gsma.Menu, _ string) (Chatbot, error) {
	w, err := c.menu(ctx, menuWire{id, m})
	return w.chatbot(), err
}

// Bind makes a certificate a chatbot's.
func (c *Client) Bind(ctx context.Context, r BindReq) (Chatbot, error) {
	w, err := c.bind(ctx, bindWire{r.Chatbot, r.Certificate, r.Proof})
	return w.chatbot(), err
}

// SubmitTemplate has a text reviewed.
func (c *Client) SubmitTemplate(ctx context.Context, r TemplateReq) (Template, error) {
	w, err := c.submit(ctx, templateReqWire{r.Chatbot, r.Class, r.Body})
	return w.template(), err
}

// Templates lists a page of templates: to a client those of its own chatbots, whatever the query says of clients.
func (c *Client) Templates(ctx context.Context, q TemplateQuery, p Page) ([]Template, string, error) {
	res, err := c.templates(ctx, templatesReqWire{q.Chatbot, string(q.State), pageWire(p)})
	return each(res.Templates, templateWire.template), res.Next, err
}

// Template returns a template.
func (c *Client) Template(ctx context.Context, id string) (Template, error) {
	w, err := c.template(ctx, idWire{id})
	return w.template(), err
}

// ReviewTemplate approves or rejects a template.
func (c *Client) ReviewTemplate(ctx context.Context, id string, approve bool, d Decision) (Template, error) {
	w, err := c.reviewTemplate(ctx, templateReviewWire{id, approve, d.Why})
	return w.template(), err
}

// History lists a page of the record about a brand, chatbot or template.
func (c *Client) History(ctx context.Context, subject string, p Page) ([]Act, string, error) {
	res, err := c.history(ctx, historyWire{subject, pageWire(p)})
	return each(res.Acts, func(w actWire) Act { return Act(w) }), res.Next, err
}

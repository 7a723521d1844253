package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"simtrust/ca"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

type chatbotCmd struct {
	Add         chatbotAddCmd         `cmd:"" help:"Make a chatbot of a brand for an application."`
	List        chatbotListCmd        `cmd:"" help:"List the chatbots."`
	Show        chatbotShowCmd        `cmd:"" help:"Show a chatbot: what waits for review, its certificate, its quotas."`
	Verify      chatbotVerifyCmd      `cmd:"" help:"Review a chatbot, or the profile that it proposes: approve or refuse."`
	Suspend     chatbotSuspendCmd     `cmd:"" help:"Stop a chatbot at once."`
	Resume      chatbotResumeCmd      `cmd:"" help:"End a suspension or throttling; spam reports until now are settled."`
	Certificate chatbotCertificateCmd `cmd:"" help:"Bind an enterprise certificate to a chatbot, with proof that its key is at hand."`
}

type chatbotAddCmd struct {
	remoteFlags
	Name        string `arg:"" help:"Name that people see, 1 to 64 characters."`
	Brand       string `required:"" placeholder:"brd_…" help:"Its brand; simtrust messaging brand list shows all."`
	Client      string `required:"" placeholder:"ID" help:"client_id of the application that sends, with scope messaging:send."`
	ServiceID   string `name:"service-id" placeholder:"SIP-URI" help:"What telephones know it by, such as sip:10655001@botplatform.operator.example. Default: one is made."`
	SMSFallback bool   `name:"sms-fallback" help:"Whom it does not reach otherwise it may reach by text message."`
	Signature   string `help:"Stands in 【】 before text messages, up to 50 characters. Default: the name."`
	Description string `help:"What it is for, up to 500 characters."`
	Logo        string `placeholder:"URL" help:"Its picture, an https URL."`
	PerSecond   int64  `help:"Most messages in a second. Default, as of the others: the server's."`
	PerDay      int64  `help:"Most messages in a day."`
	PerMonth    int64  `help:"Most messages in a month."`
	PerYear     int64  `help:"Most messages in a year."`
}

func (c *chatbotAddCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	made, err := sender.NewClient(remote).CreateChatbot(ctx, sender.ChatbotReq{Client: c.Client, Brand: c.Brand, Name: c.Name, ServiceID: c.ServiceID,
		SMSFallback: c.SMSFallback, Profile: sender.Profile{Signature: c.Signature, Description: c.Description, Logo: c.Logo},
		Quotas: sender.Quotas{Second: c.PerSecond, Day: c.PerDay, Month: c.PerMonth, Year: c.PerYear}})
	if err != nil {
		return err
	}
	fmt.Println(made.ID)
	fmt.Fprintln(os.Stderr, "a draft: simtrust messaging chatbot certificate, then verify --revision, make it live")
	return nil
}

type chatbotListCmd struct {
	remoteFlags
	State string `enum:"draft,verified,suspended," default:"" help:"Only in this state: draft, verified or suspended."`
}

func (c *chatbotListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	client := sender.NewClient(remote)
	list, err := everything(ctx, func(ctx context.Context, p ca.Page) ([]sender.Chatbot, string, error) {
		return client.Chatbots(ctx, sender.ChatbotQuery{State: sender.State(c.State)}, sender.Page(p))
	})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSTATE\tWAITS\tCERTIFICATE\tCLIENT\tSERVICE ID\tBRAND\tNAME")
	for _, b := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", b.ID, b.State(), waits(b), orDash(b.Certificate.ID), b.Client, b.ServiceID, b.BrandName, b.Name)
	}
	return t.Flush()
}

// waits says what of a chatbot a reviewer has to look at.
func waits(c sender.Chatbot) string {
	switch {
	case c.Verified.IsZero():
		return "review"
	case c.Proposed != nil:
		return "profile"
	default:
		return "-"
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type chatbotShowCmd struct {
	remoteFlags
	ID string `arg:"" help:"Chatbot; simtrust messaging chatbot list shows all."`
}

func (c *chatbotShowCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).Chatbot(ctx, c.ID)
	if err != nil {
		return err
	}
	return printChatbot(b)
}

func printChatbot(b sender.Chatbot) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	rows := [][2]string{
		{"id", b.ID}, {"state", string(b.State())}, {"cause", b.Cause}, {"name", b.Name}, {"brand", b.Brand + " " + b.BrandName}, {"client", b.Client},
		{"service id", b.ServiceID}, {"certificate", b.Certificate.ID},
		{"quotas", fmt.Sprintf("%d a second, %d a day, %d a month, %d a year", b.Quotas.Second, b.Quotas.Day, b.Quotas.Month, b.Quotas.Year)},
		{"throttled until", day(b.Throttled)},
	}
	rows = append(rows, profileRows("", b.Profile)...)
	if b.Proposed != nil {
		rows = append(rows, profileRows("proposed ", *b.Proposed)...)
	}
	rows = append(rows, [2]string{"menu", strings.Join(menuLines(b.Menu, ""), "; ")}, [2]string{"revision", fmt.Sprint(b.Revision)})
	for _, row := range rows {
		if row[1] != "" && row[1] != "-" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
		}
	}
	return t.Flush()
}

// menuLines are the words of a menu, each with those above it.
func menuLines(m gsma.Menu, above string) (lines []string) {
	for _, e := range m.Entries {
		switch choice := e.Choice(); {
		case e.Menu != nil:
			lines = append(lines, menuLines(*e.Menu, above+e.Menu.DisplayText+" > ")...)
		case choice != nil:
			lines = append(lines, above+choice.DisplayText)
		}
	}
	return lines
}

func profileRows(before string, p sender.Profile) [][2]string {
	rows := [][2]string{{"signature", p.Signature}, {"description", p.Description}, {"logo", p.Logo}, {"background", p.Background}, {"colour", p.Colour},
		{"website", p.Website}, {"terms", p.Terms}, {"email", p.Email}, {"phone", p.Phone}}
	for i := range rows {
		rows[i][0] = before + rows[i][0]
	}
	return rows
}

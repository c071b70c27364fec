package cli

import (
	"io"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/config"
)

type exportBundle struct {
	config.Instance
	Slug    string `arg:"" help:"The letter."`
	Output  string `short:"o" required:"" placeholder:"FILE" help:"Zip file to write, - for standard output."`
	BaseURL string `env:"UNDERSIGNED_BASE_URL" name:"base-url" placeholder:"URL" help:"How readers reach the server; stands in the addresses that the bundle mentions."`
}

// Run writes the bundle, the same as GET /letters/SLUG/bundle.zip.
func (c *exportBundle) Run(e *environment) error {
	return e.with(c.Instance, func(a *app.App) error {
		return e.writeWhole(c.Output, 0o644, func(w io.Writer) error { return a.WriteBundle(e.ctx, w, c.Slug, c.BaseURL) })
	})
}

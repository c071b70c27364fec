package letter

import (
	"html/template"
	"strings"

	"github.com/undersigned/undersigned/internal/i18n"
)

// page is a text as a page of its own, without anything around it.
var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Name}}</title></head>
<body>
{{with .Title}}<h1>{{.}}</h1>
{{end}}{{with .Subtitle}}<p><em>{{.}}</em></p>
{{end}}{{range .Addressees}}<address>{{range $i, $x := .Lines}}{{if $i}}<br>{{end}}{{$x}}{{end}}</address>
{{end}}{{if or .Place .Date}}<p>{{.Place}}{{if and .Place .Date}}, {{end}}{{.Date}}</p>
{{end}}{{with .Salutation}}<p>{{.}}</p>
{{end}}{{.Body}}{{range .Demands}}{{if not .InBody}}<p>{{with .Number}}{{.}} {{end}}{{.Text}}</p>
{{end}}{{end}}{{with .Closing}}<p>{{.}}</p>
{{end}}{{range .SignedBy}}<p>{{with .Name}}{{.}}<br>{{end}}{{with .Role}}{{.}}<br>{{end}}{{.Organisation}}</p>
{{end}}</body>
</html>
`))

// Page returns the text as an HTML page of its own: what is signed and nothing else. Pictures keep the addresses that they have on the
// server.
func (t Text) Page() string {
	var b strings.Builder
	view := struct {
		Text
		Name, Dir string
		Body      template.HTML // sanitised
	}{t, t.Name(), i18n.Direction(t.Language), template.HTML(t.HTML())}
	if err := page.Execute(&b, view); err != nil {
		return "" // strings always print
	}
	return b.String()
}

package letter

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/undersigned/undersigned/internal/fault"
)

// maxOrigins is how many sites may frame a letter: they stand in a header of the frame's page.
const maxOrigins = 30

// maxHost is how long a name in the DNS can be.
const maxHost = 253

// Origins returns the sites that are typed, one a line: each becomes its origin, as browsers compare it. A fault of the field
// "embeds" names the first that is none.
func Origins(typed string) (origins []string, err error) {
	for line := range strings.FieldsSeq(typed) {
		origin, ok := originOf(line)
		if !ok {
			return nil, fault.List{fault.New(fault.Invalid, "embed.origin", "Text", line).On("embeds")}
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if len(origins) > maxOrigins {
		return nil, fault.List{fault.New(fault.TooLarge, "embed.sites", "Limit", maxOrigins).On("embeds")}
	}
	return origins, nil
}

// originOf returns the origin of an address, which is its scheme, host and port; https is meant where none is typed. Only a machine's
// own pages may come without TLS: what others change on the way could frame anything.
func originOf(typed string) (string, bool) {
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.User != nil || u.Opaque != "" {
		return "", false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if ip == nil {
		if host, err = idna.Lookup.ToASCII(strings.TrimSuffix(host, ".")); err != nil || host == "" || len(host) > maxHost || strings.ContainsAny(host, "*;,'\"") {
			return "", false
		}
	}
	own := host == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !own) || !own && !strings.Contains(host, ".") && ip == nil {
		return "", false
	}
	if ip != nil && ip.To4() == nil {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		host += ":" + port
	}
	return u.Scheme + "://" + host, true
}

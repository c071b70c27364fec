package verify_test

import (
	"slices"
	"strings"

	"github.com/undersigned/undersigned/verify"
)

// operatorTampers are what the operator of a log can do, who signs whatever it has become. Where the claims are made to
// conform, only somebody who kept a checkpoint can tell.
var operatorTampers = []tamper{
	{name: "a signature dropped", site: func(s *site, m marks) { s.drop(m.signed) }, want: "persons: the site says "},
	{name: "a signature dropped without a trace", since: true, site: func(s *site, m marks) { s.drop(m.signed); s.conform() },
		want: "the older checkpoint has the root "},
	{name: "a withdrawal dropped", site: func(s *site, m marks) { s.drop(m.withdrawn) }, want: "removed: the site says 4, the log gives 3"},
	{name: "a delivery's numbers improved", site: func(s *site, m marks) {
		edit(s, m.deliver, func(l *verify.Deliver) { l.Persons += 100 })
	}, want: "it states numbers that the leaves before it do not give"},
	{name: "a signature backdated", since: true, site: func(s *site, m marks) {
		edit(s, m.signed, func(l *verify.Sign) { l.Day = "2030-01-01" })
	}, want: "the older checkpoint has the root "},
	{name: "a fork", since: true, site: func(s *site, m marks) {
		edit(s, m.early-1, func(l *verify.Sign) { l.Contact = hashOf("another") })
	}, want: "the older checkpoint has the root "},
	{name: "a log from before the checkpoint that was kept", since: true, site: func(s *site, m marks) {
		s.size = m.early - 1
		s.claims = nil
		s.claim(one, granary, s.size)
	}, want: "the older checkpoint is of 139 leaves, the log has 138"},
	{name: "a text edited with its edition leaf", site: func(s *site, m marks) {
		s.texts["letters/"+granary+"/editions/3.en.md"] += "At once.\n"
		edit(s, m.edition3, func(l *verify.Edition) { l.Texts[0].SHA256 = sha256Of(s.texts["letters/"+granary+"/editions/3.en.md"]) })
		s.letter(granary).Edition.SHA256 = hexOf(s.texts["letters/"+granary+"/editions/3.en.md"])
	}, want: "it signs an edition that this letter did not have"},
	{name: "the first edition edited", site: func(s *site, _ marks) {
		edit(s, 0, func(l *verify.Edition) { l.Texts[0].SHA256 = sha256Of("another") })
	}, want: "edition 2 does not follow edition 1"},
	{name: "an edition after another text", site: func(s *site, m marks) {
		edit(s, m.edition3, func(l *verify.Edition) { l.Previous = verify.RecordHash(s.leaves[0]) })
	}, want: "edition 3 does not follow edition 2"},
	{name: "an edition left out", site: func(s *site, m marks) { s.drop(m.edition2) }, want: "edition 3 comes after 1 editions"},
	{name: "a substantive edition called cosmetic", site: func(s *site, m marks) {
		edit(s, m.edition3, func(l *verify.Edition) { l.Follows = verify.Cosmetic })
	}, want: "it signs an edition that this letter did not have"},
	{name: "a signature ended twice", site: func(s *site, m marks) {
		s.follow(s.leaf(m.withdrawn))
	}, want: "has ended before"},
	{name: "a signature ended by another letter", site: func(s *site, m marks) {
		s.follow(verify.Withdraw{Letter: two, Target: m.signed, Reason: verify.Signer, Day: "2030-05-01"})
	}, want: "is a signature of another letter", also: noTarget},
	{name: "a signature ended by a letter that is not checked", site: func(s *site, m marks) {
		s.follow(verify.Withdraw{Letter: three, Target: m.signed, Reason: verify.Signer, Day: "2030-05-01"})
	}, want: "is a signature of another letter", also: noTarget},
	{name: "the end of an edition", site: func(s *site, m marks) {
		s.follow(verify.Withdraw{Letter: one, Target: m.edition2, Reason: verify.Signer, Day: "2030-05-01"})
	}, want: "is no signature that counts", also: noTarget},
	{name: "an end before its signature", site: func(s *site, m marks) {
		s.leaves[m.withdrawnTwo], s.leaves[m.signedTwo] = s.leaves[m.signedTwo], s.leaves[m.withdrawnTwo]
		s.openings[m.withdrawnTwo] = verify.Opening{Index: m.withdrawnTwo}
		delete(s.openings, m.signedTwo)
	}, want: "does not come before it", also: noTarget},
	{name: "another kind", site: func(s *site, m marks) {
		edit(s, m.signed, func(l *verify.Sign) { l.Kind = verify.Organisation })
	}, want: "organisations: the site says "},
	{name: "another listing", site: func(s *site, m marks) {
		edit(s, m.signed, func(l *verify.Sign) { l.Listing = verify.Withheld })
	}, want: "withheld: the site says "},
	{name: "another basis", site: func(s *site, m marks) {
		edit(s, m.imported-3, func(l *verify.Sign) { l.Basis = verify.ByEmail })
	}, want: "imported: the site says "},
	{name: "another reason", site: func(s *site, m marks) {
		edit(s, m.withdrawn, func(l *verify.Withdraw) { l.Reason = verify.Signer })
	}, want: "removed: the site says "},
	{name: "more imported than the list has", site: func(s *site, m marks) {
		edit(s, m.imports, func(l *verify.Import) { l.N-- })
	}, want: "import leaves allow for 17 signatures, and it is one more"},
	{name: "an import without a list", site: func(s *site, m marks) { s.drop(m.imports) },
		want: "import leaves allow for 0 signatures, and it is one more"},
	{name: "a signature invented", site: func(s *site, m marks) {
		s.follow(s.leaf(m.edition3 + 2))
	}, want: "1 signatures have no line in the openings"},
	{name: "a signature after the close", site: func(s *site, m marks) {
		s.follow(s.leaf(m.signedTwo))
	}, want: "it follows the letter's close leaf"},
	{name: "a name shown after the close", site: func(s *site, m marks) {
		s.follow(verify.Relist{Letter: two, Target: m.signedTwo - 4, Listing: verify.Withheld})
	}, want: "it follows the letter's close leaf"},
	{name: "a deadline after the close", site: func(s *site, _ marks) { s.follow(verify.Deadline{Letter: two}) }, want: "it follows the letter's close leaf"},
	{name: "an edition after the close", site: func(s *site, _ marks) {
		s.edition(two, harbour, verify.Cosmetic, map[string]string{"en": "# Light the harbour!\n", "fr": "# Éclairez le port !\n"})
		s.claims = slices.DeleteFunc(s.claims, func(c *claim) bool { return c.Slug == harbour })
		s.claim(two, harbour, int64(len(s.leaves))) // which has the new text
	}, want: "it follows the letter's close leaf"},
	{name: "a relisting that changes nothing", site: func(s *site, m marks) { s.follow(s.leaf(m.relisted)) }, want: "it changes nothing"},
	{name: "a close of another size", site: func(s *site, m marks) {
		edit(s, m.close, func(l *verify.Close) { l.Size-- })
	}, want: "it states the size "},
	{name: "a close left out", site: func(s *site, m marks) {
		s.drop(m.close)
		s.follow(s.leaf(m.signedTwo))
	}, want: "persons: the site says "},
	{name: "an unknown edition", site: func(s *site, m marks) {
		edit(s, m.edition3+2, func(l *verify.Sign) { l.Edition = hashOf("another") })
	}, want: "it signs an edition that this letter did not have"},
	{name: "the edition of another letter", site: func(s *site, m marks) {
		edit(s, m.signed, func(l *verify.Sign) { l.Edition = verify.RecordHash(s.leaves[1]) })
	}, want: "it signs an edition that this letter did not have"},
	{name: "a public name that is empty", site: func(s *site, m marks) {
		salt := verify.Salt{1}
		edit(s, m.signed, func(l *verify.Sign) { l.Record = verify.Record{}.Commit(salt) })
		s.openings[m.signed] = verify.Opening{Index: m.signed, Salt: salt[:]}
	}, want: "it is empty"},
	{name: "a statement of its own", site: func(s *site, _ marks) {
		s.leaves = append(s.leaves, []byte("undersigned.log/v1 bonus\nletter "+one.String()+"\nn 500\n"))
	}, want: `unknown statement "bonus"`, also: noLeaf},
	{name: "a leaf written another way", site: func(s *site, m marks) {
		s.leaves[m.withdrawn] = []byte(strings.Replace(string(s.leaves[m.withdrawn]), "target ", "target 0", 1))
	}, want: "withdraw leaf: not written as it must be", also: noLeaf},
	{name: "a leaf with CRLF", site: func(s *site, m marks) {
		s.leaves[m.signed] = []byte(strings.ReplaceAll(string(s.leaves[m.signed]), "\n", "\r\n"))
	}, want: "a control character", also: noLeaf},
	{name: "an empty leaf", site: func(s *site, m marks) { s.leaves[m.signed] = nil }, want: "the last line has no end", also: noLeaf},
}

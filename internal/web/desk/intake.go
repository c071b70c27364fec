package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/inbox"
	"github.com/undersigned/undersigned/internal/intake"
	"github.com/undersigned/undersigned/internal/intake/roster"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/web/page"
	"github.com/undersigned/undersigned/verify"
)

// IntakePage takes lists of signatories, and shows those that were taken.
type IntakePage struct {
	page.Base
	Form                   page.Form
	Action                 string
	Open, CanMail          bool
	Bases, Listings, Kinds []page.Option
	Encodings              []page.Option // to choose from, where the text of a list is not Unicode
	Previews               []PreviewView // how it reads in each
	Kept                   string        // name of a file that need not be chosen again
	Proposals              []ProposalView
	Batches                []BatchView
}

// Template is its file.
func (IntakePage) Template() string { return "desk/intake" }

// PreviewView is the beginning of a list as it reads in an encoding.
type PreviewView struct {
	Encoding string
	Lines    []string
}

// ProposalView is a list that waits.
type ProposalView struct {
	URL, State, At, Until string
	Lines                 int
}

// BatchView is a list that was added.
type BatchView struct {
	ID, State, Basis, Source, At string
	Added                        int
	Undo                         bool // it can be undone
	Asked                        bool // somebody asked to undo it
	Sure                         bool // it is about to be undone
}

// keysWithin is how long the keys of mails are looked up; of those that are not found by then the senders are asked.
const keysWithin = 15 * time.Second

// ShowIntake shows the lists that came in, and takes more.
func (h *Handlers) ShowIntake(w http.ResponseWriter, r *http.Request, d *Visit) error {
	listing := roll.Public
	if d.Letter.Protected {
		listing = roll.Counted
	}
	return h.intakePage(w, r, d, url.Values{"basis": {string(verify.ByPaper)}, "listing": {string(listing)}}, nil)
}

func (h *Handlers) intakePage(w http.ResponseWriter, r *http.Request, d *Visit, typed url.Values, err error) error {
	loc, l := page.LocaleOf(r), d.Letter
	path := page.Local(r, "/desk/letters/"+l.Slug)
	p := IntakePage{Base: h.base(r, d, loc.T("desk.intake.title")), Form: page.NewForm(r, typed, err),
		Action: path + "/intake", Open: l.AcceptsConfirmations(h.Now()), CanMail: h.CanMail}
	for _, basis := range []verify.Basis{verify.ByPaper, verify.ByImport} {
		p.Bases = append(p.Bases, page.Option{Value: string(basis), Text: loc.T("basis." + string(basis))})
	}
	for _, listing := range roll.Listings {
		p.Listings = append(p.Listings, page.Option{Value: string(listing), Text: loc.T("listing." + string(listing))})
	}
	for _, kind := range []verify.Kind{verify.Person, verify.Organisation, signing.Both} {
		p.Kinds = append(p.Kinds, page.Option{Value: string(kind), Text: loc.T("desk.intake.kind." + string(kind))})
	}
	p.offerAgain(typed)
	proposals, failed := h.Intake.Proposals(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	waiting, failed := h.Accounts.Approvals.Waiting(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, x := range proposals {
		v := ProposalView{URL: path + "/intake/" + strconv.FormatInt(x.ID, 36), Lines: x.Lines - len(x.Skip), State: string(x.State),
			At: loc.DateTime(x.CreatedAt, time.UTC), Until: loc.Date(x.CreatedAt.Add(intake.KeptFor))}
		if _, asked := additionAsked(waiting, x.ID); asked && x.State == intake.ProposalRead {
			v.State = "asked"
		}
		p.Proposals = append(p.Proposals, v)
	}
	batches, failed := h.Intake.Batches(r.Context(), l.ID)
	if failed != nil {
		return failed
	}
	for _, b := range slices.Backward(batches) {
		v := BatchView{ID: strconv.FormatInt(b.ID, 36), State: string(b.State), Basis: string(b.Basis), Source: b.Source, Added: b.Added,
			At: loc.DateTime(b.CreatedAt, time.UTC)}
		v.Asked = slices.ContainsFunc(waiting, func(a account.Approval) bool {
			asked, undoing := a.Asks.(intake.Undoing)
			return undoing && asked.Batch == b.ID
		})
		v.Undo = !v.Asked && (b.State == intake.BatchApplied || b.State == intake.BatchApplying)
		v.Sure = typed.Get("do") == "undo" && typed.Get("id") == v.ID && err == nil
		p.Batches = append(p.Batches, v)
	}
	return h.Render(w, page.Status(err), p)
}

// additionAsked finds the request to add a proposal among those that wait.
func additionAsked(waiting []account.Approval, id int64) (a account.Approval, asked bool) {
	for _, a := range waiting {
		if x, ok := a.Asks.(intake.Addition); ok && x.Proposal == id {
			return a, true
		}
	}
	return a, false
}

// SubmitIntake reads a list, or has a batch undone.
func (h *Handlers) SubmitIntake(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, name, data, err := page.ReadUpload(w, r)
	if err == nil {
		switch v.Get("do") {
		case "read":
			if name, data, err = keep(v, name, data); err != nil {
				break
			}
			var id int64
			if id, err = h.readIntake(r, d, v, name, data); err == nil {
				return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/intake/"+strconv.FormatInt(id, 36), "")
			}
		case "undo": // first shows what it will do
			return h.intakePage(w, r, d, v, nil)
		case "sure":
			var done string
			if done, err = h.undo(r, d, v.Get("id")); err == nil {
				return seeOther(w, r, "/desk/letters/"+d.Letter.Slug+"/intake", done)
			}
		default:
			err = fault.New(fault.Invalid, "form.encoding")
		}
	}
	if comesBack(err) && v != nil {
		return h.intakePage(w, r, d, v, err)
	}
	return err
}

// readIntake reads what was pasted or uploaded and keeps it as a proposal.
func (h *Handlers) readIntake(r *http.Request, d *Visit, v url.Values, name string, data []byte) (int64, error) {
	i := intake.Import{Letter: d.Letter, Basis: verify.Basis(v.Get("basis")), Source: line1(v.Get("source")), Listing: roll.Listing(v.Get("listing")),
		Kind: verify.Kind(v.Get("kind"))}
	if !slices.Contains(roll.Listings, i.Listing) {
		return 0, fault.List{fault.New(fault.Invalid, "listing").On("listing")}
	}
	if !slices.Contains([]verify.Kind{"", verify.Person, verify.Organisation, signing.Both}, i.Kind) {
		return 0, fault.List{fault.New(fault.Invalid, "kind").On("kind")}
	}
	columns, ok := columnsOf(v.Get("columns"))
	if !ok {
		return 0, fault.List{fault.New(fault.Invalid, "intake.columns").On("columns")}
	}
	field := "file"
	if len(data) == 0 {
		field, name, data = "text", "list.csv", []byte(v.Get("text"))
	}
	if name = filepath.Base(name); inbox.IsFile(name) {
		f, err := inbox.Read(r.Context(), name, data, h.lookupFor(keysWithin))
		if err != nil {
			return 0, page.OnField(err, field)
		}
		i.List, i.Basis = intake.Roster(f), verify.ByReply
	} else {
		list, err := roster.ReadIn(v.Get("encoding"), name, data, columns)
		if err != nil {
			if f, ok := errors.AsType[*fault.Error](err); ok {
				field = cmp.Or(fieldOfRefusal[f.Key], field)
				if f.Key == "roster.encoding" {
					v.Set("encoding", f.Args["Encoding"].(string))
				}
			}
			return 0, page.OnField(err, field)
		}
		if i.List = list; i.Basis == verify.ByReply {
			i.Basis = "" // is for mails
		}
	}
	return h.Intake.Propose(r.Context(), i, d.User.ID)
}

// lookupFor looks up keys for some time in all; a DNS that does not answer holds up nobody for longer.
func (h *Handlers) lookupFor(all time.Duration) account.LookupTXT {
	end := time.Now().Add(all)
	return func(ctx context.Context, name string) ([]string, error) {
		ctx, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		return h.LookupTXT(ctx, name)
	}
}

// undo has a batch undone, or asks a second member first.
func (h *Handlers) undo(r *http.Request, d *Visit, batch string) (done string, err error) {
	id, err := strconv.ParseInt(batch, 36, 64)
	if err != nil {
		return "", fault.New(fault.Invalid, "form.encoding")
	}
	batches, err := h.Intake.Batches(r.Context(), d.Letter.ID)
	if err != nil {
		return "", err
	}
	asked := intake.Undoing{Batch: id}
	for _, b := range batches {
		if b.ID == id {
			asked.Lines = b.Added
		}
	}
	return h.carry(r, d, asked, "undone")
}

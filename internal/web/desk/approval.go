package desk

import (
	"net/http"
	"strconv"
	"time"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
	"github.com/undersigned/undersigned/internal/web/page"
)

// ApprovalView is an act that waits for a second member.
type ApprovalView struct {
	ID, What, By, At string
	Why              string // it wants a second member
	Own              bool   // the user asked for it
	URL              string // of a page that shows what would be done, "" for none
}

// approvalView puts what waits for a second member into words.
func (h *Handlers) approvalView(r *http.Request, d *Visit, a account.Approval) ApprovalView {
	loc := page.LocaleOf(r)
	v := ApprovalView{ID: strconv.FormatInt(a.ID, 36), What: loc.T("desk.approval." + a.Act), By: a.AskedBy.Name,
		At: loc.DateTime(a.AskedAt, time.UTC), Own: a.AskedBy.ID == d.User.ID}
	if v.Why = loc.T("desk.approval.why"); a.Alone > 0 {
		v.Why = loc.N("desk.approval.why_many", a.Alone)
	}
	if a.Detail != "" {
		v.What += " " + loc.T(a.Detail)
	}
	if a.Count > 0 {
		v.What += " " + loc.N("desk.approval.count", a.Count)
	}
	if a.Page != "" {
		v.URL = page.Local(r, "/desk/letters/"+d.Letter.Slug+a.Page)
	}
	return v
}

// carry carries an act out, or puts it before a second member where it wants one; then names what the next page says once it
// is done.
func (h *Handlers) carry(r *http.Request, d *Visit, asks account.Proposed, then string) (done string, err error) {
	waits, err := h.Accounts.Approvals.Carry(r.Context(), d.Letter.ID, asks, d.User.ID)
	if waits {
		return "asked", err
	}
	return then, err
}

// SubmitApproval decides about what another member asked for.
func (h *Handlers) SubmitApproval(w http.ResponseWriter, r *http.Request, d *Visit) error {
	v, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(v.Get("id"), 36, 64)
	approve := v.Get("do") == "approve"
	err = h.Accounts.Approvals.Decide(r.Context(), d.Letter.ID, id, d.User.ID, approve)
	if comesBack(err, fault.Forbidden) {
		return h.boardPage(w, r, d, v, err)
	}
	if err != nil {
		return err
	}
	done := "refused"
	if approve {
		if done, err = h.asksLeads(r, d, "approved", "leads_asked"); err != nil {
			return err
		}
	}
	return seeOther(w, r, "/desk/letters/"+d.Letter.Slug, done)
}

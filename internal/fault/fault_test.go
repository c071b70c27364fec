package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/undersigned/undersigned/internal/fault"
)

func TestAll_findsEveryFaultThroughWraps(t *testing.T) {
	list := fault.List{fault.New(fault.Invalid, "name.empty").On("name"), fault.New(fault.Invalid, "email.bad").On("email")}
	if got := fault.All(fmt.Errorf("signing.Sign: %w", list)); len(got) != 2 || got[1].Field != "email" {
		t.Errorf("All = %v, want both", got)
	}
	if got := fault.All(errors.New("disk on fire")); got != nil {
		t.Errorf("All of an internal error = %v, want nil", got)
	}
	if !fault.Is(fmt.Errorf("x: %w", fault.New(fault.Gone, "token.expired")), fault.Gone) {
		t.Error("Is does not see through a wrap")
	}
}

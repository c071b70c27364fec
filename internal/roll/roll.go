// Package roll owns what the public sees of the signatures of a letter: the list and its search, the numbers, hours and countries,
// what a leaf of the log opens, and downloads; and it says which names which audience may see.
//
// It promises that it holds no name but those that everybody may see; that a name which is taken out is gone from list and search
// with the transaction that takes it out; that the numbers shown are those of a published checkpoint, and follow from the log
// alone; that what a page costs does not grow with the list. What joins and leaves is written inside the transactions of those
// who say so, by functions on *store.Tx.
//
// It must not know who signed with what address, nor anything sealed. Of the table of signatures it reads basis, state and place in
// the log, which hold nothing about a person.
package roll

import "github.com/undersigned/undersigned/internal/store"

// Service reads the lists and numbers of letters.
type Service struct{ DB *store.DB }

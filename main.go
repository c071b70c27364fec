// Command undersigned serves open letters that ask an authority to act: signed, counted, delivered and followed.
package main

import (
	"os"

	"github.com/undersigned/undersigned/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

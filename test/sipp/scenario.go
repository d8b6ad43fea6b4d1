package sipp

import "embed"

// Scenario is one side's part in a call; the file of that name, with .xml,
// says it in full.
type Scenario string

// The callers: each brings Options.Calls calls and ends.
const (
	Basic        Scenario = "uac_basic"    // talks for Options.Pause and hangs up
	Wait         Scenario = "uac_wait"     // talks until the phone hangs up
	Cancel       Scenario = "uac_cancel"   // gives up Options.Pause after the phone rings
	ExpectBusy   Scenario = "uac_busy"     // expects 486
	ExpectNobody Scenario = "uac_noanswer" // expects 480
)

// The phones: each serves until it is stopped.
const (
	Answer   Scenario = "uas_answer"   // rings for Options.Pause, then answers
	Busy     Scenario = "uas_busy"     // 486
	NoAnswer Scenario = "uas_noanswer" // rings until CANCEL
	HangUp   Scenario = "uas_hangup"   // answers, talks for Options.Pause, hangs up
)

//go:embed *.xml
var scenarios embed.FS

// Package whatif says what calls would cost under any plan: the calls that
// were made in a period, or a declared volume of calls.
//
// Rating is a pure function of tariff and call, so a call that was charged
// under one plan can be rated under every other, by the very steps of a
// settlement (charging.Rate). What a plan comes to in a period is
//
//	calls at the tariff − what the package pays + the fee's days + true-ups
//
// and every part of it is a Part; the parts sum to the total exactly.
//
// Advice on volumes that nobody called yet takes a Mix: calls of which it is
// known what each plan's tariff makes of them. The sum over calls is then a
// line with bends (where a package ends, where a minimum is reached), so the
// volume at which the cheapest plan changes is found exactly. Averages are
// fractions of whole numbers, never floats.
//
// It refuses to know how calls were paid (charging), and it books nothing.
// Sources: plans as 400 vendors publish them (包年, 买断, 不限量, 低消);
// exponential call lengths: A. K. Erlang, 1917.
package whatif

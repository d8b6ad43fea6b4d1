package explain

// pair is one sentence in both languages; {name} is replaced by the step's
// argument of that name.
type pair struct{ zh, en string }

// stepWords has the sentence of every step that call and routing write.
var stepWords = map[string]pair{
	"state_open":           {"号码使用中，接入。", "The number is in service: the call comes in."},
	"state_refused":        {"号码状态是「{state}」，不接入。", "The number is {state}: the call is refused."},
	"unknown_number":       {"没有人租用 {number}。", "Nobody rents {number}."},
	"no_target":            {"这个号码没有可以响铃的电话。", "The number has no phone that may ring."},
	"sequential":           {"按顺序响铃，共 {count} 部电话。", "Phones ring one after the other, {count} in all."},
	"simultaneous":         {"同时响铃，共 {count} 部电话，先接者通话。", "{count} phones ring at once; the first answer wins."},
	"credit_reserved":      {"余额够，先预占 {seconds} 秒的话费。", "There is credit: {seconds} seconds are reserved."},
	"credit_promised":      {"存储不可用，按运营方设定的风险额度先接入，给 {seconds} 秒，恢复后入账。", "The store is away: {seconds} seconds are granted on the operator's risk and booked when it is back."},
	"credit_refused":       {"不能预占话费：{cause}。", "No credit could be reserved: {cause}."},
	"credit_extended":      {"通话继续，预占增加到 {seconds} 秒。", "The call goes on: {seconds} seconds are reserved now."},
	"credit_final":         {"余额只够到第 {seconds} 秒，充值后可继续。", "The credit lasts to second {seconds}, unless the account is topped up."},
	"charging_unavailable": {"计费系统没有按时答复，为避免漏费不接入。", "Charging did not answer in time; the call is refused rather than carried unpaid."},
	"rings":                {"{target} 响铃，最长 {seconds} 秒。", "{target} rings, for {seconds} seconds at most."},
	"leg_busy":             {"{target} 正在通话。", "{target} is busy."},
	"leg_no_answer":        {"{target} 没有人接。", "{target} is not answered."},
	"leg_rejected":         {"{target} 拒接。", "{target} declines."},
	"leg_silent":           {"{target} 没有任何回应，联系不上。", "{target} does not respond at all: it cannot be reached."},
	"leg_unreachable":      {"{target} 联系不上（SIP {status}）。", "{target} cannot be reached (SIP {status})."},
	"rang_already":         {"{target} 这次已经响过，不再响。", "{target} rang in this call already and does not ring again."},
	"forward_busy":         {"遇忙，转到遇忙转移的电话。", "Busy: the call is forwarded."},
	"forward_no_answer":    {"没有人接，转到无应答转移的电话。", "Not answered: the call is forwarded."},
	"forwards_used_up":     {"已转移 {count} 次，到上限，不再转。", "{count} forwards were taken, which is the limit."},
	"rang_longest":         {"已振铃 {seconds} 秒，预占的话费只保证这么久，不再呼叫下一个。", "It has rung for {seconds} seconds, as long as credit is reserved for: nobody else is rung."},
	"answered":             {"{target} 在来电后 {seconds} 秒接起，开始计费。", "{target} answers {seconds} seconds after the call came in; the meter starts."},
	"lost_talking":         {"节点故障。已证实通话到计费第 {seconds} 秒，按此结算。", "The node was lost. The call is proven to have lasted {seconds} billable seconds and is settled so."},
	"lost_unanswered":      {"节点故障时没有证实有人接听，不收费。", "The node was lost before an answer was proven: nothing is charged."},
	"credit_capped":        {"本月费用控制只够到第 {seconds} 秒。", "The month's cap lasts to second {seconds}."},
	"cut":                  {"预占的 {seconds} 秒用完，通话被切断。", "The {seconds} seconds reserved are used up: the call is cut."},
	"settled_late":         {"通话结束时存储不可用，结算先存在节点本机，{seconds} 秒后入账。", "The store was away when the call ended: its end was kept on the node and booked {seconds} seconds later."},
	"ended":                {"结束：{cause}。", "The end: {cause}."},

	// Of calls that another switch carries.
	"switch_asks":            {"交换机 {client} 通过接口请求计费。", "The switch {client} asks for credit over the API."},
	"switch_lost_talking":    {"交换机在约定时间内没有再发来请求。最后一次续占证实通话到计费第 {seconds} 秒，按此结算。", "The switch sent nothing more before the lease was over. Its last extension proves {seconds} billable seconds, and the call is settled so."},
	"switch_lost_unanswered": {"交换机在约定时间内没有再发来请求，没有证实有人接听，不收费。", "The switch sent nothing more before the lease was over, and no answer was proven: nothing is charged."},
}

// causeWords says each cause of a call's end; {by} is the side that hung up.
var causeWords = map[string]pair{
	"answered":             {"接通后{by}挂机", "answered, {by} hung up"},
	"credit_exhausted":     {"余额用完，通话被切断", "the credit was used up and the call was cut"},
	"busy":                 {"电话都忙", "every phone was busy"},
	"no_answer":            {"没有人接", "nobody answered"},
	"rejected":             {"被叫拒接", "the called side declined"},
	"unreachable":          {"电话联系不上", "no phone could be reached"},
	"caller_gave_up":       {"来电人在接通前挂机", "the caller gave up before an answer"},
	"unknown_number":       {"空号", "nobody rents this number"},
	"number_suspended":     {"欠费停机，充值后立即恢复（由运营方停机的，由运营方恢复）", "the number is suspended for arrears; a top-up restores it at once, unless the operator suspended it by hand"},
	"number_frozen":        {"号码被冻结", "the number is frozen"},
	"number_not_open":      {"号码没有开通", "the number is not open"},
	"insufficient_credit":  {"余额不够付第一个计费段，请充值", "the credit does not pay for the first increment; top up"},
	"concurrency_exceeded": {"同时通话数到上限", "the limit of calls at once is reached"},
	"monthly_cap_reached":  {"本月费用控制到上限", "this month's cap is reached"},
	"no_target":            {"没有可以响铃的电话，请添加目的码", "there is no phone that may ring; add a target"},
	"trunk_not_allowed":    {"来电的中继没有登记", "the call came from an address that is no trunk"},
	"charging_unavailable": {"计费系统没有按时答复", "charging did not answer in time"},
	"node_stopped":         {"节点停止运行", "the node was stopped"},
	"node_lost":            {"节点故障，按最后一次确认的时长结算", "the node was lost; settled at the last proof of life"},
	"caller_lost":          {"来电人没有确认接通", "the caller never acknowledged the answer"},
	"internal_error":       {"系统内部错误", "an internal error"},
}

var sideWords = map[string]pair{
	"caller":   {"来电人", "the caller"},
	"called":   {"被叫", "the called side"},
	"platform": {"平台", "the platform"},
}

var stateWords = map[string]pair{
	"available":  {"可选", "available"},
	"locked":     {"已锁定", "locked"},
	"sold":       {"待开通", "sold but not opened"},
	"active":     {"使用中", "in service"},
	"suspended":  {"欠费停机", "suspended for arrears"},
	"frozen":     {"已冻结", "frozen"},
	"closing":    {"待销号", "closing"},
	"quarantine": {"冷却期", "in quarantine"},
}

var bucketWords = map[string]pair{
	"cash":      {"本金", "cash"},
	"bonus":     {"赠送余额", "bonus"},
	"package":   {"套餐额度", "package"},
	"extension": {"分机账户", "extension"},
}

var ruleWords = map[string]pair{
	"connection": {"接通费", "connection fee"},
	"first":      {"首段", "first increment"},
	"next":       {"后续段", "next increments"},
}

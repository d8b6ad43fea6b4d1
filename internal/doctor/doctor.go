// Package doctor looks at the machine and the settings before a node starts,
// or while it runs, and says in plain words what is wrong and how to mend it.
// It changes nothing.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sibai/internal/config"
	"sibai/internal/fault"
)

// State is how a finding stands.
type State string

// The states. A Bad finding keeps a node from working; a Look may.
const (
	OK   State = "ok"
	Look State = "look"
	Bad  State = "bad"
)

// Finding is one thing that was looked at.
type Finding struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"`
}

// tongue is the language that findings are said in.
type tongue fault.Lang

func (l tongue) say(english, chinese string) string {
	if fault.Lang(l) == fault.Chinese {
		return chinese
	}
	return english
}

// Examine looks at everything, and says what it finds in a language. openStore opens the store for reading and
// closes it again; of the embedded store it is called only where one exists.
func Examine(ctx context.Context, cfg config.Config, lang fault.Lang, openStore func(context.Context) error) []Finding {
	running, l := answers(ctx, cfg.HTTP.Listen), tongue(lang)
	var out []Finding
	out = append(out, l.ports(cfg, running)...)
	out = append(out, l.directory(cfg.Data))
	if cfg.Store.URL == "" { // else the disk that matters is the server's
		out = append(out, l.space(cfg.Data), l.syncs(cfg.Data))
	}
	out = append(out, l.clock())
	return append(out, l.store(ctx, cfg, openStore))
}

// answers says whether a Sibai node serves at an address already.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var body struct{ Build struct{ Go string } }
	return json.NewDecoder(res.Body).Decode(&body) == nil && body.Build.Go != ""
}

func (l tongue) ports(cfg config.Config, running bool) []Finding {
	type address struct{ key, network, addr string }
	list := []address{{"http.listen", "tcp", cfg.HTTP.Listen}}
	if cfg.Admin.Listen != "" {
		list = append(list, address{"admin.listen", "tcp", cfg.Admin.Listen})
	}
	if cfg.API.Listen != "" {
		list = append(list, address{"api.listen", "tcp", cfg.API.Listen})
	}
	if cfg.Public.Listen != "" {
		list = append(list, address{"public.listen", "tcp", cfg.Public.Listen})
	}
	for i, text := range cfg.SIP.Listen {
		network, addr, _ := strings.Cut(text, ":")
		list = append(list, address{fmt.Sprintf("sip.listen[%d]", i), network, addr})
	}
	var out []Finding
	for _, a := range list {
		f := Finding{Name: l.say("port ", "端口 ") + a.network + " " + a.addr, State: OK, What: l.say("free", "空闲")}
		if err := try(a.network, a.addr); err != nil {
			switch {
			case running && errors.Is(err, syscall.EADDRINUSE):
				f.What = l.say("in use by the Sibai node that runs here", "正在运行的四百节点在用")
			case errors.Is(err, syscall.EADDRINUSE):
				f.State, f.What = Bad, l.say("another program uses it", "被其他程序占用")
				f.Remedy = l.say("stop that program (ss -lnp shows it) or change ", "请停掉那个程序（ss -lnp 可查），或修改 ") + a.key
			case errors.Is(err, syscall.EACCES):
				f.State, f.What = Bad, l.say("this user may not use it", "当前用户无权使用")
				f.Remedy = fmt.Sprintf(l.say("use a port from 1024 up in %s, or allow it: setcap cap_net_bind_service=+ep sibai", "请在 %s 里用 1024 以上的端口，或授权：setcap cap_net_bind_service=+ep sibai"), a.key)
			case errors.Is(err, syscall.EADDRNOTAVAIL):
				f.State, f.What = Bad, l.say("the address is not one of this machine's", "不是本机的地址")
				f.Remedy = l.say("name an address that `ip addr` shows in ", "请填 ip addr 列出的地址：") + a.key
			default:
				f.State, f.What, f.Remedy = Bad, err.Error(), l.say("check ", "请检查 ")+a.key
			}
		}
		out = append(out, f)
	}
	return out
}

func try(network, addr string) error {
	if network == "udp" {
		c, err := net.ListenPacket(network, addr)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return err
	}
	return l.Close()
}

// directory tries to write in the data directory, or in the nearest parent
// that exists.
func (l tongue) directory(dir string) Finding {
	f := Finding{Name: l.say("data directory ", "数据目录 ") + dir, State: OK, What: l.say("can be written", "可写")}
	parent := existing(dir)
	probe, err := os.CreateTemp(parent, ".sibai-doctor-*")
	if err != nil {
		f.State, f.What = Bad, l.say("cannot be written: ", "不可写：")+err.Error()
		f.Remedy = l.say("give the user that runs Sibai the right to write there, or set data to another directory", "请让运行四百的用户可写该目录，或用 data 设置其他目录")
		return f
	}
	_ = probe.Close()           // an empty file
	_ = os.Remove(probe.Name()) // it is a temporary name; a leftover harms nothing
	if parent != dir {
		f.What = l.say("does not exist yet and can be made", "还不存在，可以新建")
	}
	return f
}

func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

const (
	spaceBad  = 256 << 20
	spaceLook = 2 << 30
)

func (l tongue) space(dir string) Finding {
	free, err := freeBytes(existing(dir))
	if err != nil {
		return Finding{l.say("disk space", "磁盘空间"), Look, l.say("cannot be read: ", "无法读取：") + err.Error(), l.say("check the disk of the data directory", "请检查数据目录所在的磁盘")}
	}
	f := Finding{Name: l.say("disk space", "磁盘空间"), State: OK, What: fmt.Sprintf(l.say("%.1f GiB free", "空闲 %.1f GiB"), float64(free)/(1<<30))}
	switch {
	case free < spaceBad:
		f.State, f.Remedy = Bad, l.say("free space or move the data directory: without space no call can be settled", "请腾出空间或移动数据目录：没有空间就无法结算通话")
	case free < spaceLook:
		f.State, f.Remedy = Look, l.say("plan for more: a million calls take about 1 GiB", "请准备更多空间：一百万通电话约占 1 GiB")
	}
	return f
}

// syncs measures how many small writes a second the disk makes durable: every
// batch of charging waits for one.
func (l tongue) syncs(dir string) Finding {
	f := Finding{Name: l.say("disk sync", "磁盘同步"), State: OK}
	probe, err := os.CreateTemp(existing(dir), ".sibai-doctor-*")
	if err != nil {
		f.State, f.What, f.Remedy = Bad, l.say("cannot be measured: ", "无法测量：")+err.Error(), l.say("make the data directory writable", "请让数据目录可写")
		return f
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	block := make([]byte, 4096)
	began, n := time.Now(), 0
	for ; n < 200 && time.Since(began) < time.Second; n++ {
		if _, err = probe.WriteAt(block, int64(n)*4096); err == nil {
			err = probe.Sync()
		}
		if err != nil {
			f.State, f.What, f.Remedy = Bad, l.say("failed: ", "失败：")+err.Error(), l.say("check the disk: what charging writes must survive power loss", "请检查磁盘：计费写入的内容断电也不能丢")
			return f
		}
	}
	rate := float64(n) / time.Since(began).Seconds()
	f.What = fmt.Sprintf(l.say("%.0f syncs a second", "每秒 %.0f 次"), rate)
	if rate < 100 {
		f.State, f.Remedy = Look, l.say("a call waits for a sync before it rings and one after it ends: use an SSD for the data directory", "每通电话响铃前和结束后各等一次同步：数据目录请用固态硬盘")
	}
	return f
}

func (l tongue) clock() Finding {
	f := Finding{Name: l.say("clock", "时钟"), State: OK, What: time.Now().Format(time.RFC3339)}
	if time.Now().Year() < 2026 {
		f.State, f.Remedy = Bad, l.say("set the clock: tariffs and CDRs follow it", "请校准时钟：资费和话单都按它")
		return f
	}
	synced, known := clockSynced()
	switch {
	case known && synced:
		f.What += l.say(", synchronised", "，已同步")
	case known:
		f.State, f.What = Look, f.What+l.say(", not synchronised", "，没有同步")
		f.Remedy = l.say("run chrony or systemd-timesyncd: carriers compare CDRs by the second", "请运行 chrony 或 systemd-timesyncd：运营商按秒对话单")
	}
	return f
}

// Spool says how the spool of the data directory stands: how many calls wait
// in it, since when the oldest does, and how many of its bytes are damaged.
func Spool(lang fault.Lang, calls int, oldest time.Time, damaged int, err error) Finding {
	l := tongue(lang)
	f := Finding{Name: l.say("spool", "暂存"), State: OK, What: l.say("empty", "空")}
	switch {
	case err != nil:
		f.State, f.What, f.Remedy = Bad, err.Error(), l.say("make the data directory readable for the user that runs Sibai", "请让运行四百的用户可读数据目录")
	case damaged > 0:
		f.State, f.What = Look, fmt.Sprintf(l.say("%d bytes are damaged; %d calls can be read", "损坏 %d 字节，可读出 %d 通电话"), damaged, calls)
		f.Remedy = l.say("check the disk; the next start keeps what can be read and sets the damaged file aside", "请检查磁盘；下次启动会保留可读的内容，把损坏的文件放到一边")
	case calls > 0:
		f.State, f.What = Look, fmt.Sprintf(l.say("%d calls wait for the store, the oldest since %s", "%d 通电话等待入账，最早的从 %s 起"), calls, oldest.Format(time.RFC3339))
		f.Remedy = l.say("bring the store back, and start the node if it does not run: it books them; sibai spool lists them", "请恢复存储，节点没有运行就启动它：它会入账；sibai spool 可列出")
	}
	return f
}

// Provider says how a payment provider answered a question about nothing, err being
// the fault it gave. One that is away keeps no node from working.
func Provider(lang fault.Lang, name string, err error) Finding {
	l := tongue(lang)
	f := Finding{Name: l.say("payments over ", "支付渠道 ") + name, State: OK, What: l.say("it answers, and knows our key", "有应答，密钥相符")}
	if err == nil {
		return f
	}
	f.State, f.What, f.Remedy = Bad, err.Error(), l.say("see docs/payments.md", "请看 docs/payments.md")
	if fault.CodeOf(err) == fault.ProviderUnreachable {
		f.State = Look
	}
	var known *fault.Error
	if errors.As(err, &known) {
		f.What, f.Remedy = known.Text(lang), known.Remedy(lang)
	}
	return f
}

func (l tongue) store(ctx context.Context, cfg config.Config, open func(context.Context) error) Finding {
	f := Finding{Name: l.say("store", "存储"), State: OK, What: l.say("opens, and its schema is this program's", "可以打开，结构与本程序一致")}
	empty := l.say("not made yet; `sibai serve` or `sibai apply` makes it", "还没有建立；sibai serve 或 sibai apply 会建立")
	remedy := l.say("restore the data directory from a backup", "请从备份恢复数据目录")
	if cfg.Store.URL != "" {
		f.Name, remedy = l.say("store ", "存储 ")+cfg.Store.Shown(), l.say("check the server and store.url", "请检查服务器和 store.url")
	} else if _, err := os.Stat(cfg.Database()); errors.Is(err, os.ErrNotExist) {
		f.What = empty
		return f
	}
	if err := open(ctx); err != nil {
		if cfg.Store.URL != "" && fault.CodeOf(err) == fault.StoreMissing {
			f.What = l.say("the server answers and is safe; ", "服务器有应答且设置安全；") + empty
			return f
		}
		f.State, f.What, f.Remedy = Bad, err.Error(), remedy
		var known *fault.Error
		if errors.As(err, &known) {
			f.What, f.Remedy = known.Text(fault.Lang(l)), known.Remedy(fault.Lang(l))
		}
	}
	return f
}
